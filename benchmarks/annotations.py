"""Labels of v2.2's size, csv to Parquet: avakit (checked) beside DuckDB alone (as it comes)."""

import random
import tempfile
from pathlib import Path

import duckdb

from avakit.annotations.table import build
from avakit.releases.catalogue import release
from benchmarks.fair import in_turn, table

ROWS = 1_600_000


def run(world: Path, runs: int) -> str:
    """Return the table."""
    csv = world / "labels" / "ava_train_v2.2.csv"
    if not csv.exists():
        csv.parent.mkdir(parents=True, exist_ok=True)
        write(csv)
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "DuckDB: COPY csv TO Parquet": lambda: copy(csv, Path(folder) / "plain.parquet"),
            "avakit": lambda: build(release("v2.2"), [csv], Path(folder) / "checked.parquet"),
        }
        return table(f"{ROWS:,} labels, csv to Parquet", in_turn(ways, runs))


def write(path: Path) -> None:
    """Write labels of the train split's videos, seeded."""
    chance = random.Random(22)
    videos = [video.id for video in release("v2.2").videos(["train"])]
    seconds = release("v2.2").seconds
    with path.open("w") as file:
        written = 0
        while written < ROWS:
            video, second, person = chance.choice(videos), chance.choice(seconds), chance.randrange(900)
            x, y = chance.random() / 2, chance.random() / 2
            box = f"{x:.3f},{y:.3f},{x + 0.4:.3f},{y + 0.4:.3f}"
            for action in chance.sample(range(1, 81), 3):
                file.write(f"{video},{second:04d},{box},{action},{person}\n")
                written += 1


def copy(csv: Path, out: Path) -> None:
    """Copy a csv to Parquet with nothing looked at."""
    columns = "video, second, x1, y1, x2, y2, action, person"
    names = ", ".join(f"'{name}'" for name in columns.split(", "))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{csv}', header = false, names = [{names}])) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
        )
