"""Labels: fetched, checked, and kept as one table."""
