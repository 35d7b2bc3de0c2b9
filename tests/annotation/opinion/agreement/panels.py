"""Panels of published worked examples, and simulated ones."""

from typing import Any

import numpy as np

from annotation.opinion.methods import ScaleLimits, Votes
from tests.annotation.opinion.methods.panel import votes

#: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: observers A to D on
#: twelve units; 0 is missing.
FOUR_BY_TWELVE = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
#: Shrout and Fleiss (1979), table 2: six targets by four judges.
SIX_BY_FOUR = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
TEN = ScaleLimits(0, 10, 11)
WIDE = ScaleLimits(-1000, 1000, 2001)


def table(rows: Any, *, scale: ScaleLimits = TEN, missing: float | None = None) -> Votes:
    """Votes of a table with a row per stimulus and a column per subject."""
    score = np.array(rows, float)
    stimulus, subject = np.mgrid[: score.shape[0], : score.shape[1]]
    there = np.ones(score.shape, bool) if missing is None else score != missing
    return votes(
        score[there],
        stimulus[there],
        subject[there],
        stimuli=score.shape[0],
        subjects=score.shape[1],
        scale=scale,
    )


def krippendorffs() -> Votes:
    return table(np.transpose(FOUR_BY_TWELVE), missing=0)


def sparse_design(
    generator: np.random.Generator, *, stimuli: int, subjects: int, each: int
) -> tuple[Any, Any]:
    """Stimulus and subject of `each` votes per stimulus, subjects drawn, in mixed order."""
    stimulus = np.repeat(np.arange(stimuli), each)
    drawn = [generator.choice(subjects, each, replace=False) for _ in range(stimuli)]
    order = generator.permutation(stimulus.size)
    return stimulus[order], np.concatenate(drawn)[order]


def simulated(
    seed: int,
    *,
    stimuli: int = 120,
    subjects: int = 30,
    each: int = 5,
    sds: tuple[float, float, float] = (10, 3, 7),
) -> Votes:
    """Unbounded scores with the given standard deviations of stimulus, subject and residual."""
    generator = np.random.default_rng(seed)
    stimulus, subject = sparse_design(generator, stimuli=stimuli, subjects=subjects, each=each)
    score = (
        sds[0] * generator.normal(size=stimuli)[stimulus]
        + sds[1] * generator.normal(size=subjects)[subject]
        + sds[2] * generator.normal(size=stimulus.size)
    )
    return votes(score, stimulus, subject, stimuli=stimuli, subjects=subjects, scale=WIDE)
