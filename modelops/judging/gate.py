"""The gate: whether a challenger may take the champion's place, by the hold-out that both predict.

A difference of rank correlations on a few hundred images is mostly noise: with 72 images a model
that is truly worse by .04 looks as good in every third comparison. So the challenger has to show
that it is not worse: the lower end of the 95 % interval of its mean ΔSRCC, by a bootstrap of whole
prompts in which both versions meet the same draws (Efron and Tibshirani 1993, section 8; Davison
and Hinkley 1997, section 3.8), must lie above a small loss. `benchmarks/gate.py` shows how often
this is wrong in worlds whose truth is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from annotation.opinion.comparison.bootstrap import (
    DRAWS,
    ClusterDraws,
    Measure,
    pearson_draws,
    spearman_draws,
)
from annotation.opinion.comparison.measures import srcc
from annotation.opinion.correlation import Floats, Integers

from ..learning.evaluation import RANKED_AGAIN
from .errors import JudgingError

#: The loss of mean SRCC that a newer version may have at worst.
MEAN_TOLERANCE = 0.005
#: The measured loss that no single perspective may exceed.
PERSPECTIVE_TOLERANCE = 0.01
#: On fewer labelled hold-out images nothing is decided without a person.
FEWEST_IMAGES = 150
#: How many labels an interval of this nominal share should hold, and how far from that is fine.
NOMINAL, COVERAGE_TOLERANCE = 0.9, 0.03
#: Half of an interval that holds 90 % of a normal variable, in standard deviations.
_NORMAL_90 = 1.644854
#: Verdicts that a process keeps.
_KEPT = 256


class Outcome(StrEnum):
    """What the gate says. ASK: the hold-out cannot tell, and a person has to decide."""

    PROMOTE = "promote"
    KEEP = "keep"
    ASK = "ask"


class Reason(StrEnum):
    """Why a version is not simply promoted."""

    #: Fewer than `FEWEST_IMAGES` labelled images, too few prompts for an interval, or a perspective
    #: whose labels or predictions are all alike.
    FEW_IMAGES = "few_images"
    FEW_PROMPTS = "few_prompts"
    NO_SPREAD = "no_spread"
    #: The whole interval of the mean ΔSRCC is below the tolerance; or only its lower end is.
    MEAN_WORSE = "mean_worse"
    MEAN_UNSURE = "mean_unsure"
    PERSPECTIVE_WORSE = "perspective_worse"
    CALIBRATION_WORSE = "calibration_worse"


_CANNOT_TELL = {Reason.FEW_IMAGES, Reason.FEW_PROMPTS, Reason.NO_SPREAD}
#: Rows of a matrix as they are kept.
_Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class HeldOut:
    """N hold-out images that both versions have predicted, from P perspectives.

    mos: labels, NaN where there is none. challenger, champion: what each expects. The two `_sd`:
    of label less prediction, as each version states it. prompt: (N,), the prompt of each image.
    """

    perspectives: tuple[str, ...]
    mos: _Rows
    challenger: _Rows
    champion: _Rows
    challenger_sd: _Rows
    champion_sd: _Rows
    prompt: tuple[int, ...]

    @classmethod
    def of(
        cls,
        perspectives: Sequence[str],
        mos: ArrayLike,
        challenger: ArrayLike,
        champion: ArrayLike,
        challenger_sd: ArrayLike,
        champion_sd: ArrayLike,
        prompt: ArrayLike,
    ) -> "HeldOut":
        """From (N, P) arrays and prompts by any numbers or names (N,). Raises JudgingError naming
        an array of another shape, and a prediction or deviation that is not a finite number."""
        clusters = np.unique(np.asarray(prompt).reshape(-1), return_inverse=True)[1]
        shape = (clusters.size, len(perspectives))
        tables = {
            "mos": mos,
            "challenger": challenger,
            "champion": champion,
            "challenger_sd": challenger_sd,
            "champion_sd": champion_sd,
        }
        rows = {name: _rows(name, values, shape) for name, values in tables.items()}
        return cls(tuple(perspectives), prompt=tuple(clusters.tolist()), **rows)

    def labelled(self, place: int) -> Integers:
        """Which images have a label from the perspective at `place`."""
        return np.flatnonzero(np.isfinite(np.array(self.mos).reshape(-1, self.width)[:, place]))

    @property
    def width(self) -> int:
        return len(self.perspectives)


@dataclass(frozen=True)
class PerspectiveChange:
    """One perspective: challenger less champion. None: not defined on these images.

    covered, champion_covered: the share of labels within each one's 90 % intervals.
    """

    perspective: str
    images: int
    change: Measure | None
    covered: Measure | None
    champion_covered: float | None

    @property
    def is_worse(self) -> bool:
        return self.change is not None and self.change.value < -PERSPECTIVE_TOLERANCE

    @property
    def is_miscalibrated(self) -> bool:
        """Whether its intervals surely hold too few or too many labels, and clearly fewer or more
        than the champion's: keeping that one would not help otherwise."""
        found, before = self.covered, self.champion_covered
        if found is None or before is None or found.low is None or found.high is None:
            return False
        low, high = NOMINAL - COVERAGE_TOLERANCE, NOMINAL + COVERAGE_TOLERANCE
        further = abs(found.value - NOMINAL) - abs(before - NOMINAL)
        return (found.high < low or found.low > high) and further > COVERAGE_TOLERANCE


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a challenger, and by which numbers."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    #: Labelled from the perspective that has the fewest.
    images: int
    prompts: int
    #: Of the mean over perspectives; None if no perspective has one.
    change: Measure | None
    perspectives: tuple[PerspectiveChange, ...]


@lru_cache(_KEPT)
def judge(held_out: HeldOut, *, fewest: int = FEWEST_IMAGES, draws: int = DRAWS) -> Verdict:
    """The challenger against the champion, by `draws` draws of prompts; on fewer than `fewest`
    images it asks. Equal input gives equal verdicts: the draws are seeded.
    """
    sample = ClusterDraws(np.array(held_out.prompt, dtype=np.int64), draws)
    found, drawn = [], []
    for place, name in enumerate(held_out.perspectives):
        part, own = _perspective(held_out, sample, place, name)
        found.append(part)
        drawn.append(own)
    change = _mean_change(sample, found, drawn)
    images = min((part.images for part in found), default=0)
    reasons = _reasons(images, fewest, found, change)
    return Verdict(_outcome(reasons), reasons, images, sample.size, change, tuple(found))


def _rows(name: str, values: ArrayLike, shape: tuple[int, int]) -> _Rows:
    found = np.asarray(values, dtype=np.float64)
    if found.shape != shape:
        raise JudgingError(f"{name} is {found.shape}, not {shape}: one row per image")
    usable = np.isfinite(found) if name != "mos" else ~np.isinf(found)
    if not usable.all():
        row = int(np.argmin(usable.all(axis=1)))
        raise JudgingError(f"{name} of image {row} is not a finite number")
    return tuple(map(tuple, found.tolist()))


def _column(rows: _Rows, place: int, kept: Integers) -> Floats:
    return np.array([rows[row][place] for row in kept], dtype=np.float64)


def _perspective(
    held_out: HeldOut, draws: ClusterDraws, place: int, name: str
) -> tuple[PerspectiveChange, Floats]:
    """What is found, and ΔSRCC in each draw, NaN throughout if it is not defined."""
    kept = held_out.labelled(place)
    mos = _column(held_out.mos, place, kept)
    new, old = (_column(it, place, kept) for it in (held_out.challenger, held_out.champion))
    before, after = srcc(old, mos), srcc(new, mos)
    drawn = np.full(draws.draws, np.nan)
    change = None
    if before is not None and after is not None:
        drawn = _srcc_draws(draws, new, mos, kept) - _srcc_draws(draws, old, mos, kept)
        change = draws.interval(after - before, drawn)
    sds = (_column(it, place, kept) for it in (held_out.challenger_sd, held_out.champion_sd))
    within, within_before = (_covers(mos, at, sd) for at, sd in zip((new, old), sds, strict=True))
    found = PerspectiveChange(
        name,
        kept.size,
        change,
        _share(draws, within, kept),
        float(within_before.mean()) if kept.size else None,
    )
    return found, drawn


def _covers(mos: Floats, expected: Floats, sd: Floats) -> Floats:
    """1 for each label within the interval that should hold 90 % of them, else 0."""
    return (np.abs(mos - expected) <= _NORMAL_90 * sd).astype(np.float64)


def _srcc_draws(draws: ClusterDraws, x: Floats, y: Floats, kept: Integers) -> Floats:
    if kept.size <= RANKED_AGAIN:
        places = np.zeros(draws.cluster.size)
        first, second = places.copy(), places.copy()
        first[kept], second[kept] = x, y
        return spearman_draws(draws, first, second, kept)
    # Ranking again in each draw would take minutes.
    own = _Part(draws, kept)
    return pearson_draws(own, rankdata(x), rankdata(y))


class _Part(ClusterDraws):
    """The same draws of prompts, looked at through some of the images."""

    def __init__(self, draws: ClusterDraws, kept: Integers) -> None:
        self.cluster, self.size = draws.cluster[kept], draws.size
        self.draws, self.seed = draws.draws, draws.seed


def _share(draws: ClusterDraws, within: Floats, kept: Integers) -> Measure | None:
    if not kept.size:
        return None
    held, count = _Part(draws, kept).sums(np.stack([within, np.ones_like(within)], axis=1)).T
    with np.errstate(invalid="ignore"):
        return draws.interval(float(within.mean()), held / count)


def _mean_change(
    draws: ClusterDraws, found: Sequence[PerspectiveChange], drawn: Sequence[Floats]
) -> Measure | None:
    known = [place for place, part in enumerate(found) if part.change is not None]
    values = [part.change.value for part in found if part.change is not None]
    if not known:
        return None
    # A draw in which one perspective is not defined says nothing of the mean.
    return draws.interval(float(np.mean(values)), np.mean([drawn[it] for it in known], axis=0))


def _reasons(
    images: int, fewest: int, found: Sequence[PerspectiveChange], change: Measure | None
) -> tuple[Reason, ...]:
    """What cannot be told comes first: then the rest would be no more than chance."""
    return tuple(_unknown(images, fewest, found, change)) or tuple(_against(found, change))


def _unknown(
    images: int, fewest: int, found: Sequence[PerspectiveChange], change: Measure | None
) -> Iterator[Reason]:
    if images < fewest:
        yield Reason.FEW_IMAGES
    if any(part.change is None for part in found) or change is None:
        yield Reason.NO_SPREAD
    elif change.low is None:
        yield Reason.FEW_PROMPTS


def _against(found: Sequence[PerspectiveChange], change: Measure | None) -> Iterator[Reason]:
    low, high = (change.low, change.high) if change else (None, None)
    if high is not None and high < -MEAN_TOLERANCE:
        yield Reason.MEAN_WORSE
    elif low is not None and low <= -MEAN_TOLERANCE:
        yield Reason.MEAN_UNSURE
    if any(part.is_worse for part in found):
        yield Reason.PERSPECTIVE_WORSE
    if any(part.is_miscalibrated for part in found):
        yield Reason.CALIBRATION_WORSE


def _outcome(reasons: Sequence[Reason]) -> Outcome:
    if not reasons:
        return Outcome.PROMOTE
    return Outcome.ASK if _CANNOT_TELL & set(reasons) else Outcome.KEEP
