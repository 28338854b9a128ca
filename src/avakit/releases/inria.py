"""The videos that INRIA's mirror has: those that were closed in some countries in 2017."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

REQUEST = "http://thoth.inrialpes.fr/ava/requestaccess.php"
"""Where to ask for a name and a password, as AVA's page of 2017 says."""


@cache
def listed() -> Mapping[str, str]:
    """Return the container of each video that the mirror's page listed, by id."""
    text = (files("avakit.releases") / "data" / "ava" / "inria.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["id"]: row["container"] for row in rows})
