"""The input and output of methods of opinion scores, and the registry of methods by name.

A method turns the votes of one perspective into one opinion score per stimulus and, if it has a
notion of them, one finding per subject. To add one: a file here that registers it in `METHODS`,
and the file's name in this package's `__init__`. Every entry meets the common tests in
`tests/annotation/opinion/methods`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.errors import MintError
from workbench.core.registry import Entry, Registry
from workbench.core.strict import strict_from_json

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Texts = NDArray[np.str_]

#: A scale with more levels is a slider: how often each was chosen says nothing.
MOST_COUNTED = 11


class OpinionError(MintError):
    """Votes or parameters from which no opinion score can be made, by name."""


@dataclass(frozen=True)
class ScaleLimits:
    """The end points of a scale, and how many different scores it has."""

    minimum: float
    maximum: float
    levels: int

    def __post_init__(self) -> None:
        if not (np.isfinite([self.minimum, self.maximum]).all() and self.minimum < self.maximum):
            raise OpinionError(f"a scale cannot go from {self.minimum} to {self.maximum}")
        if self.levels < 2:
            raise OpinionError(f"a scale of {self.levels} levels says nothing")

    @property
    def counted(self) -> bool:
        """Whether it has so few levels that the votes for each are counted."""
        return self.levels <= MOST_COUNTED

    def level_of(self, score: Floats) -> Integers:
        """The nearest level of each score, from 0; the shape of `score`."""
        step = (self.maximum - self.minimum) / (self.levels - 1)
        level: Integers = np.rint((score - self.minimum) / step).astype(np.int64)
        return level


@dataclass(frozen=True)
class Votes:
    """The R votes of one perspective: of S stimuli, by U subjects, on one scale."""

    #: On the scale; (R,).
    score: Floats
    #: Of which stimulus, by which subject: places in 0…S − 1 and 0…U − 1; (R,).
    stimulus: Integers
    subject: Integers
    #: Counts this subject's votes on this stimulus, from 0; (R,).
    repetition: Integers
    #: How much each counts, above 0; (R,).
    weight: Floats
    scale: ScaleLimits
    stimuli: int
    subjects: int

    @classmethod
    def of(
        cls,
        score: ArrayLike,
        stimulus: ArrayLike,
        subject: ArrayLike,
        *,
        scale: ScaleLimits,
        stimuli: int,
        subjects: int,
        repetition: ArrayLike | None = None,
        weight: ArrayLike | None = None,
    ) -> Self:
        """From anything array-like; without `repetition` all are first votes, without `weight` all
        weigh 1. Raises OpinionError naming the first vote that cannot be one."""
        values = np.asarray(score, dtype=np.float64).reshape(-1)
        votes = cls(
            values,
            np.asarray(stimulus, dtype=np.int64).reshape(-1),
            np.asarray(subject, dtype=np.int64).reshape(-1),
            np.zeros(values.size, np.int64)
            if repetition is None
            else np.asarray(repetition, dtype=np.int64).reshape(-1),
            np.ones_like(values)
            if weight is None
            else np.asarray(weight, dtype=np.float64).reshape(-1),
            scale,
            stimuli,
            subjects,
        )
        votes.check()
        return votes

    def check(self) -> None:
        """Raises OpinionError naming the first vote that cannot be one."""
        for name in ("stimulus", "subject", "repetition", "weight"):
            if getattr(self, name).shape != self.score.shape:
                raise OpinionError(
                    f"{self.score.size} scores, but {name} has the shape "
                    f"{getattr(self, name).shape}; give one per score"
                )
        scale = self.scale
        inside = (self.score >= scale.minimum) & (self.score <= scale.maximum)
        _refuse(~np.isfinite(self.score), self.score, "score {at} is {value}, no finite number")
        _refuse(
            ~inside,
            self.score,
            f"score {{at}} is {{value}}, outside {scale.minimum:g}…{scale.maximum:g}",
        )
        usable = np.isfinite(self.weight) & (self.weight > 0)
        _refuse(~usable, self.weight, "weight {at} is {value}, not a finite number above 0")
        for name, size in (("stimulus", self.stimuli), ("subject", self.subjects)):
            places = getattr(self, name)
            outside = (places < 0) | (places >= size)
            _refuse(outside, places, f"{name} {{at}} is {{value}}, outside 0…{size - 1}")
        _refuse(self.repetition < 0, self.repetition, "repetition {at} is {value}, below 0")

    def counts(self) -> Integers | None:
        """How often each level was chosen, unweighted, (S, levels); None on a slider."""
        if not self.scale.counted:
            return None
        levels = self.scale.levels
        cells = self.stimulus * levels + self.scale.level_of(self.score)
        return np.bincount(cells, minlength=self.stimuli * levels).reshape(self.stimuli, levels)


def _refuse(wrong: NDArray[np.bool_], values: NDArray[Any], message: str) -> None:
    if wrong.any():
        at = int(np.argmax(wrong))
        raise OpinionError(message.format(at=at, value=values[at]))


@dataclass(frozen=True)
class Estimates:
    """What a method says about S stimuli, and about U subjects if it has a notion of them.

    All on the scale of the votes. NaN if something is not known: everything about a stimulus
    without a vote, and spread and interval of one with a single vote.
    """

    #: (S,): the opinion score, its standard error, and the ends of its 95 % interval.
    value: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    #: (S,): sample standard deviation (n − 1) of the votes behind it, and their number.
    sd: Floats
    n: Integers
    #: (S, levels): votes per level; None on a slider.
    counts: Integers | None
    #: (U,): by how much a subject votes higher than the others, and how much their votes scatter.
    bias: Floats
    inconsistency: Floats
    #: (U,): a `protocol.verdicts.Verdict` each, and why.
    verdict: Texts
    reason: Texts


def without_subjects(subjects: int) -> dict[str, Any]:
    """The fields of `Estimates` about subjects, for a method that says nothing about them."""
    unknown = np.full(subjects, np.nan)
    silent = np.full(subjects, "", dtype=np.str_)
    return {"bias": unknown, "inconsistency": unknown, "verdict": silent, "reason": silent}


@dataclass(frozen=True)
class NoParameters:
    """The parameters of a method that has none."""


class Method(Entry, Protocol):
    """One way to make opinion scores, without state."""

    @property
    def label(self) -> str:
        """Its name for people: an English text, translated when it is shown."""

    @property
    def parameters(self) -> type[Any]:
        """A frozen dataclass; its defaults are the method's."""

    def estimate(self, votes: Votes, parameters: Any) -> Estimates:
        """The opinion scores of all stimuli, in their order. Deterministic."""


METHODS = Registry[Method]("method of opinion scores")


def parse_parameters(method: Method, given: Mapping[str, Any]) -> Any:
    """The method's parameters, its defaults if not given; OpinionError names one that is unknown or
    of another type."""
    place = f"parameters of “{method.name}”"
    return strict_from_json(method.parameters, given, place, OpinionError)


def parameters_json(parameters: Any) -> dict[str, Any]:
    """As a release keeps them."""
    return asdict(parameters)
