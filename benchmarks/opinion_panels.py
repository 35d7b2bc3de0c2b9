"""Simulated panels of ratings for the benchmark of opinion scores; numpy alone, as they are made in
sureal's environment, too."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Panel:
    """R ratings on 1…5 of `stimuli` by `subjects`, each array (R,)."""

    score: NDArray[np.float64]
    stimulus: NDArray[np.int64]
    subject: NDArray[np.int64]
    stimuli: int
    subjects: int


def dense_panel(stimuli: int, subjects: int, seed: int = 1) -> Panel:
    """Everybody rates everything."""
    stimulus, subject = (item.ravel() for item in np.indices((stimuli, subjects), dtype=np.int64))
    return _panel(stimulus, subject, stimuli, subjects, seed)


def sparse_panel(stimuli: int, subjects: int, each: int, seed: int = 1) -> Panel:
    """Each stimulus is rated by `each` subjects; `subjects` is a multiple of it, and of `stimuli`
    times `each` a divisor."""
    generator = np.random.default_rng(seed)
    rounds = stimuli * each // subjects
    subject = np.concatenate([generator.permutation(subjects) for _ in range(rounds)])
    stimulus = np.repeat(np.arange(stimuli, dtype=np.int64), each)
    return _panel(stimulus, subject.astype(np.int64), stimuli, subjects, seed + 1)


def _panel(
    stimulus: NDArray[np.int64],
    subject: NDArray[np.int64],
    stimuli: int,
    subjects: int,
    seed: int,
) -> Panel:
    """Subjects have a bias and an inconsistency; they choose the nearest level."""
    generator = np.random.default_rng(seed)
    quality = generator.normal(3, 0.8, stimuli)
    bias = generator.normal(0, 0.3, subjects)
    spread = generator.uniform(0.4, 1.1, subjects)
    noise = generator.normal(size=stimulus.size) * spread[subject]
    score = np.clip(np.rint(quality[stimulus] + bias[subject] + noise), 1, 5)
    return Panel(score, stimulus, subject, stimuli, subjects)
