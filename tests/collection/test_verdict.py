from fractions import Fraction

import pytest

from avakit.causes import Cause
from avakit.collection.verdict import better, lacking, sentences, telling
from avakit.dataset.rows import AttemptRow
from avakit.proof.accept import Accepted


def attempt(cause: Cause, message: str | None = None) -> AttemptRow:
    return AttemptRow("1j20qq1JyX4", "cvdf", 0, 0, 0, cause, message)


def accepted(*without: int, short: bool = True) -> Accepted:
    return Accepted(100, Fraction(895), Fraction(1200), Fraction(0), without, short)


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_its_rank(cause: Cause) -> None:
    assert telling([attempt(cause)]).cause is cause


def test_what_another_run_may_mend_is_told_first() -> None:
    assert telling([attempt(Cause.NOT_FOUND), attempt(Cause.NETWORK)]).cause is Cause.NETWORK
    assert telling([attempt(Cause.NOT_FOUND), attempt(Cause.CORRUPT)]).cause is Cause.CORRUPT
    assert telling([attempt(Cause.DISK), attempt(Cause.NETWORK)]).cause is Cause.DISK
    first, second = attempt(Cause.SERVER, "one"), attempt(Cause.SERVER, "two")
    assert telling([first, second]) is first


def test_every_source_s_sentence_is_kept() -> None:
    tried = [
        attempt(Cause.NOT_FOUND, "One has none."),
        attempt(Cause.GONE),
        attempt(Cause.GEO, "Two is shut."),
    ]
    assert sentences(tried) == "One has none. Two is shut."


def test_the_movie_that_shows_more_is_better() -> None:
    assert better(accepted(1798), accepted(1797, 1798))
    assert not better(accepted(1797), accepted(1798))


def test_what_a_movie_lacks_is_said() -> None:
    cause, message = lacking("http://host/x.mp4", accepted(1201, 1202, 1798))
    assert cause is Cause.TOO_SHORT
    assert (
        message
        == "http://host/x.mp4 ends at 1200.0 s: 3 annotated seconds, from 1201 to 1798, are not in it."
    )
    cause, message = lacking("x.mp4", accepted(950, short=False))
    assert cause is Cause.CORRUPT
    assert message == "x.mp4 has no pictures at 1 annotated seconds between 950 and 950."
