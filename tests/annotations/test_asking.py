"""Questions to a table of labels: by SQL, by video, by several threads at once."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.annotations.labels import built, good, joined

from avakit.annotations.table import Annotations
from avakit.errors import AnnotationError, UsageError


@pytest.mark.parametrize(
    "text",
    [
        "COPY labels TO 'mine.csv'",
        "EXPLAIN ANALYZE COPY labels TO 'mine.csv'",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
        "CREATE TABLE mine (x INTEGER)",
        "DROP VIEW labels",
        "ATTACH 'mine.db'",
        "INSTALL httpfs",
        "PRAGMA database_list",
        "",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM '/etc/hostname.csv'",
        "SELECT * FROM read_parquet('other.parquet')",
        "SELECT wrong FROM labels",
        "SELEC 1",
    ],
)  # fmt: skip
def test_sql_reaches_the_labels_and_nothing_else(tmp_path: Path, text: str) -> None:
    built(tmp_path, joined(good()))
    shutil.copy(tmp_path / "annotations.parquet", tmp_path / "other.parquet")
    with Annotations(tmp_path / "annotations.parquet") as annotations:
        with pytest.raises(UsageError):
            annotations.sql(text.replace("other.parquet", str(tmp_path / "other.parquet")))
        assert annotations.sql("SELECT count(*) AS n FROM labels").columns == ("n",)
    assert not Path("mine.csv").exists()


def test_a_videos_labels_and_seconds(tmp_path: Path) -> None:
    rows = [
        "1j20qq1JyX4,0903,0.100,0.200,0.300,0.400,80,7",
        "1j20qq1JyX4,0902,0.100,0.200,0.300,0.400,12,7",
        "-5KQ66BBWC4,0902,0.100,0.200,0.300,0.400,12,7",
    ]
    built(tmp_path, joined(rows))
    with Annotations(tmp_path / "annotations.parquet") as annotations:
        assert annotations.seconds("1j20qq1JyX4") == (902, 903)
        assert annotations.seconds("' OR 1=1 --") == ()
        first, second = annotations.labels("1j20qq1JyX4")
        assert (first.second, first.action_id, first.person_id) == (902, 12, 7)
        assert (second.x1, second.y1, second.x2, second.y2) == (0.1, 0.2, 0.3, 0.4)
        assert [type(value) for value in (first.second, first.x1, first.person_id)] == [int, float, int]


def test_threads_may_ask_together(tmp_path: Path) -> None:
    built(tmp_path, joined(good(500)))
    with Annotations(tmp_path / "annotations.parquet") as annotations, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: annotations.sql("SELECT count(*) FROM labels").rows, range(100)))
    assert answers == [[(500,)]] * 100


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="There are no labels at"):
        Annotations(tmp_path / "annotations.parquet")
    (tmp_path / "annotations.parquet").write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(AnnotationError, match="cannot be read"):
        Annotations(tmp_path / "annotations.parquet")
    built(tmp_path, joined(good()))
    with Annotations(tmp_path / "annotations.parquet") as annotations:
        (tmp_path / "annotations.parquet").write_bytes(b"")
        with pytest.raises(AnnotationError):
            annotations.counts()
