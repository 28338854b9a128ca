"""Pictures read back from any store."""
