"""What all tests share: rehearsal movies, made once and kept between runs."""

import os
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from hypothesis import settings

from avakit.rehearsal.recipe import Movie
from avakit.rehearsal.standard import make_all

# A busy machine is no fault of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

Movies = Callable[..., dict[str, Movie]]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a fourth of their time tests wait, for servers that stall and kills."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def movie_folder(request: pytest.FixtureRequest) -> Path:
    """Where rehearsal movies lie, by their length in seconds; laid out as the mirror's."""
    assert request.config.cache is not None
    return request.config.cache.mkdir("movies")


@pytest.fixture(scope="session")
def movies(movie_folder: Path) -> Movies:
    """Make movies of the standard set by name, `seconds` long, or take those that lie there."""

    def made(*names: str, seconds: int = 120) -> dict[str, Movie]:
        return make_all(movie_folder / str(seconds), names, seconds=seconds, processes=1)

    return made


@pytest.fixture(scope="session")
def sound_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An mp4 without any pictures."""
    path = tmp_path_factory.mktemp("sound") / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        for at in range(40):
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.sample_rate, frame.pts = 8000, at * 1024
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
