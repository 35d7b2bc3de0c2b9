"""The labelled stimuli of a training run, by split, and those of their images that can be read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from annotation.models import Stimulus
from annotation.opinion.labels import Label
from annotation.protocol.perspectives import PERSPECTIVES

from ..learning.labels import Labels, SourceLabel, combine


@dataclass(frozen=True)
class LabelledStimuli:
    """N stimuli of one split, their prompts loaded, and their labels, row by row."""

    stimuli: list[Stimulus]
    labels: Labels

    @property
    def keys(self) -> list[int]:
        return [stimulus.pk for stimulus in self.stimuli]

    def without(self, keys: Collection[object]) -> "LabelledStimuli":
        rows = [row for row, key in enumerate(self.keys) if key not in keys]
        return LabelledStimuli(
            [self.stimuli[row] for row in rows], self.labels.take(np.array(rows, dtype=np.intp))
        )

    def label_counts(self) -> dict[str, int]:
        """How many stimuli have a label, by perspective."""
        counts = np.isfinite(self.labels.mos).sum(axis=0).tolist()
        return {str(name): count for name, count in zip(PERSPECTIVES, counts, strict=True)}


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
        """These but for the images in `problems`, which are noted with their split."""
        gone = {problem["stimulus"] for problem in problems}
        held_out = set(self.holdout.keys)
        noted = [
            problem | {"split": "holdout" if problem["stimulus"] in held_out else "pool"}
            for problem in problems
        ]
        return Splits(self.pool.without(gone), self.holdout.without(gone), [*self.problems, *noted])


def gather(labels: Sequence[Label]) -> Splits:
    """The labelled stimuli that still exist."""
    return Splits(_of_split(labels, Stimulus.Split.POOL), _of_split(labels, Stimulus.Split.HOLDOUT))


def _of_split(labels: Sequence[Label], split: str) -> LabelledStimuli:
    found = Stimulus.objects.select_related("prompt").in_bulk(
        {label.stimulus for label in labels if label.split == split}
    )
    stimuli = [found[pk] for pk in sorted(found)]
    places = {stimulus.pk: place for place, stimulus in enumerate(stimuli)}
    heads = {str(perspective): place for place, perspective in enumerate(PERSPECTIVES)}
    rows = [
        SourceLabel(
            places[label.stimulus], heads[label.perspective], label.mos, label.sd, label.ratings
        )
        for label in labels
        if label.stimulus in places
    ]
    return LabelledStimuli(stimuli, combine(rows, len(stimuli), len(heads)))
