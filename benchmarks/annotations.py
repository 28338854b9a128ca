"""Labels of v2.2's size, csv to Parquet: avakit (checked) beside DuckDB alone (as it comes).

Both write the same table: the same columns and types, the names of the actions, the excluded seconds.
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from avakit.annotations.reading import examine
from avakit.annotations.table import build
from avakit.releases.catalogue import release
from benchmarks.fair import in_turn, table

ROWS = 1_600_000
DUCKDB = "DuckDB: COPY csv TO Parquet"
BUILD = "avakit: the table, checked"
EXAMINE = "avakit: all that is doubtful, no table"

_PEAK = """
import resource, sys
from pathlib import Path
from benchmarks import annotations
getattr(annotations, sys.argv[1])(Path(sys.argv[2]), Path(sys.argv[3]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def run(world: Path, runs: int) -> str:
    """Return the table."""
    csv = world / "labels" / "ava_train_v2.2.csv"
    if not csv.exists():
        csv.parent.mkdir(parents=True, exist_ok=True)
        write(csv)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "annotations.parquet"
        named = {DUCKDB: copy, BUILD: checked, EXAMINE: examined}
        ways = {name: lambda way=way: way(csv, out) for name, way in named.items()}
        # First, as a new process begins with the peak of the one that starts it.
        notes = {name: f"{peak(way.__name__, csv, out):.0f} MB at most" for name, way in named.items()}
        times = in_turn(ways, runs)
        require_same(csv, Path(folder))
    return table(f"{ROWS:,} labels, csv to Parquet", times, notes)


def write(path: Path) -> None:
    """Write labels of the train split's videos, seeded."""
    chance = random.Random(22)
    videos = [video.id for video in release("v2.2").videos(["train"])]
    seconds = release("v2.2").seconds
    with path.open("w") as file:
        for _ in range(ROWS // 3 + 1):
            video, second, person = chance.choice(videos), chance.choice(seconds), chance.randrange(900)
            x, y = chance.random() / 2, chance.random() / 2
            box = f"{x:.3f},{y:.3f},{x + 0.4:.3f},{y + 0.4:.3f}"
            for action in chance.sample(range(1, 81), 3):
                file.write(f"{video},{second:04d},{box},{action},{person}\n")


def copy(csv: Path, out: Path) -> None:
    """Copy a csv to the table with nothing looked at."""
    known = release("v2.2")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE actions(id INTEGER, name VARCHAR, of VARCHAR, evaluated BOOLEAN)")
        connection.executemany(
            "INSERT INTO actions VALUES (?, ?, ?, ?)",
            [(action.id, action.name, action.group, action.evaluated) for action in known.actions],
        )
        connection.execute("CREATE TABLE excluded(video VARCHAR, second INTEGER)")
        pairs = [pair for pairs in (known.excluded or {}).values() for pair in pairs]
        connection.execute(
            "INSERT INTO excluded SELECT unnest(?), unnest(?)",
            [[video for video, _ in pairs], [second for _, second in pairs]],
        )
        edges = ", ".join(f"'{edge}': 'DOUBLE'" for edge in ("x1", "y1", "x2", "y2"))
        columns = (
            f"{{'video': 'VARCHAR', 'second': 'INTEGER', {edges}, 'action': 'INTEGER', 'person': 'INTEGER'}}"
        )
        connection.execute(
            "COPY (SELECT 'train' AS split, csv.video, csv.second::DOUBLE AS second, x1, y1, x2, y2, "
            "csv.action AS action_id, actions.name AS action, actions.of AS action_group, "
            "csv.person AS person_id, actions.evaluated, excluded.second IS NOT NULL AS excluded "
            f"FROM read_csv('{csv}', header = false, auto_detect = false, columns = {columns}) AS csv "
            "LEFT JOIN actions ON actions.id = csv.action "
            "LEFT JOIN excluded ON excluded.video = csv.video AND excluded.second = csv.second) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
        )


def checked(csv: Path, out: Path) -> None:
    """Make the table as `avakit get` does."""
    (file,) = release("v2.2").files("labels", ["train"])
    build(release("v2.2"), [(file, csv)], out)


def examined(csv: Path, _: Path) -> None:
    """Look at the csv as `avakit lint` does."""
    examine(csv, release("v2.2"), split="train")


def peak(way: str, csv: Path, out: Path) -> float:
    """Return how many MB a process of its own took at most to go this way."""
    found = subprocess.run(
        [sys.executable, "-c", _PEAK, way, str(csv), str(out)], capture_output=True, text=True, check=True
    )
    return int(found.stdout.split()[-1]) * (1 if sys.platform == "darwin" else 1024) / 1e6


def require_same(csv: Path, folder: Path) -> None:
    """Assert that both ways write the same rows, whatever their order."""
    copy(csv, folder / "plain.parquet")
    checked(csv, folder / "checked.parquet")
    plain, ours = (f"FROM read_parquet('{folder / name}.parquet')" for name in ("plain", "checked"))
    with duckdb.connect() as connection:
        differing = connection.execute(f"SELECT count(*) FROM ({plain} EXCEPT ALL {ours})").fetchone()
        assert differing == (0,), differing
        kinds = [connection.execute(f"DESCRIBE {way}").fetchall() for way in (plain, ours)]
    assert kinds[0] == kinds[1]
