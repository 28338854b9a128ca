"""Annotated keyframes of a data set, ready to be drawn."""

from avakit.dataset.ava import Dataset
from avakit.explorer.sheet import Labelled, LabelledBox


def labelled_keyframe(ava: Dataset, video: str, second: int) -> Labelled:
    """Return the picture on screen at an annotated second, and the people and actions that the labels name.

    Raises `RootError` if labels or movie are not here, `UsageError` for a video that was not asked for.
    """
    names = {action.id: action.name for action in ava.release.actions}
    people: dict[tuple[int | None, tuple[float, float, float, float]], list[str]] = {}
    for label in ava.annotations.labels(video):
        if label.second == second:
            person = label.person_id, (label.x1, label.y1, label.x2, label.y2)
            people.setdefault(person, []).append(names[label.action_id])
    boxes = tuple(LabelledBox(box, person, tuple(actions)) for (person, box), actions in people.items())
    return Labelled(ava.videos[video].window.frame_at(second).rgb, video, second, boxes)
