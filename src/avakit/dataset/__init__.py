"""The folder on disk that holds one data set: its root, settings, lock and ledger."""
