"""How reliable one rater is: repeats, gold images, attention checks, pace, absences and
straight-lining.

Scores are given as (T, P) arrays, a row per trial and a column per perspective, with NaN if a
trial did not ask (a pass over one perspective). Differences and variances are answered in *levels*:
a fourth of the scale's range, which on five-level ACR is one category. So the figures of the P.910
crowdsourcing toolkit (github.com/microsoft/P.910; Naderi and Cutler, arXiv 2204.06784), which are
made for five levels, hold on sliders and 11 levels too, and perspectives may have scales of their
own. Results are never NaN: what is not defined is None.

`inter_rater` compares raters with each other; `judging` holds all of it against a study's rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...protocol.reliability_rules import AWAY_SECONDS, GOLD_TOLERANCE, MINIMUM_SECONDS
from ...protocol.scales import Scale
from ..correlation import Floats, grouped_pearson, number, pooled_pearson

#: The range of a five-level scale, in levels.
LEVELS = 4.0
#: An instructed score may be missed by up to so many levels. That is less than a step of 5 or 11
#: categories, where only the score itself is right; on a slider nobody hits the hundredth.
INSTRUCTED_TOLERANCE = 0.25
#: Floats that differ by less are equal but for rounding.
_EQUAL = 1e-9


@dataclass(frozen=True)
class RepeatAgreement:
    """How far a rater's second scores agree with the first."""

    #: None below three pairs, or if the first or the second scores are all the same.
    pearson: float | None
    #: Levels; None without a pair.
    mean_absolute_difference: float | None
    n: int


@dataclass(frozen=True)
class Retest:
    """Test–retest reliability: over all perspectives, and of each in the order of columns."""

    overall: RepeatAgreement
    perspectives: tuple[RepeatAgreement, ...]


@dataclass(frozen=True)
class GoldAnswers:
    """Scores of gold images that lay within the expected range, of `n` that had one."""

    within: int
    n: int

    @property
    def failures(self) -> int:
        return self.n - self.within

    @property
    def share(self) -> float | None:
        """None without an expected score."""
        return self.within / self.n if self.n else None


@dataclass(frozen=True)
class AttentionChecks:
    """Trials with an instructed score: how many were answered as told."""

    passed: int
    failed: int

    @property
    def n(self) -> int:
        return self.passed + self.failed


@dataclass(frozen=True)
class Pace:
    """How long images were on screen before they were answered."""

    #: Share of trials below the minimum, and median seconds; None without a trial.
    too_fast: float | None
    median_seconds: float | None
    n: int


@dataclass(frozen=True)
class Absences:
    """How often the page was left for long before an image was answered."""

    #: Share of trials; None without a trial.
    long: float | None
    n: int


@dataclass(frozen=True)
class StraightLining:
    """Whether the scores tell images, and perspectives, apart at all."""

    #: Sample variance in squared levels of each perspective's scores; None below two scores.
    variances: tuple[float | None, ...]
    #: Scores behind each variance.
    counts: tuple[int, ...]
    #: Share of trials whose perspectives all got the same score, of `identical_of` trials that
    #: asked for two at least; None without such a trial.
    identical: float | None
    identical_of: int


def retest(first: ArrayLike, second: ArrayLike, scales: Sequence[Scale]) -> Retest:
    """Test–retest reliability from hidden repeats.

    first, second (T, P): a row per repeat, the scores of the first and of the later showing.
    `overall.pearson` is of deviations from each perspective's own mean: a rater who finds all
    images sharp and none authentic does not thereby agree with themselves.

    Raises ValueError if shapes differ or a score is infinite.
    """
    one, two = _levels(first, scales), _levels(second, scales)
    _same_shape(one, two, "first and second scores")
    asked = ~np.isnan(one) & ~np.isnan(two)
    perspective = np.nonzero(asked)[1]
    x, y = one[asked], two[asked]
    size = len(scales)
    n = np.bincount(perspective, minlength=size)
    differences = np.bincount(perspective, np.abs(x - y), size)
    pearson = grouped_pearson(x, y, perspective, size)
    return Retest(
        RepeatAgreement(
            pooled_pearson(x, y, perspective, size),
            _quotient(float(differences.sum()), x.size),
            x.size,
        ),
        tuple(
            RepeatAgreement(
                number(pearson[k]), _quotient(float(differences[k]), int(n[k])), int(n[k])
            )
            for k in range(size)
        ),
    )


def gold_answers(
    scores: ArrayLike,
    lowest: ArrayLike,
    highest: ArrayLike,
    scales: Sequence[Scale],
    *,
    tolerance: float = GOLD_TOLERANCE,
) -> GoldAnswers:
    """Scores of gold images against what is expected.

    scores, lowest, highest (T, P), on the scales; NaN in `lowest` or `highest` if nothing is
    expected of a perspective. One right answer is a range whose ends are equal. `tolerance` in
    levels, on both sides.

    Raises ValueError if shapes differ, a number is infinite or a range ends before it begins.
    """
    given, low, high = (_levels(part, scales) for part in (scores, lowest, highest))
    _same_shape(given, low, "scores and lowest")
    _same_shape(given, high, "scores and highest")
    if (low > high).any():
        row, column = np.argwhere(low > high)[0]
        raise ValueError(f"gold {row}, perspective {column}: the expected range is upside down")
    asked = ~np.isnan(given) & ~np.isnan(low) & ~np.isnan(high)
    margin = tolerance + _EQUAL
    within = asked & (given >= low - margin) & (given <= high + margin)
    return GoldAnswers(int(within.sum()), int(asked.sum()))


def attention_checks(
    scores: ArrayLike, instructed: ArrayLike, scales: Sequence[Scale]
) -> AttentionChecks:
    """Trials that say which score to give (the toolkit's trapping questions).

    scores, instructed (T, P), on the scales; NaN in `instructed` if a perspective was free. A
    trial passes when all its instructed scores were met, fails when one was not or was left out,
    and does not count when it instructed none.

    Raises ValueError if shapes differ or a number is infinite.
    """
    given, told = _levels(scores, scales), _levels(instructed, scales)
    _same_shape(given, told, "scores and instructed scores")
    asked = ~np.isnan(told)
    # A comparison with NaN is false: a score left out is not met.
    met = np.abs(given - told) <= INSTRUCTED_TOLERANCE
    checks = asked.any(axis=1)
    passed = checks & (met | ~asked).all(axis=1)
    return AttentionChecks(int(passed.sum()), int(checks.sum() - passed.sum()))


def pace(seconds: ArrayLike, *, minimum: float = MINIMUM_SECONDS) -> Pace:
    """Share of trials answered too fast, and the median.

    seconds (T,): from the decoded image on screen to the submitted answer; NaN if the page
    could not measure it. Too fast is less than `minimum` seconds.

    Raises ValueError if a time is negative or infinite.
    """
    times = _known_times(seconds, "on screen")
    if not times.size:
        return Pace(None, None, 0)
    return Pace(float(np.mean(times < minimum)), float(np.median(times)), times.size)


def absences(seconds: ArrayLike, *, longest: float = AWAY_SECONDS) -> Absences:
    """Share of trials during which the page was left for more than `longest` seconds.

    seconds (T,): while the page was hidden or another window had the focus, all absences of a trial
    together; NaN if the page did not tell.

    Raises ValueError if a time is negative or infinite.
    """
    times = _known_times(seconds, "away")
    return Absences(_quotient(float(np.sum(times > longest)), times.size), times.size)


def _known_times(seconds: ArrayLike, where: str) -> Floats:
    times = np.asarray(seconds, dtype=np.float64).reshape(-1)
    times = times[~np.isnan(times)]
    if not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError(f"a time {where} is negative or infinite")
    return times


def straight_lining(scores: ArrayLike, scales: Sequence[Scale]) -> StraightLining:
    """Whether a rater gives the same score whatever is shown or asked.

    scores (T, P): the main trials of a session. As in the toolkit (`check_variance`), the variance
    is that of a sample (n − 1) and leaves gold images and attention checks out: their range is the
    study's doing.

    Raises ValueError if the shape does not fit the scales or a score is infinite.
    """
    levels = _levels(scores, scales)
    asked = ~np.isnan(levels)
    columns = [levels[asked[:, k], k] for k in range(len(scales))]
    several = asked.sum(axis=1) > 1
    identical = _row_range(levels[several]) <= _EQUAL
    return StraightLining(
        tuple(float(np.var(one, ddof=1)) if one.size > 1 else None for one in columns),
        tuple(one.size for one in columns),
        _quotient(float(identical.sum()), identical.size),
        identical.size,
    )


def _levels(scores: ArrayLike, scales: Sequence[Scale]) -> Floats:
    """(T, P) scores in levels above their scale's minimum; NaN stays."""
    values = np.asarray(scores, dtype=np.float64)
    if values.size == 0:
        values = values.reshape(0, len(scales))
    if values.ndim != 2 or values.shape[1] != len(scales):
        raise ValueError(f"scores have the shape {values.shape}; {len(scales)} scales need columns")
    if np.isinf(values).any():
        raise ValueError(
            f"the scores of row {int(np.argwhere(np.isinf(values))[0][0])} are infinite"
        )
    least = np.array([scale.minimum for scale in scales])
    extent = np.array([scale.maximum - scale.minimum for scale in scales])
    levels: Floats = (values - least) / extent * LEVELS
    return levels


def _same_shape(one: Floats, two: Floats, names: str) -> None:
    if one.shape != two.shape:
        raise ValueError(
            f"{names} have the shapes {one.shape} and {two.shape}; give a row for each"
        )


def _row_range(rows: Floats) -> Floats:
    """Largest minus least of each row, NaN aside; (T,)."""
    if not rows.size:
        return np.empty(0)
    spread: Floats = np.nanmax(rows, axis=1) - np.nanmin(rows, axis=1)
    return spread


def _quotient(total: float, n: int) -> float | None:
    return total / n if n else None
