"""Which format is taken."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from avakit.sources.formats import DEFAULT_HEIGHT, Choice, Format, choose

ALONE = Format("136", "mp4", "avc1.4d401f", None, 720, 1500)
SOUND = Format("140", "m4a", None, "mp4a.40.2", rate=128)
OPUS = Format("251", "webm", None, "opus", rate=160)
BOTH = Format("18", "mp4", "avc1.42001E", "mp4a.40.2", 360, 500)
VP9 = Format("247", "webm", "vp9", None, 720, 1800)
LARGE = Format("137", "mp4", "avc1.640028", None, 1080, 3000)
EVERY = [BOTH, ALONE, SOUND, OPUS, VP9, LARGE]


def test_the_highest_within_the_limit_with_sound_of_its_own_container() -> None:
    assert choose(EVERY) == Choice(ALONE, SOUND)
    assert choose(EVERY, 1080) == Choice(LARGE, SOUND)
    assert choose(EVERY, 480) == Choice(BOTH)
    assert choose(EVERY, 144) == Choice(BOTH)
    assert choose([VP9, SOUND, OPUS]) == Choice(VP9, OPUS)
    assert choose([VP9, SOUND]) == Choice(VP9, SOUND)
    assert choose([ALONE]) == Choice(ALONE)


def test_what_cannot_be_cut_is_passed_over() -> None:
    assert choose([]) is None
    assert choose([SOUND, OPUS]) is None
    assert choose([replace(one, plain=False) for one in EVERY]) is None
    assert choose([replace(ALONE, ext="flv"), BOTH]) == Choice(BOTH)


def test_sound_as_it_was_recorded_in_the_first_language() -> None:
    dubbed = replace(SOUND, id="140-1", preference=-1, rate=300)
    squeezed = replace(SOUND, id="140-drc", rate=130)
    assert choose([ALONE, dubbed, squeezed, SOUND]) == Choice(ALONE, SOUND)


def test_pictures_alone_come_before_a_file_of_both() -> None:
    assert choose([replace(BOTH, height=720, rate=9000), ALONE, SOUND]) == Choice(ALONE, SOUND)


def test_pieces_only_where_there_is_no_file() -> None:
    listed = replace(BOTH, id="95", height=720, plain=False, pieces="hls", ext="ts")
    silent = replace(ALONE, id="232", plain=False, pieces="hls", rate=9000)
    dash = [replace(one, plain=False, pieces="dash") for one in (ALONE, SOUND)]
    assert choose([listed, silent, BOTH]) == Choice(BOTH)
    assert choose([silent, listed, SOUND]) == Choice(listed)
    assert listed.container == "mp4"
    assert choose([silent, SOUND]) == Choice(silent)
    assert choose([listed, *dash]) == Choice(dash[0], dash[1])
    assert choose([dash[0], SOUND]) == Choice(dash[0], SOUND)
    assert choose([ALONE, dash[1]]) == Choice(ALONE)
    assert choose([replace(listed, pieces=None)]) is None


def test_addresses_are_not_shown() -> None:
    assert "secret" not in repr(
        Choice(replace(ALONE, url="https://x/?sig=secret", headers={"C": "secret"}, told={"u": "secret"}))
    )


FORMATS = st.builds(
    Format,
    st.text(max_size=5),
    st.sampled_from(["mp4", "m4a", "webm", "flv", ""]),
    st.none() | st.sampled_from(["avc1", "vp9", "av01", "odd"]),
    st.none() | st.sampled_from(["mp4a", "opus"]),
    st.integers(0, 4320),
    st.floats(0, 1e6),
    st.integers(-10, 10),
    st.booleans(),
)


@given(st.lists(FORMATS, max_size=12), st.none() | st.integers(1, 4320))
def test_any_formats(formats: list[Format], height: int | None) -> None:
    choice = choose(formats, height)
    usable = [one for one in formats if one.plain and one.container and one.pictures]
    assert (choice is None) == (not usable)
    if choice is not None:
        assert choice.pictures in usable
        low = [one.height for one in usable if one.height <= (height or DEFAULT_HEIGHT)]
        assert choice.pictures.height == (max(low) if low else min(one.height for one in usable))
        assert choice.sound is None or (
            choice.sound.sound and choice.sound.plain and not choice.pictures.sound
        )
