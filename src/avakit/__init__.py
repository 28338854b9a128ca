"""avakit: gets Google's AVA data set, proves that it is right, and trains on it."""

from avakit.version import __version__

__all__ = ["__version__"]
