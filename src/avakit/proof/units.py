"""Whether packets are whole, told without decoding: the units inside must fill each exactly."""

from av.video.stream import VideoStream

from avakit.media.index import Whole


def unit_test(stream: VideoStream) -> Whole | None:
    """Return a test of a packet's bytes, or None where the codec gives nothing to test by.

    H.264 and HEVC in mp4 and Matroska write each unit's length before it (ISO/IEC 14496-15, 5.3.3 and 8.3.3).
    """
    extra = stream.codec_context.extradata or b""
    if not extra or extra[0] != 1:
        return None
    if stream.codec_context.name == "h264" and len(extra) > 4:
        return lambda data: fills(data, (extra[4] & 3) + 1)
    if stream.codec_context.name == "hevc" and len(extra) > 21:
        return lambda data: fills(data, (extra[21] & 3) + 1)
    return None


def fills(data: memoryview, prefix: int) -> bool:
    """Return whether units with a length of `prefix` bytes before each fill `data` exactly, none of them
    empty.
    """
    position = 0
    while position + prefix <= len(data):
        length = int.from_bytes(data[position : position + prefix], "big")
        if length == 0:
            return False
        position += prefix + length
    return position == len(data)
