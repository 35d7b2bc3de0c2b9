"""The input and output of acquisition strategies."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.registry import Entry


class Reads(StrEnum):
    """Which features of the candidates a strategy reads; the others are not computed."""

    NOTHING = "nothing"
    #: What the model does not know of each: inner products are posterior covariances, summed over
    #: perspectives.
    POSTERIOR = "posterior"
    #: The same, and exact however many numbers that takes: for strategies that add covariances of
    #: very many pairs up, over which the error of a projection would add up, too.
    COVARIANCE = "covariance"
    #: What each looks like to the backbone, whatever is known of it: standardised embeddings.
    EMBEDDING = "embedding"


@dataclass(frozen=True)
class Pool:
    """M predicted stimuli, C of which may be chosen, and T that people have rated.

    stimuli (M,): their keys.
    posterior_sd (M,): the standard deviation of each one's expected score on 0…1, which labels
    would reduce, as a root mean square over perspectives.
    candidates (C,): rows of those that may be chosen.
    features (C, F): of the candidates, what the strategy reads; F is 0 if it reads nothing.
    rated (T, F): the same of what has been rated; None if nothing has.
    odd (C,): candidates that look like nothing else (`odd`); None if it was not looked at.
    rating_variance: of one rating around what the last layer can say, summed over perspectives.
    """

    stimuli: NDArray[np.int64]
    posterior_sd: NDArray[np.float64]
    candidates: NDArray[np.intp]
    features: NDArray[np.floating]
    rated: NDArray[np.floating] | None = None
    odd: NDArray[np.bool_] | None = None
    rating_variance: float = 0.0

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
        if self.rated is not None and self.rated.shape[1:] != self.features.shape[1:]:
            raise ValueError(
                f"what is rated has features of shape {self.rated.shape}; it must be "
                f"(rated, {self.features.shape[1]})"
            )
        self._require_finite()

    def _require_finite(self) -> None:
        if not np.isfinite(self.posterior_sd).all():
            row = int(np.argmin(np.isfinite(self.posterior_sd)))
            raise ValueError(f"the posterior sd of stimulus {self.stimuli[row]} is not a number")
        if not np.isfinite(self.features).all():
            row = int(np.argmin(np.isfinite(self.features).all(axis=1)))
            key = self.stimuli[self.candidates[row]]
            raise ValueError(f"a feature of stimulus {key} is not a number")
        if self.rated is not None and not np.isfinite(self.rated).all():
            raise ValueError("a feature of a rated stimulus is not a number")

    def with_candidates(self, kept: NDArray[np.intp]) -> "Pool":
        """With those candidates alone, by their places among the candidates."""
        odd = None if self.odd is None else self.odd[kept]
        return replace(
            self, candidates=self.candidates[kept], features=self.features[kept], odd=odd
        )

    @property
    def order_of_keys(self) -> NDArray[np.intp]:
        """The candidates' places in the order of their keys, in which a strategy has to look at
        them: the order in which they are listed must not matter."""
        return self.stimuli[self.candidates].argsort(kind="stable")


class Strategy(Entry, Protocol):
    """One way to decide what comes first: one file of `strategies`, found by name.

    The same pool and seed give the same answer, in whatever order the stimuli are listed.
    """

    @property
    def label(self) -> str:
        """Its name for people: an English text, translated when it is shown."""

    @property
    def reads(self) -> Reads:
        """What `Pool.features` is to hold; computing it takes the model's files."""

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        """`count` of the candidates (all, if fewer) as rows of the pool, best first."""

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        """(M,): of the stimuli that are not chosen, the larger comes first."""


@dataclass(frozen=True)
class Ranking:
    """Priorities (M,) in 0…2, higher first, the rows that were chosen, best first, and the rows of
    candidates that look like nothing else, for the study's owner to look at.

    Chosen stimuli lie in 1…2 in the order of their choice, the rest in 0…1.
    """

    priorities: NDArray[np.float64]
    chosen: NDArray[np.intp]
    odd: NDArray[np.intp]
