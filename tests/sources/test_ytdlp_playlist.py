"""Which play lists are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.sources.ytdlp_playlist import Playlist, read_playlist

GOOD = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="init.mp4"
#EXTINF:5.0,
0.m4s
#EXTINF:5.0,
1.m4s

#EXT-X-ENDLIST
"""


def test_one_whole_movie() -> None:
    assert read_playlist(GOOD) == Playlist(2, 10.0)
    assert read_playlist(GOOD.replace("\n", "\r\n")) == Playlist(2, 10.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("#EXTM3U", "<html>", "is none"),
        ("#EXTM3U", "\ufeff#EXTM3U", "is none"),
        ("#EXT-X-ENDLIST", "", "no end yet"),
        ("#EXT-X-VERSION:7", "#EXT-X-STREAM-INF:BANDWIDTH=9", "one of play lists"),
        ("METHOD=NONE", 'METHOD=AES-128,URI="k"', "encrypted"),
        ("METHOD=NONE", 'URI="skd://k"', "encrypted"),
        ("#EXT-X-VERSION:7", '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="k"', "encrypted"),
        ("#EXTINF:5.0,\n1", "#EXT-X-DISCONTINUITY\n#EXTINF:5.0,\n1", "not all of one movie"),
        ("#EXTINF:5.0,\n1", '#EXT-X-MAP:URI="b"\n1', "not all of one movie"),
        ("#EXTINF:5.0,\n1", "#UPLYNK-SEGMENT:x,ad\n1", "not all of one movie"),
        ("0.m4s\n#EXTINF:5.0,\n1.m4s", "", "names 0 pieces"),
        ("0.m4s", "x\n" * 100_001, "names 100002 pieces"),
    ],
)
def test_what_is_not_taken(old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in str(read_playlist(GOOD.replace(old, new)).unfit)


@given(
    st.text() | st.lists(st.sampled_from([*GOOD.splitlines(), "#EXT-X-DISCONTINUITY", "x"])).map("\n".join)
)
def test_any_text(text: str) -> None:
    read = read_playlist(text)
    assert read.unfit is not None or (read.pieces > 0 and "#EXT-X-ENDLIST" in text)
