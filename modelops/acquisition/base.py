"""The input and output of acquisition strategies."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.registry import Entry

#: Beyond this many candidates a strategy that reads features sees a random subset: the selection is
#: a sketch of the pool, and its cost is candidates × selected × features.
MAXIMUM_CANDIDATES = 20_000


@dataclass(frozen=True)
class Pool:
    """M predicted stimuli, C of which may be chosen.

    stimuli (M,): their keys.
    posterior_sd (M,): the standard deviation of each one's expected score on 0…1, which labels
    would reduce, as a root mean square over perspectives.
    candidates (C,): rows of those that may be chosen.
    features (C, F): posterior features of the candidates, whose inner products are posterior
    covariances, summed over perspectives; F is 0 if the strategy does not read them.
    """

    stimuli: NDArray[np.int64]
    posterior_sd: NDArray[np.float64]
    candidates: NDArray[np.intp]
    features: NDArray[np.floating]

    def __post_init__(self) -> None:
        if self.stimuli.shape != self.posterior_sd.shape or self.stimuli.ndim != 1:
            raise ValueError(
                f"a pool of {self.stimuli.shape} stimuli has {self.posterior_sd.shape} standard "
                "deviations; both must be (stimuli,)"
            )
        if len(self.features) != len(self.candidates) or self.features.ndim != 2:
            raise ValueError(
                f"{len(self.candidates)} candidates have features of shape {self.features.shape}; "
                "it must be (candidates, features)"
            )
        if not np.isfinite(self.posterior_sd).all():
            row = int(np.argmin(np.isfinite(self.posterior_sd)))
            raise ValueError(f"the posterior sd of stimulus {self.stimuli[row]} is not a number")
        if not np.isfinite(self.features).all():
            row = int(np.argmin(np.isfinite(self.features).all(axis=1)))
            key = self.stimuli[self.candidates[row]]
            raise ValueError(f"a feature of stimulus {key} is not a number")


class Strategy(Entry, Protocol):
    """One way to decide what comes first. The same pool and seed give the same answer, in whatever
    order the stimuli are listed."""

    @property
    def label(self) -> str:
        """Its name for people: an English text, translated when it is shown."""

    @property
    def reads_features(self) -> bool:
        """Whether `Pool.features` is read; computing it takes the model's files."""

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        """`count` of the candidates (all, if fewer) as rows of the pool, best first."""

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        """(M,): of the stimuli that are not chosen, the larger comes first."""


@dataclass(frozen=True)
class Ranking:
    """Priorities (M,) in 0…2, higher first, and the rows that were chosen, best first.

    Chosen stimuli lie in 1…2 in the order of their choice, the rest in 0…1.
    """

    priorities: NDArray[np.float64]
    chosen: NDArray[np.intp]


def rank(strategy: Strategy, pool: Pool, count: int, seed: int) -> Ranking:
    """Priorities of a pool by a strategy, which chooses `count` of its candidates."""
    chosen = strategy.choose(pool, count, seed)
    # The place among all, not the value: a few extreme images must not flatten the others.
    places = strategy.order(pool, seed).argsort(kind="stable").argsort(kind="stable")
    priorities = places / max(1, len(pool.stimuli))
    priorities[chosen] = 2 - np.arange(len(chosen)) / max(1, len(chosen))
    return Ranking(priorities, chosen)


def draw_candidates(
    eligible: NDArray[np.bool_], seed: int, most: int | None = None
) -> NDArray[np.intp]:
    """Rows of the eligible stimuli, or of `most` random ones of them (default: all)."""
    candidates = np.flatnonzero(eligible)
    if most is None or len(candidates) <= most:
        return candidates
    drawn = np.random.default_rng(seed).choice(candidates, most, replace=False)
    return np.sort(drawn)
