"""The tables of labels, one for each kind: their columns and types in Parquet and in SQL."""

from collections.abc import Mapping

_PLACE = {"split": "VARCHAR", "video": "VARCHAR"}
_BOX = {"second": "DOUBLE", "x1": "DOUBLE", "y1": "DOUBLE", "x2": "DOUBLE", "y2": "DOUBLE"}

SPEAKER_LABELS = ("NOT_SPEAKING", "SPEAKING_AUDIBLE", "SPEAKING_NOT_AUDIBLE")
SPEECH_LABELS = ("NO_SPEECH", "CLEAN_SPEECH", "SPEECH_WITH_MUSIC", "SPEECH_WITH_NOISE")

_FACE = ("video_id", "timestamp", "x1", "y1", "x2", "y2")

CSV: Mapping[str, tuple[str, ...]] = {
    "actions": (*_FACE, "action_id", "person_id"),
    "speaker": (*_FACE, "label", "entity_id"),
    "speech": ("video_id", "start", "end", "label"),
}
"""Kind → the columns of its csv files, in their order, by the names that findings and header lines use.

Of actions the last may be absent; a line of the first two alone is an annotated second without any label.
"""

TABLES: Mapping[str, Mapping[str, str]] = {
    "actions": {
        **_PLACE,
        **_BOX,
        "action_id": "INTEGER",
        "action": "VARCHAR",
        "action_group": "VARCHAR",
        "person_id": "INTEGER",
        "evaluated": "BOOLEAN",
        "excluded": "BOOLEAN",
    },
    "speaker": {**_PLACE, **_BOX, "label": "VARCHAR", "entity_id": "VARCHAR"},
    "speech": {**_PLACE, "start": "DOUBLE", "stop": "DOUBLE", "label": "VARCHAR"},
}
"""Kind → column → type: one row a label. Seconds are the movie's; boxes are in shares of the picture.

actions: a row whose `x1` to `person_id` and `evaluated` are null is an annotated second without any label;
`person_id` is null too where persons are unknown. speaker: a face in one picture, `entity_id` its track.
speech: a stretch of sound from `start` to `stop`.
"""
