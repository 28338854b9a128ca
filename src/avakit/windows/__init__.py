"""The annotated part of a movie: which bytes hold it, fetching them, storing its packets untouched."""
