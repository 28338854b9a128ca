"""A product of files comes into its place: as a folder, or packed into one tar, its record beside it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from avakit.dataset.products import RECORD, beside
from avakit.media.movie import Movie
from avakit.preparation.making import Site
from avakit.preparation.store.folder import Workshop
from avakit.preparation.store.placing import into_place
from avakit.preparation.store.record import NONE, Record
from avakit.preparation.store.tar import pack
from avakit.transfer.disk import disk_errors

Shelf = Literal["folder", "tar"]


def shelve(site: Site, movie: Movie, shelf: Shelf, names: Sequence[str], record: Record) -> int:
    """Put the files `names`, which lie aside, into their place; return the bytes that they take on disk.

    Nothing else of what lies aside is kept. Of a tar the record says for each row where the file lies that
    shows it; several rows may be shown by one. Raises `DiskFull`, `RootError`.
    """
    from avakit.preparation.store.parquet import write_record  # DuckDB takes a while, and parts need none

    shop = Workshop(site.aside, site.place)
    size = shop.keep(names)
    if shelf == "folder":
        write_record(beside(site.place, RECORD), record, site.facts(movie))
        shop.finish()
        return size
    made = site.aside / "joined.tar"  # what a kill leaves of it goes with the folder
    offsets, sizes = pack(site.aside, names, made)
    found = {name: k for k, name in enumerate(names)}
    rows = np.fromiter((found.get(name, NONE) for name in record.file), np.int64, len(record))
    located = replace(record, offset=np.append(offsets, NONE)[rows], size=np.append(sizes, NONE)[rows])
    write_record(beside(site.place, RECORD), located, site.facts(movie))
    with disk_errors(made):
        size = made.stat().st_size
    into_place(made, site.place, ".tar")
    return size
