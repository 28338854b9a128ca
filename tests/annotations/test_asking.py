"""Questions to a table of labels: by SQL, by video, by several threads at once."""

import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.annotations.tables import SPEAKER, SPEECH, action, write

from avakit.annotations.asking import Annotations
from avakit.errors import AnnotationError, UsageError

BOX = (0.1, 0.2, 0.3, 0.4)
LATE = "SELECT CAST(CASE WHEN range = 300000 THEN 'x' ELSE '1' END AS INTEGER) FROM range(400000)"


@pytest.fixture
def actions(tmp_path: Path) -> Iterator[Annotations]:
    rows = [action(video, second, BOX, 12, 7) for video in ("one", "two") for second in range(100)]
    with Annotations(write(tmp_path / "annotations.parquet", "actions", rows)) as annotations:
        yield annotations


@pytest.mark.parametrize(
    "text",
    [
        "COPY labels TO 'mine.csv'",
        "EXPLAIN ANALYZE COPY labels TO 'mine.csv'",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
        "RESET memory_limit",
        "CREATE TABLE mine (x INTEGER)",
        "CREATE MACRO f() AS 1",
        "INSERT INTO labels VALUES (1)",
        "DROP VIEW labels",
        "ATTACH 'mine.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "EXPORT DATABASE 'mine'",
        "CALL enable_profiling()",
        "",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT count(*) FROM labels WHERE video = (SELECT content FROM read_text('/etc/hostname'))",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/hostname')",
        "SELECT * FROM '/etc/hostname.csv'",
        "SELECT * FROM read_parquet('other.parquet')",
        "SELECT * FROM which_secret('s3://bucket', 's3')",
        "SELECT * FROM read_csv('https://example.com/labels.csv')",
        "SELECT * FROM 'https://example.com/labels.parquet'",
        "SELECT * FROM enable_logging(storage = 'file', storage_config = {'path': 'mine.csv'})",
        "SELECT * FROM query('CREATE TABLE mine (x INTEGER)')",
        "SELECT getenv('HOME')",
        "SELECT wrong FROM labels",
        "SELECT error('no')",
        "SELECT ?",
        "SELECT '\ud800'",
        "SELECT now()",
        "SELEC 1",
    ],
)  # fmt: skip
def test_sql_reaches_the_labels_and_nothing_else(actions: Annotations, tmp_path: Path, text: str) -> None:
    shutil.copy(actions.path, tmp_path / "other.parquet")
    with pytest.raises(UsageError):
        actions.sql(text.replace("other.parquet", str(tmp_path / "other.parquet")))
    assert actions.sql("SELECT count(*) AS n FROM labels").columns == ("n",)
    assert not Path("mine.csv").exists()
    assert not Path("mine").exists()


@pytest.mark.parametrize(
    "text",
    [
        "FROM labels",
        "DESCRIBE labels",
        "SUMMARIZE labels",
        "WITH one AS (FROM keyframes) SELECT video FROM one",
        "FROM (PIVOT labels ON action_id IN (1, 2) USING count(*) GROUP BY video)",
        "FROM range(3) CROSS JOIN unnest([1, 2])",
        "SELECT [x1, y1], {'x': x1}, 1.5::DECIMAL(3, 1), DATE '9999-12-31' FROM labels -- all of it",
    ],
)
def test_what_only_reads_is_answered(actions: Annotations, text: str) -> None:
    assert actions.sql(text).rows


def test_the_callers_variables_are_no_tables(actions: Annotations) -> None:
    secret = {"password": np.array(["hunter2"])}
    with pytest.raises(UsageError, match="secret does not exist"):
        actions.sql("SELECT * FROM secret")
    assert secret


def test_a_wrong_name_is_told_with_those_there_are(actions: Annotations) -> None:
    with pytest.raises(UsageError, match=r"Did you mean action_id\? The columns of labels: split, video"):
        actions.sql("SELECT actionid FROM labels")
    with pytest.raises(UsageError, match=r"Did you mean labels\? It can be asked of `labels` or `keyframes`"):
        actions.sql("SELECT 1 FROM lables")


def test_a_question_may_not_take_all_memory(actions: Annotations, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="more memory than a question may take"):
        actions.sql("SELECT list(range) FROM range(3000000000)")
    assert actions.sql("SELECT count(*) FROM labels").rows == [(200,)]
    assert [path.name for path in tmp_path.iterdir()] == ["annotations.parquet"]


def test_a_question_can_be_stopped(actions: Annotations) -> None:
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        actions.sql("SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE sin(a.range) > 2")
    assert time.monotonic() - start < 10
    timer.join()
    assert actions.sql("SELECT count(*) FROM labels").rows == [(200,)]


def test_rows_come_in_batches(actions: Annotations) -> None:
    with actions.stream("SELECT range AS n FROM range(25000)") as found:
        assert found.columns == ("n",)
        sizes = [len(batch) for batch in found.batches]
    assert (sum(sizes), max(sizes)) == (25000, 10000)
    with actions.stream("SELECT * FROM range(100000000000)") as endless:
        assert next(endless.batches)[0] == (0,)
    with pytest.raises(UsageError, match="Could not convert"), actions.stream(LATE) as found:
        list(found.batches)


def test_a_videos_labels_and_seconds(tmp_path: Path) -> None:
    rows = [action("one", 903, BOX, 80, 7), action("one", 902, BOX, 12, 7), action("two", 902, BOX, 12)]
    with Annotations(write(tmp_path / "annotations.parquet", "actions", rows)) as annotations:
        assert annotations.seconds("one") == (902, 903)
        assert annotations.seconds("' OR 1=1 --") == ()
        first, second = annotations.labels("one")
        assert (first.second, first.action_id, first.person_id) == (902, 12, 7)
        assert (second.x1, second.y1, second.x2, second.y2) == BOX
        assert [type(value) for value in (first.second, first.x1, first.person_id)] == [float, float, int]


def test_empty_keyframes_are_no_labels(tmp_path: Path) -> None:
    rows = [action("a", 33.5, BOX, 1), action("a", 33.5, BOX, 2), action("a", 34, (0, 0, 1, 1), 2)]
    rows += [action("a", 40, None), action("b", 7, None, split="train")]
    with Annotations(write(tmp_path / "annotations.parquet", "actions", rows)) as annotations:
        assert annotations.views == ("labels", "keyframes")
        assert annotations.seconds("a") == (33.5, 34, 40)
        assert [label.second for label in annotations.labels("a")] == [33.5, 33.5, 34]
        assert annotations.labels("b") == ()
        assert annotations.counts() == {"val": {"videos": 1, "seconds": 2, "boxes": 2, "labels": 3}}
        found = annotations.sql("FROM keyframes ORDER BY ALL")
        assert found.columns == ("split", "video", "second")
        assert found.rows == [("train", "b", 7), ("val", "a", 33.5), ("val", "a", 34), ("val", "a", 40)]


def test_faces_and_sound_can_be_asked_too(tmp_path: Path) -> None:
    with Annotations(write(tmp_path / "faces.parquet", "speaker", SPEAKER)) as faces:
        assert (faces.kind, faces.views, faces.columns[-1]) == ("speaker", ("labels",), "entity_id")
        assert faces.counts() == {"val": {"videos": 1, "tracks": 2, "frames": 3}}
        assert faces.seconds("1j20qq1JyX4") == (902, 903.8)
        with pytest.raises(UsageError, match="labels of speaker, not of actions"):
            faces.labels("1j20qq1JyX4")
        with pytest.raises(UsageError, match=r"The columns of labels: .*entity_id"):
            faces.sql("SELECT action FROM labels")
    with Annotations(write(tmp_path / "sound.parquet", "speech", SPEECH)) as sound:
        assert sound.kind == "speech"
        assert sound.counts() == {"all": {"videos": 2, "rows": 3}}
        assert sound.seconds("1j20qq1JyX4") == (900, 1200)
    with Annotations(write(tmp_path / "none.parquet", "actions", [])) as none:
        assert (none.kind, none.counts()) == ("actions", {})


def test_threads_may_ask_together(actions: Annotations) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: actions.sql("SELECT count(*) FROM labels").rows, range(100)))
    assert answers == [[(200,)]] * 100


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "annotations.parquet"
    with pytest.raises(AnnotationError, match="There are no labels at"):
        Annotations(path)
    path.write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(AnnotationError, match="cannot be read"):
        Annotations(path)
    with Annotations(write(path, "speech", SPEECH)) as annotations:
        path.write_bytes(b"")
        with pytest.raises(AnnotationError):
            annotations.counts()
