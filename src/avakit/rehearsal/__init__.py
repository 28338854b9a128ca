"""A whole offline world: movies that know their frame numbers, a mirror to get them from, faults to inject.

Every picture of a rehearsal movie carries its number, so a test can *read* which picture it was given instead
of trusting a time stamp:

    >>> import tempfile
    >>> from fractions import Fraction
    >>> from pathlib import Path
    >>> import av
    >>> from avakit.rehearsal.movies import Recipe, make
    >>> from avakit.rehearsal.numbers import read
    >>> folder = tempfile.TemporaryDirectory()
    >>> recipe = Recipe("short", "1j20qq1JyX4", rate=Fraction(24000, 1001), seconds=4)
    >>> movie = make(recipe, Path(folder.name, recipe.file_name))
    >>> with av.open(str(movie.path)) as container:
    ...     numbers = [read(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    >>> numbers == list(range(movie.pictures))
    True
    >>> movie.number_at(2), movie.time_of(48)  # picture 48 comes two milliseconds after second 2
    (47, Fraction(1001, 500))
    >>> folder.cleanup()

`standard.make_all(folder)` makes the standard set, one movie for each difficulty; `mirror.Mirror(folder)`
serves it as CVDF does, as slowly and as badly as one asks for.
"""
