"""Count labels as the papers print them, beside what the papers print. The counting is SQL's."""

from collections.abc import Iterable
from dataclasses import replace

from avakit.annotations.action_figures import actions
from avakit.annotations.asking import Annotations
from avakit.annotations.figures import Published, Statistics
from avakit.annotations.tallies import place
from avakit.annotations.voice_figures import speaker, speech
from avakit.releases.model import Release

_KINDS = {"actions": actions, "speaker": speaker, "speech": speech}
# What papers call people are boxes, and their clips are annotated seconds.
_AS_PRINTED = {"people": "boxes", "clips": "seconds"}


def statistics(annotations: Annotations, release: Release, splits: Iterable[str] = ()) -> Statistics:
    """Return the figures of all labels there are, or of these splits alone.

    Raises UsageError for a split that the release does not have, AnnotationError if the table cannot be read.
    """
    wanted = list(release.check_splits(named)) if (named := list(splits)) else []
    condition = f"WHERE list_contains({_literal(wanted)}, split)" if wanted else ""
    with annotations.workbench() as database:
        database.execute(f"CREATE TEMP VIEW chosen AS SELECT * FROM labels {condition}")  # noqa: S608
        if "keyframes" in annotations.views:
            database.execute(f"CREATE TEMP VIEW shown AS SELECT * FROM keyframes {condition}")  # noqa: S608
        found = _KINDS[annotations.kind](database, release)
    splits_in_order = sorted(found.splits, key=lambda one: place(one.split, list(release.splits)))
    return replace(found, splits=tuple(splits_in_order), published=tuple(_published(found, release)))


def _literal(names: list[str]) -> str:
    quoted = ("'" + name.replace("'", "''") + "'" for name in names)
    return f"[{', '.join(quoted)}]"


def _published(found: Statistics, release: Release) -> Iterable[Published]:
    of_split = {one.split: one.counts for one in found.splits}
    for noun, printed in release.published.items():
        split, _, rest = noun.partition("_")
        if split in release.splits:
            counts, name = of_split.get(split, {}), rest
        else:
            # The videos of a release are those of all its splits, the ones without labels too.
            needed = release.splits if noun == "videos" else release.default_splits
            counts, name = (found.total.counts if set(needed) <= set(of_split) else {}), noun
        comparable = name != "clips" or not any(file.open for file in release.annotation_files)
        counted = counts.get(_AS_PRINTED.get(name, name)) if comparable else None
        yield Published(noun, printed, counted)
