"""The tables of the ledger, and how an older ledger becomes one of today."""

import sqlite3

from avakit.errors import RootError

# One entry a version: entry n takes a ledger from version n to n + 1. Never edit one that was released.
_STEPS = (
    """
    CREATE TABLE videos (
        id TEXT PRIMARY KEY,
        split TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('asked', 'have', 'partial', 'missing')),
        source TEXT,
        container TEXT,
        kind TEXT CHECK (kind IN ('window', 'whole')),
        path TEXT,
        bytes INTEGER NOT NULL CHECK (bytes >= 0),
        cause TEXT,
        message TEXT,
        next TEXT,
        origin TEXT,
        source_size INTEGER,
        source_etag TEXT,
        source_modified TEXT,
        start TEXT,
        stop TEXT,
        at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE attempts (
        number INTEGER PRIMARY KEY,
        video TEXT NOT NULL,
        source TEXT NOT NULL,
        at REAL NOT NULL,
        seconds REAL NOT NULL,
        bytes INTEGER NOT NULL,
        cause TEXT,
        message TEXT
    ) STRICT;
    CREATE INDEX attempts_of_a_video ON attempts (video);
    CREATE TABLE products (
        video TEXT NOT NULL,
        product TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('have', 'missing')),
        recipe TEXT NOT NULL,
        versions TEXT NOT NULL,
        counts TEXT NOT NULL,
        gaps TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        message TEXT,
        at REAL NOT NULL,
        PRIMARY KEY (video, product)
    ) STRICT, WITHOUT ROWID;
    """,
)
VERSION = len(_STEPS)


def migrate(connection: sqlite3.Connection, name: str) -> None:
    """Bring a ledger to today's version, each step whole or not at all. `name`: what to call it in a
    message."""
    for version in range(check(connection, name), VERSION):
        connection.executescript(
            f"BEGIN IMMEDIATE;{_STEPS[version]}PRAGMA user_version = {version + 1};COMMIT;"
        )


def check(connection: sqlite3.Connection, name: str) -> int:
    """Return the version of a ledger. Raises `RootError` if a newer avakit wrote it."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise RootError(
            f"{name} was written by a newer avakit (its version is {version}; this one knows {VERSION})",
            "Upgrade avakit.",
        )
    return int(version)
