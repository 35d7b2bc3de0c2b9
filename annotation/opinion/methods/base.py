"""The input and output of methods of opinion scores, and the registry of methods by name.

A method turns the votes of one perspective into one opinion score per stimulus and, if it has a
notion of them, one finding per subject. To add one: a file here that registers it in `METHODS`,
and the file's name in this package's `__init__`. Every entry meets the common tests in
`tests/annotation/opinion/methods`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Protocol, Self, runtime_checkable

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
#: How long a scale can be: fourth powers of differences are taken, which floats have to hold.
_SHORTEST, _LONGEST = 1e-50, 1e50


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
        if not _SHORTEST <= self.maximum - self.minimum <= _LONGEST:
            raise OpinionError(
                f"a scale from {self.minimum:g} to {self.maximum:g} cannot be computed with; its "
                f"ends must be {_SHORTEST:g} to {_LONGEST:g} apart"
            )
        if self.levels < 2:
            raise OpinionError(f"a scale of {self.levels} levels says nothing")

    @property
    def ends(self) -> tuple[float, float]:
        return self.minimum, self.maximum

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
        """From anything array-like; without `repetition` a subject's votes on a stimulus count in
        the order given, without `weight` all weigh 1. Raises OpinionError naming the first vote
        that cannot be one, or that is there twice."""
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
        if repetition is None:
            return replace(votes, repetition=_numbered(votes.pairs()))
        votes.check_repetitions()
        return votes

    def pairs(self) -> Integers:
        """One number for each stimulus with a subject; (R,)."""
        return self.stimulus * self.subjects + self.subject

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

    def check_repetitions(self) -> None:
        """Raises OpinionError naming a vote that is there twice."""
        tops = int(self.repetition.max(initial=0)) + 1
        cells = self.pairs() * tops + self.repetition
        ordered = np.sort(cells)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if twice.size:
            pair, repetition = divmod(int(twice[0]), tops)
            stimulus, subject = divmod(pair, self.subjects)
            raise OpinionError(
                f"subject {subject} votes twice on stimulus {stimulus} as repetition {repetition}"
            )

    def kept(self, mask: NDArray[np.bool_]) -> Self:
        """Only the votes of this mask, (R,), of the same stimuli and subjects."""
        names = ("score", "stimulus", "subject", "repetition", "weight")
        return replace(self, **{name: getattr(self, name)[mask] for name in names})

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


def _numbered(pairs: Integers) -> Integers:
    """Counts equal numbers from 0, in their order; (R,)."""
    numbers = np.zeros_like(pairs)
    ordered = np.sort(pairs)
    if (ordered[1:] != ordered[:-1]).all():
        return numbers
    order = np.argsort(pairs, kind="stable")
    ordered = pairs[order]
    places = np.arange(pairs.size)
    first = np.append(True, ordered[1:] != ordered[:-1])
    numbers[order] = places - np.maximum.accumulate(np.where(first, places, 0))
    return numbers


@dataclass(frozen=True)
class Subjects:
    """What a method says about U subjects; NaN and "" if it says nothing."""

    #: (U,): by how much a subject votes higher than the others, and how much their votes scatter;
    #: on the scale of the votes.
    bias: Floats
    inconsistency: Floats
    #: (U,): a `protocol.verdicts.Verdict` each, and why.
    verdict: Texts
    reason: Texts


def without_subjects(subjects: int) -> Subjects:
    """For a method that says nothing about them."""
    unknown = np.full(subjects, np.nan)
    silent = np.full(subjects, "", dtype=np.str_)
    return Subjects(unknown, unknown, silent, silent)


@dataclass(frozen=True)
class Estimates:
    """What a method says about S stimuli, and about U subjects if it has a notion of them.

    Values, errors, intervals and spreads are on the scale that `Method.limits` names. NaN if
    something is not known: everything about a stimulus without a vote, the spread of a single vote.
    """

    #: (S,): the opinion score, its standard error, and the ends of its 95 % interval, which stays
    #: inside the limits and has a width above 0 if there is a vote (see `intervals`). Only a value
    #: that its method lets leave the limits is outside its interval.
    value: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    #: (S,): sample standard deviation (n − 1) of the scores behind it, and their number.
    sd: Floats
    n: Integers
    #: (S,): the plain (weighted) mean of all votes, on their own scale, whatever the method makes
    #: of them.
    mean: Floats
    #: (S, levels): votes behind it per level; None on a slider.
    counts: Integers | None
    subjects: Subjects
    #: (S,): the standard deviation that a stimulus itself adds to its votes, if a method models it.
    ambiguity: Floats | None = None
    #: What there is to say of the whole: English texts, translated when they are shown.
    notes: tuple[str, ...] = ()
    #: The numbers that all stimuli share, by name: with `subjects` what `Rescoring` needs.
    common: Mapping[str, float] = field(default_factory=dict)

    def arrays(self) -> Iterator[NDArray[Any]]:
        """All of them, in a fixed order."""
        for part in (self, self.subjects):
            found = (getattr(part, item.name) for item in fields(part))
            yield from (item for item in found if isinstance(item, np.ndarray))


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

    def limits(self, scale: ScaleLimits, parameters: Any) -> tuple[float, float]:
        """The ends of the scale that the values are on, both finite. For most that of the votes;
        labels come to 0…1 by it."""

    def estimate(self, votes: Votes, parameters: Any) -> Estimates:
        """The opinion scores of all stimuli, in their order. Deterministic."""


@runtime_checkable
class Rescoring(Method, Protocol):
    """A method that can bring some stimuli up to date without a look at the others."""

    def rescore(
        self, votes: Votes, parameters: Any, subjects: Subjects, common: Mapping[str, float]
    ) -> Estimates:
        """The scores of the stimuli of `votes`, which are all votes on them, as the last full fit
        found the U subjects (NaN: a subject that it did not know) and `common`.

        A stimulus that has not changed since that fit gets the same numbers. The subjects are
        handed on as they are.
        """


METHODS = Registry[Method]("method of opinion scores")


def parse_parameters(method: Method, given: Mapping[str, Any]) -> Any:
    """The method's parameters, its defaults if not given; OpinionError names one that is unknown or
    of another type."""
    place = f"parameters of “{method.name}”"
    return strict_from_json(method.parameters, given, place, OpinionError)


def parameters_json(parameters: Any) -> dict[str, Any]:
    """As a release keeps them."""
    return asdict(parameters)
