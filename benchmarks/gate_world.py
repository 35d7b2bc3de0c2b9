"""Worlds in which it is known how well two versions order images: prompts, labels, predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelops.judging.gate import HeldOut

Floats = NDArray[np.float64]
#: Images of a prompt share this part of their scores' and of predictions' errors' variance.
_OF_PROMPT = 0.3
#: Of an image's true score on 0…1, and of one rating around it.
_SPREAD, _RATER_SD = 0.2, 0.17


@dataclass(frozen=True)
class World:
    """A champion whose true SRCC is `srcc` from each perspective, and a challenger that is truly
    better by `changes`, one for each perspective.

    shared: part of their errors' variance that both versions have in common. `steps`: a rating is
    on a scale of so many levels.
    """

    images: int
    changes: tuple[float, ...]
    srcc: float = 0.75
    shared: float = 0.7
    per_prompt: int = 4
    ratings: int = 3
    steps: int = 5

    @property
    def mean_change(self) -> float:
        return float(np.mean(self.changes))

    def draw(self, random: np.random.Generator) -> HeldOut:
        """One hold-out of it."""
        prompt = np.arange(self.images) // self.per_prompt
        parts = [self._perspective(random, prompt, change) for change in self.changes]
        mos, new, old, new_sd, old_sd = (
            np.stack(columns, axis=1) for columns in zip(*parts, strict=True)
        )
        names = [f"p{place}" for place in range(len(self.changes))]
        return HeldOut.of(names, mos, new, old, new_sd, old_sd, prompt)

    def _perspective(
        self, random: np.random.Generator, prompt: NDArray[np.int64], change: float
    ) -> Sequence[Floats]:
        truth, common, own, other = (_by_prompt(random, prompt) for _part in range(4))
        errors = [
            np.sqrt(self.shared) * common + np.sqrt(1 - self.shared) * it for it in (own, other)
        ]
        label, error = self._label(random, truth)
        found = []
        for aim, noise in zip((self.srcc + change, self.srcc), errors, strict=True):
            r = pearson_of(aim)
            # The best linear guess of the truth from what the version sees.
            found.append((0.5 + _SPREAD * r * (r * truth + np.sqrt(1 - r * r) * noise), r))
        sds = [np.hypot(_SPREAD * np.sqrt(1 - r * r), error) for _predicted, r in found]
        return [label, found[0][0], found[1][0], sds[0], sds[1]]

    def _label(self, random: np.random.Generator, truth: Floats) -> tuple[Floats, Floats]:
        """The mean of ratings on the scale, and its standard error, on 0…1."""
        top = self.steps - 1
        given = (
            0.5 + _SPREAD * truth[:, None] + random.normal(0, _RATER_SD, (truth.size, self.ratings))
        )
        label: Floats = (np.clip(np.rint(given * top), 0, top) / top).mean(axis=1)
        step = np.sqrt(1 / 12) / top
        return label, np.full(truth.size, np.hypot(_RATER_SD, step) / np.sqrt(self.ratings))


def pearson_of(srcc: float) -> float:
    """The correlation of a normal pair with this SRCC (Pearson 1907)."""
    return float(2 * np.sin(np.pi * srcc / 6))


def _by_prompt(random: np.random.Generator, prompt: NDArray[np.int64]) -> Floats:
    """Standard normal, (N,), a part of it shared by images of a prompt."""
    shared = random.normal(size=prompt.max() + 1)[prompt]
    own = random.normal(size=prompt.size)
    found: Floats = np.sqrt(_OF_PROMPT) * shared + np.sqrt(1 - _OF_PROMPT) * own
    return found
