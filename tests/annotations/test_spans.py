"""Which rows came from which file: counted by bytes, whatever ends their lines."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.annotations import spans
from avakit.annotations.dialect import Dialect
from avakit.annotations.fields import rules_of
from avakit.annotations.loading import Source
from avakit.annotations.spans import spans_of
from avakit.releases.catalogue import release

RULES = rules_of(release("v2.2"), open_world=False)


def source(path: Path, *, header: bool = False) -> Source:
    return Source(path, path, "val", False, Dialect("actions", ",", header, 2, 2), RULES)


def rows_of(text: str) -> int:
    return sum(bool(line.strip()) for line in re.split(r"\r\n|\r|\n", text))


@given(texts=st.lists(st.text("ab\r\n ", max_size=30), min_size=2, max_size=4), chunk=st.integers(1, 5))
def test_files_are_counted_alike_by_bytes_and_by_lines(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], chunk: int
) -> None:
    folder = tmp_path_factory.mktemp("spans")
    sources = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.csv"
        path.write_bytes(text.encode())
        sources.append(source(path))
    counts = [rows_of(text) for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "_CHUNK", chunk)
        found = spans_of(sources, sum(counts))
    assert [last - first for first, last in found] == counts


def test_a_header_is_no_row_and_one_file_has_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"video_id,timestamp\n\na,1\nb,2")
    (tmp_path / "b.csv").write_bytes(b"a,1\r\n")
    pair = [source(path, header=True), source(tmp_path / "b.csv")]
    assert list(spans_of(pair, 3)) == [(0, 2), (2, 3)]
    assert list(spans_of(pair[:1], 2)) == [(0, 2)]
