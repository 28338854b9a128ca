"""Damaged files of labels, seeded, and what is to be said of each: told by a simple reader of its own."""

import random
import re
from dataclasses import dataclass, replace
from pathlib import Path

from tests.annotations.labels import lines

from avakit.annotations.dialect import Dialect
from avakit.annotations.loading import Source
from avakit.releases.catalogue import release
from avakit.releases.model import Release

PIECES = [
    *(b",", b"\t", b"\n", b"\r\n", b"\r", b";", b'"', b"'", b" ", b"_", b"-", b".", b"0", b"9", b"e", b"x"),
    *(b"\x00", b"\x01", b"\xff", b"\xef\xbb\xbf", b"\x0b", b"\x0c", b"\x1a", b"\x85", b"\xc2\xa0"),
    *(b"nan", b"inf", b"1e9", b"-1", b"81", b"NULL", b"#", b"#NAME?", b"\n\n", b",,", b"0x1", b"1_0", b"+1"),
    *(b"\n   \n", b"1e-400", b"99999999999999999999", b"1e400", b".", b"..", b"--", b"1j20qq1JyX4", b"0.5"),
    *("\u0661".encode(), "\u2028".encode(), "\uff11".encode(), b"\\", b"\x01no field\x01", b"SPEAKING"),
    b"1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1\n",
    b"video_id,timestamp,x1,y1,x2,y2,action_id,person_id\n",
    b"x" * 5_000,
]
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
SPEAKING = ("NOT_SPEAKING", "SPEAKING_AUDIBLE", "SPEAKING_NOT_AUDIBLE")
SPEECH = ("NO_SPEECH", "CLEAN_SPEECH", "SPEECH_WITH_MUSIC", "SPEECH_WITH_NOISE")
AROUND = " \t\v\f\"'"


@dataclass(frozen=True)
class Kind:
    """One kind of file: the release it is read as, whether the world is open, and its good lines."""

    name: str
    release: Release
    open_world: bool
    rows: tuple[str, ...]


def kinds() -> list[Kind]:
    """Return a kind for each form of csv that AVA's family has."""
    v22, v1 = release("v2.2"), release("v1.0")
    actions = lines("val", 6)
    clips = [f"{row.split(',')[0]},{place}.{place:06d}" for place, row in enumerate(actions)]
    faces = [
        f"{row.split(',')[0]},{900 + place / 25:.2f},{','.join(row.split(',')[2:6])},{SPEAKING[place % 3]},"
        f"{row.split(',')[0]}_0900_0960:{place}"
        for place, row in enumerate(actions)
    ]
    sounds = [f"5BDj0ow5hnA,{900 + place},{901 + place}.25,{SPEECH[place % 4]}" for place in range(6)]
    scored = [f"{row.rpartition(',')[0]},0.{place}5" for place, row in enumerate(actions)]
    mixed = [row.rpartition(",")[0].replace(",0", ",", 1) for row in actions[:3]] + clips[3:]
    return [
        Kind("v2.2", v22, False, tuple(actions)),
        Kind("v1.0", v1, False, tuple(lines("test", 6, name="v1.0"))),
        Kind("predictions", v22, False, tuple(scored)),
        Kind("keyframes", v22, False, tuple(",".join(row.split(",")[:2]) for row in actions)),
        Kind("kinetics", v22, True, tuple(mixed)),
        Kind("speaker", replace(v22, kind="speaker", actions=()), True, tuple(faces)),
        Kind("scores", replace(v22, kind="speaker", actions=()), True, tuple(f"{row},0.5" for row in faces)),
        Kind("speech", replace(v22, kind="speech", actions=()), False, tuple(sounds)),
    ]  # fmt: skip


def mutated(rows: tuple[str, ...], chance: random.Random) -> bytes:
    """Return a csv of the rows with some edits of fields, of lines, and of bytes."""
    table = [row.split(",") for row in rows]
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        _edit_field(table, chance)
    end = chance.choice(("\n",) * 8 + ("\r\n", "\r"))
    comma = chance.choice((",",) * 8 + ("\t", ";"))
    data = end.join(comma.join(row) for row in table).encode() + end.encode() * chance.choice((1, 1, 1, 0, 2))
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        start = chance.randrange(len(data) + 1)
        stop = min(len(data), start + chance.choice((0, 0, 1, 2, 5, 40)))
        data = data[:start] + chance.choice([*PIECES, data[start:stop] * 2, b""]) + data[stop:]
    return data


def _edit_field(table: list[list[str]], chance: random.Random) -> None:
    row = chance.choice(table)
    place = chance.randrange(len(row))
    edit = chance.randrange(6)
    if edit == 0:
        row[place] = chance.choice(PIECES[:-3]).decode("utf-8", "replace")
    elif edit == 1:
        row[place] = str(chance.choice((0, -1, 0.5, 1.5, 80, 81, 900, 1e6, 1e7, 2**31, 99_999, 100_000)))
    elif edit == 2:
        row[place] = f" {row[place]}  "
    elif edit == 3:
        del row[place]
    elif edit == 4:
        row.insert(place, row[place])
    else:
        other = chance.randrange(len(row))
        row[place], row[other] = row[other], row[place]


@dataclass(frozen=True)
class Expected:
    """The numbers of the lines that cannot be right, and the rows of the others as plain values."""

    wrong: frozenset[int]
    rows: list[tuple[str | float | None, ...]]


def expected(path: Path, source: Source) -> Expected:
    """Return what is to be said of a file that is written as `source` says."""
    dialect = source.dialect
    text = path.read_bytes().decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    wrong, rows = set(), []
    header = dialect.header
    found = re.split(r"\r\n|\r|\n", text)
    for number, line in enumerate(found, start=1):
        if len(line) >= 4096:
            wrong.add(number)
            break
        if not line.strip():
            continue
        if header:
            header = False
            continue
        row = _row(line, source, last=number == len(found))
        if row is None:
            wrong.add(number)
        else:
            rows.append(row)
    return Expected(frozenset(wrong), rows)


def _row(line: str, source: Source, *, last: bool) -> tuple[str | float | None, ...] | None:
    dialect = source.dialect
    if len(line) >= 4095 or any("\udc80" <= letter <= "\udcff" for letter in line):
        return None
    fields = [field.strip(AROUND) for field in line.split(dialect.delimiter)]
    while len(fields) > dialect.width and fields[-1] == "":
        fields.pop()
    if dialect.kind == "actions" and len(fields) == 2 and (dialect.width == 2 or not last):
        wanted = 2
    elif len(fields) == dialect.width:
        wanted = dialect.used
    else:
        return None
    values = [_value(place, text, source, dialect) for place, text in enumerate(fields[:wanted])]
    if None in values:
        return None
    if dialect.kind == "speech" and float(str(values[2])) < float(str(values[1])):
        return None
    full = {"actions": 8, "speaker": 8, "speech": 4}[dialect.kind]
    return (*values, *[None] * (full - len(values)))


def _value(place: int, text: str, source: Source, dialect: Dialect) -> str | float | None:
    """Return the value of a field, None if it cannot be one."""
    words = {("speaker", 6): SPEAKING, ("speech", 3): SPEECH}.get((dialect.kind, place))
    if words is not None:
        return text if text in words else None
    if place == 0:
        return text if re.fullmatch("[A-Za-z0-9_-]{11}", text) else None
    if (dialect.kind, place) == ("speaker", 7):
        return text if re.fullmatch("[A-Za-z0-9_.:-]{1,128}", text) else None
    if not NUMBER.fullmatch(text):
        return None
    value = float(text)
    time = place == 1 or dialect.kind == "speech"
    if time:
        fine = 0 <= value <= 99_999 and (not source.rules.whole or value % 1 == 0)
    elif place in (2, 3, 4, 5):
        fine = abs(value) <= 1e6
    else:
        fine = value in range(1, 81) if place == 6 else 0 <= value < 2**31 and value % 1 == 0
    return value if fine else None
