"""One clip: which packets and pictures, encoded or copied, its sound, its file."""
