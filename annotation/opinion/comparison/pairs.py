"""Measures over pairs of images: KRCC in bootstrap draws, and the two areas of Krasula et al.

Krasula, Fliegel, Le Callet and Klíma, “On the accuracy of objective image and video quality models:
New methodology for performance evaluation”, QoMEX 2016.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..correlation import Floats, Integers
from .bootstrap import ClusterDraws, Measure
from .measures import NORMAL_95

Booleans = NDArray[np.bool_]

#: Pairs behind a value, and behind its interval; of more, as many are taken at random. Half a
#: million are all pairs of 1,000 images, and leave an area uncertain by less than .001.
MOST_PAIRS = 500_000
MOST_DRAWN_PAIRS = 20_000


@dataclass(frozen=True)
class Pairs:
    """M pairs of different images."""

    first: Integers
    second: Integers

    def weights(self, weight: Floats) -> Floats:
        """How often each pair occurs, (M, b), where images occur `weight` (b, N) times."""
        # Gathering whole rows is several times faster than gathering columns.
        rows = np.ascontiguousarray(weight.T)
        found: Floats = rows[self.first] * rows[self.second]
        return found

    def take(self, places: NDArray[Any]) -> "Pairs":
        """Some of the pairs, or all in another order."""
        return Pairs(self.first[places], self.second[places])

    def difference(self, values: Floats) -> Floats:
        """values (N,) of the first minus those of the second image, (M,)."""
        found: Floats = values[self.first] - values[self.second]
        return found


def pairs_of(images: int, most: int, seed: int) -> Pairs:
    """All pairs of `images`, or `most` of them at random."""
    if images * (images - 1) // 2 <= most:
        return Pairs(*np.triu_indices(images, 1))
    random = np.random.default_rng(seed)
    first = random.integers(0, images, most)
    return Pairs(first, (first + random.integers(1, images, most)) % images)


def kendall_draws(draws: ClusterDraws, x: Floats, y: Floats, pairs: Pairs) -> Floats:
    """Kendall's τ-b in each draw, (draws,); NaN where one side is constant."""
    sx, sy = np.sign(pairs.difference(x)), np.sign(pairs.difference(y))
    terms = np.stack([sx * sy, np.abs(sx), np.abs(sy)], axis=1)

    def tau(weight: Floats) -> Floats:
        concordance, untied_x, untied_y = terms.T @ pairs.weights(weight)
        return _share(concordance, np.sqrt(untied_x * untied_y))

    return draws.each(tau, pairs.first.size)


@dataclass(frozen=True)
class Areas:
    """Areas under two ROC curves, each 0.5 for a predictor that knows nothing; None if no pair, or
    every pair, differs significantly."""

    #: How well the size of a predicted difference tells pairs that differ from those that do not.
    different: Measure | None
    #: How well its sign tells which image of a pair that differs is better.
    better: Measure | None


def areas(draws: ClusterDraws, predicted: Floats, mos: Floats, error: Floats, seed: int) -> Areas:
    """The areas on N images. mos, error: (N,), measured scores and their standard errors; two
    images differ if a z-test of the two means says so at 5 %."""
    drawn = pairs_of(mos.size, MOST_DRAWN_PAIRS, seed)
    every = pairs_of(mos.size, MOST_PAIRS, seed)
    return Areas(
        *(
            _area(draws, make(drawn, predicted, mos, error), make(every, predicted, mos, error))
            for make in (_different, _better)
        )
    )


@dataclass(frozen=True)
class _Task:
    """Telling positive from negative pairs by a score: M of each, by the same pairs."""

    pairs: Pairs
    score: Floats
    positive: Booleans


def _significant(pairs: Pairs, mos: Floats, error: Floats) -> Booleans:
    spread = np.hypot(error[pairs.first], error[pairs.second])
    found: Booleans = np.abs(pairs.difference(mos)) > NORMAL_95 * spread
    return found


def _different(pairs: Pairs, predicted: Floats, mos: Floats, error: Floats) -> _Task:
    return _Task(pairs, np.abs(pairs.difference(predicted)), _significant(pairs, mos, error))


def _better(pairs: Pairs, predicted: Floats, mos: Floats, error: Floats) -> _Task:
    """Each pair that differs counts in both orders, so that none is the “first” one."""
    kept = _significant(pairs, mos, error)
    different = pairs.take(kept)
    both = Pairs(
        np.concatenate([different.first, different.second]),
        np.concatenate([different.second, different.first]),
    )
    return _Task(both, both.difference(predicted), both.difference(mos) > 0)


def _area(draws: ClusterDraws, drawn: _Task, every: _Task) -> Measure | None:
    if every.positive.all() or not every.positive.any():
        return None
    value = float(_Curve(every).area(np.ones((every.score.size, 1)))[0])
    curve = _Curve(drawn)
    return draws.measured(
        value, draws.each(lambda weight: curve.area(curve.pairs.weights(weight)), drawn.score.size)
    )


class _Curve:
    """The area under the ROC curve of one task, for any weights of its pairs."""

    def __init__(self, task: _Task) -> None:
        order = np.argsort(task.score, kind="stable")
        #: In the order of their scores.
        self.pairs = task.pairs.take(order)
        self._starts = np.flatnonzero(np.diff(task.score[order], prepend=np.nan) != 0)
        self._positive = task.positive[order].astype(np.float64)[:, None]

    def area(self, weight: Floats) -> Floats:
        """P(positive scores higher) + ½ P(equal), in each column of weights (M, b); (b,)."""
        if not self._starts.size:
            return np.full(weight.shape[1], np.nan)
        positive = np.add.reduceat(weight * self._positive, self._starts, axis=0)
        negative = np.add.reduceat(weight, self._starts, axis=0) - positive
        below = np.cumsum(negative, axis=0) - negative / 2
        total = positive.sum(axis=0) * negative.sum(axis=0)
        return _share((positive * below).sum(axis=0), total)


def _share(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return share
