"""Labelled stimuli by split: a training learns from one, versions are measured on the other."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from annotation.models import Stimulus, Study
from annotation.opinion.labels import Label

from ..learning.labels import Labels, SourceLabel, combine
from ..models import ModelVersion


@dataclass(frozen=True)
class LabelledStimuli:
    """N stimuli of one split, their prompts and generators loaded, and their labels (N, P), row by
    row.

    perspectives: keys of the P columns.
    """

    perspectives: tuple[str, ...]
    stimuli: list[Stimulus]
    labels: Labels

    @cached_property
    def keys(self) -> list[int]:
        return [stimulus.pk for stimulus in self.stimuli]

    def without(self, keys: Collection[object]) -> "LabelledStimuli":
        rows = [row for row, key in enumerate(self.keys) if key not in keys]
        return LabelledStimuli(
            self.perspectives,
            [self.stimuli[row] for row in rows],
            self.labels.take(np.array(rows, dtype=np.intp)),
        )

    def label_counts(self) -> dict[str, int]:
        """How many stimuli have a label, by perspective."""
        counts = np.isfinite(self.labels.mos).sum(axis=0).tolist()
        return dict(zip(self.perspectives, counts, strict=True))


@dataclass(frozen=True)
class Splits:
    """What a run learns from and what it is measured on, and which images could not be read, as
    `TrainingRun.problems` keeps it."""

    pool: LabelledStimuli
    holdout: LabelledStimuli
    problems: list[dict[str, object]] = field(default_factory=list)

    @property
    def stimuli(self) -> list[Stimulus]:
        return [*self.pool.stimuli, *self.holdout.stimuli]

    def without(self, problems: Sequence[dict[str, object]]) -> "Splits":
        """These without the images in `problems`, which are noted with their split."""
        gone = {problem["stimulus"] for problem in problems}
        held_out = set(self.holdout.keys)
        noted = [
            problem | {"split": "holdout" if problem["stimulus"] in held_out else "pool"}
            for problem in problems
        ]
        return Splits(self.pool.without(gone), self.holdout.without(gone), [*self.problems, *noted])


def gather(study: Study, labels: Sequence[Label]) -> Splits:
    """The labelled stimuli that still have an image, with labels from the study's perspectives."""
    return Splits(
        labelled_stimuli(study, labels, Stimulus.Split.POOL),
        labelled_stimuli(study, labels, Stimulus.Split.HOLDOUT),
    )


def labelled_stimuli(
    study: Study, labels: Sequence[Label], split: str, *, only: Sequence[str] = ()
) -> LabelledStimuli:
    """Those of one split, by id; several sources of one label are combined by `learning.labels`.

    only: fields of the stimuli that are read; all if none is named.
    """
    of_split = [label for label in labels if label.split == split]
    seen = Stimulus.objects.exclude(sha256="").select_related("prompt", "generator").only(*only)
    found = seen.in_bulk({it.stimulus for it in of_split})
    stimuli = [found[pk] for pk in sorted(found)]
    places = {stimulus.pk: place for place, stimulus in enumerate(stimuli)}
    keys = tuple(item.key for item in study.perspective_settings)
    columns = {key: column for column, key in enumerate(keys)}
    rows = [
        SourceLabel(
            places[label.stimulus], columns[label.perspective], label.mos, label.sd, label.ratings
        )
        for label in of_split
        if label.stimulus in places and label.perspective in columns
    ]
    return LabelledStimuli(keys, stimuli, combine(rows, len(stimuli), len(keys)))


def pool_labels_for(version: ModelVersion, labels: Sequence[Label]) -> LabelledStimuli | None:
    """Those of the pool, the columns in the order of the version's last layer; None if its study
    asks for other perspectives than when it was trained."""
    found = labelled_stimuli(version.study, labels, Stimulus.Split.POOL)
    heads = version.heads.select_related("perspective").order_by("place")
    perspectives = tuple(head.perspective.key for head in heads)
    if sorted(perspectives) != sorted(found.perspectives):
        return None
    order = [found.perspectives.index(key) for key in perspectives]
    return LabelledStimuli(perspectives, found.stimuli, found.labels.columns(order))
