"""The version of avakit, recorded with every product it makes."""

__version__ = "0.1.0"
