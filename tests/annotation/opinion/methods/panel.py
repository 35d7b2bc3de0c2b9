"""Small panels of votes for the tests of methods."""

import csv
import json
from typing import Any

import numpy as np

from annotation.opinion.methods import METHODS, Estimates, ScaleLimits, Votes
from tests.shared_data import require_shared

ACR5 = ScaleLimits(1, 5, 5)
SLIDER = ScaleLimits(0, 100, 101)


def votes(
    score: Any, stimulus: Any, subject: Any, *, stimuli: int, subjects: int, **more: Any
) -> Votes:
    given = {"scale": ACR5, **more}
    return Votes.of(score, stimulus, subject, stimuli=stimuli, subjects=subjects, **given)


def sparse_panel(seed: int = 1, *, scale: ScaleLimits = ACR5) -> Votes:
    """Twelve images and seven subjects, about half of the votes there, and two weights."""
    generator = np.random.default_rng(seed)
    stimulus, subject = (item.ravel() for item in np.indices((12, 7)))
    there = generator.random(stimulus.size) < 0.5
    step = (scale.maximum - scale.minimum) / (scale.levels - 1)
    score = scale.minimum + step * generator.integers(0, scale.levels, stimulus.size)
    weight = np.where(subject == 3, 0.25, 1.0)
    return Votes.of(
        score[there],
        stimulus[there],
        subject[there],
        weight=weight[there],
        scale=scale,
        stimuli=12,
        subjects=7,
    )


def permuted(panel: Votes, order: Any) -> Votes:
    """The same votes, listed in another order."""
    names = ("score", "stimulus", "subject", "repetition", "weight")
    listed = {name: getattr(panel, name)[order] for name in names}
    return votes(**listed, scale=panel.scale, stimuli=panel.stimuli, subjects=panel.subjects)


def estimated(name: str, panel: Votes) -> Estimates:
    method = METHODS[name]
    return method.estimate(panel, method.parameters())


def golden(name: str) -> tuple[Votes, dict[str, Any]]:
    """A public test's votes, and what sureal 0.9.0 makes of them, by method."""
    rows = require_shared(f"golden/opinion/{name}.ratings.csv").read_text().splitlines()
    columns = np.array([list(map(float, row)) for row in csv.reader(rows[1:])]).T
    stimulus, subject, repetition, score = columns
    expected = json.loads(require_shared(f"golden/opinion/{name}.expected.json").read_text())
    panel = votes(
        score,
        stimulus,
        subject,
        repetition=repetition,
        stimuli=int(stimulus.max()) + 1,
        subjects=int(subject.max()) + 1,
    )
    return panel, expected
