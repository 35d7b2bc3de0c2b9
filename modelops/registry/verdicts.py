"""Candidates before the gate: each against its predictor's version in use, by today's labels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotation.opinion.comparison.measures import NORMAL_95

from ..judging.gate import FEWEST_IMAGES, HeldOut, Outcome, Verdict, judge
from ..models import ModelVersion
from .holdout import (
    HoldoutPoint,
    Points,
    Standing,
    holdout_labels,
    holdout_points,
    on_common_ground,
    standings,
)
from .labelled import LabelledStimuli


@dataclass(frozen=True)
class Judged:
    """What the gate says of a version that would take the place of `champion`, and how both do on
    the same images."""

    champion: ModelVersion
    verdict: Verdict
    standing: Standing
    champion_standing: Standing

    @property
    def passes(self) -> bool:
        return self.verdict.outcome is Outcome.PROMOTE


def champion_of(version: ModelVersion) -> ModelVersion | None:
    """The other version in use of its predictor; None if there is none to compare with."""
    in_use = version.predictor.versions.filter(state=ModelVersion.State.ACTIVE)
    return in_use.exclude(pk=version.pk).first()


def judged(version: ModelVersion, labelled: LabelledStimuli | None = None) -> Judged | None:
    """By `labelled`, the hold-out's labels of now if not given; None without a champion."""
    champion = champion_of(version)
    if champion is None:
        return None
    labels = labelled or holdout_labels(version.study)
    return compared(champion, holdout_points(version, labels), holdout_points(champion, labels))


def compared(champion: ModelVersion, challenger_points: Points, champion_points: Points) -> Judged:
    """As `judged`, of points that are at hand."""
    new, old = standings([challenger_points, champion_points])
    verdict = judge(held_out(challenger_points, champion_points), fewest=FEWEST_IMAGES)
    return Judged(champion, verdict, new, old)


def held_out(challenger: Points, champion: Points) -> HeldOut:
    """The labelled images that both have predicted, as the gate takes them."""
    new, old = on_common_ground([challenger, champion])
    prompts = {it.stimulus: it.prompt for points in new.values() for it in points}
    rows = {stimulus: row for row, stimulus in enumerate(sorted(prompts))}
    return HeldOut.of(
        list(new),
        _table(new, rows, "mos", missing=np.nan),
        _table(new, rows, "expected"),
        _table(old, rows, "expected"),
        _table(new, rows, "sd"),
        _table(old, rows, "sd"),
        [prompts[stimulus] for stimulus in rows],
    )


def _table(
    points: Points, rows: Mapping[int, int], what: str, missing: float = 0.0
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(N, P); `missing` where an image has no label."""
    table = np.full((len(rows), len(points)), missing)
    for place, found in enumerate(points.values()):
        table[[rows[it.stimulus] for it in found], place] = _values(found, what)
    return table


def _values(points: Sequence[HoldoutPoint], what: str) -> list[float]:
    if what == "mos":
        return [it.mos for it in points]
    if what == "expected":
        return [it.expected.mean for it in points]
    # Of a label around what is expected: the label's own error counts, too.
    return [math.hypot(it.expected.epistemic_sd, it.mos_error / NORMAL_95) for it in points]
