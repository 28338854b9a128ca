import json

from hypothesis import given, settings
from hypothesis import strategies as st

from avakit.causes import Cause, next_step
from avakit.dataset.rows import State, VideoRow
from avakit.dataset.status import complete, lines, status, troubles

ROWS = [
    VideoRow("ccccccccccc", "val", State.MISSING, "cvdf", cause=Cause.NOT_FOUND, message="It has no c.mp4."),
    VideoRow("aaaaaaaaaaa", "val", State.HAVE, "cvdf", bytes=1000),
    VideoRow(
        "bbbbbbbbbbb", "train", State.PARTIAL, "mirror=x", bytes=500, cause=Cause.TIMEOUT, next_step="Wait."
    ),
    VideoRow("ddddddddddd", "val", State.ASKED),
    VideoRow("eeeeeeeeeee", "val", State.MISSING, "cvdf", cause=Cause.NOT_FOUND),
]


def test_the_document_is_as_promised() -> None:
    told = json.loads(json.dumps(status("v2.2", ROWS)))
    assert list(told) == ["release", "summary", "videos"]
    assert told["summary"] == {"asked": 5, "have": 1, "partial": 1, "missing": 3, "bytes": 1500}
    assert [video["id"][0] for video in told["videos"]] == ["b", "a", "c", "d", "e"]
    assert told["videos"][0] == {
        "id": "bbbbbbbbbbb",
        "split": "train",
        "state": "partial",
        "source": "mirror=x",
        "bytes": 500,
        "cause": "timeout",
        "next": "Wait.",
    }
    assert told["videos"][1]["next"] is None
    assert told["videos"][2]["next"] == next_step(Cause.NOT_FOUND)
    assert told["videos"][3]["state"] == "missing"
    assert "avakit get" in told["videos"][3]["next"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(State)))
def test_the_counts_add_up(states: list[State]) -> None:
    rows = [VideoRow(f"{i:011d}", "val", state) for i, state in enumerate(states)]
    summary = status("v2.2", rows)["summary"]
    assert summary["asked"] == len(rows) == summary["have"] + summary["partial"] + summary["missing"]
    assert complete(rows) == (summary["have"] == len(rows))


def test_what_is_in_the_way_is_grouped_with_its_next_step() -> None:
    found = troubles(ROWS)
    assert [(trouble.cause, len(trouble.videos)) for trouble in found] == [
        (Cause.NOT_FOUND, 2),
        (Cause.TIMEOUT, 1),
        (None, 1),
    ]
    assert found[0].next_step == next_step(Cause.NOT_FOUND)


def test_people_read_counts_then_causes() -> None:
    text = "\n".join(lines("v2.2", "data/ava", ROWS))
    assert text.startswith(
        "v2.2 in data/ava: 1 of 5 videos, 1.5 kB; 1 partial; 3 missing\n  train: 0 of 1 videos"
    )
    assert "not_found, 2 videos: No source has it" in text
    assert "  ccccccccccc  It has no c.mp4.\n  eeeeeeeeeee\n" in text
    assert "timeout, 1 video: Wait." in text
    assert lines("v2.2", "x", ROWS[1:2]) == ["v2.2 in x: 1 of 1 videos, 1.0 kB"]
    assert "avakit get" in lines("v2.2", "x", [])[0]
