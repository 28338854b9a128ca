"""The tables of labels, one for each kind: their columns and types in Parquet and in SQL."""

from collections.abc import Mapping

_PLACE = {"split": "VARCHAR", "video": "VARCHAR"}
_BOX = {"second": "DOUBLE", "x1": "DOUBLE", "y1": "DOUBLE", "x2": "DOUBLE", "y2": "DOUBLE"}

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
