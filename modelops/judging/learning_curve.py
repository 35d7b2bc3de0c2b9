"""What a last layer has learnt after so many ratings, and what more of them would teach it.

Measured: a last layer that knows the first k images of an order predicts the hold-out; its SRCC is
the mean over the perspectives. Beyond that a law a·√(r/(r + h)) of the number of ratings r is
fitted: the correlation of truth with an estimate whose squared error falls as 1/r, which is how
Spearman's and Brown's formula lets a test grow (British Journal of Psychology 3, 1910). Steps weigh
as their ratings, because the first models scatter most.

Intervals: in each draw of whole hold-out prompts the law is fitted again, to steps that are moved
at random by as much as they scatter around it. They do not know of raters who will be unlike those
so far.
"""

from dataclasses import dataclass

import numpy as np

from annotation.opinion.comparison.bootstrap import ClusterDraws, Measure, spearman_draws
from annotation.opinion.comparison.measures import srcc
from annotation.opinion.correlation import Floats, Integers

from ..learning.bayes import fit_last_layer
from ..learning.labels import Labels

#: A last layer is not asked before it knows so many images, and not on fewer hold-out images.
FEWEST, FEWEST_HELD_OUT = 20, 20
#: Last layers of one curve, at numbers of images that grow by the same factor.
STEPS = 8
#: Of the hold-out's prompts.
_DRAWS = 200
#: Candidates for h.
_HALVES = np.geomspace(0.5, 50_000, 200)
#: A law, which has two parameters, is fitted to so many steps at least.
_FEWEST_STEPS = 4


@dataclass(frozen=True)
class Learnt:
    """N labelled images in the order in which they were learnt: embeddings (N, D), labels (N, P),
    and how many ratings the first 1…N of them have, (N,)."""

    embeddings: Floats
    labels: Labels
    ratings: Integers


@dataclass(frozen=True)
class HeldOut:
    """M images that are never learnt: embeddings (M, D), labels (M, P) on 0…1, NaN if there is
    none, and numbers of their prompts (M,)."""

    embeddings: Floats
    mos: Floats
    prompt: Integers


@dataclass(frozen=True)
class Step:
    """What is known after so many ratings of so many images."""

    images: int
    ratings: int
    srcc: Measure


@dataclass(frozen=True)
class Laws:
    """B laws a·√(r/(r + h)): `limit` a, at most 1, and `half` h, each (B,)."""

    limit: Floats
    half: Floats

    def at(self, ratings: float) -> Floats:
        """The SRCC after so many ratings, (B,)."""
        found: Floats = self.limit * np.sqrt(ratings / (ratings + self.half))
        return found

    def ratings_for(self, wanted: Floats) -> Floats:
        """How many ratings reach an SRCC, (B,); infinite if none do."""
        share = (np.maximum(wanted, 0) / np.maximum(self.limit, 1e-9)) ** 2
        with np.errstate(divide="ignore"):
            needed = self.half * share / np.maximum(1 - share, 0)
        found: Floats = np.where(share < 1, needed, np.inf)
        return found


@dataclass(frozen=True)
class LearningCurve:
    """steps: of growing size. `fitted` and `drawn`: the law of the values and of each draw of
    prompts; None on too few steps. `last`: the SRCC of the last step in each draw."""

    steps: tuple[Step, ...]
    fitted: Laws | None
    drawn: Laws | None
    last: Floats
    draws: ClusterDraws

    def expected(self, ratings: float) -> Measure | None:
        """The SRCC after so many ratings, by the law."""
        if self.fitted is None or self.drawn is None:
            return None
        return self.draws.interval(float(self.fitted.at(ratings)[0]), self.drawn.at(ratings))

    def ratings_to_match(self, other: "LearningCurve") -> Measure | None:
        """How many ratings like these reach the SRCC that `other`, on the same hold-out, has now;
        ends may be infinite. None if it is not known."""
        if self.fitted is None or self.drawn is None or not other.steps:
            return None
        value = self.fitted.ratings_for(np.array([other.steps[-1].srcc.value]))
        needed = np.sort(self.drawn.ratings_for(other.last))
        if not self.draws.enough:
            return Measure(float(value[0]), None, None)
        low, high = (needed[round(share * (needed.size - 1))] for share in (0.025, 0.975))
        return Measure(float(value[0]), float(low), float(high))


def learning_curve(
    learnt: Learnt, held_out: HeldOut, longer: LearningCurve | None = None
) -> LearningCurve:
    """The steps that there are images for: none below FEWEST, or FEWEST_HELD_OUT of the
    hold-out.

    longer: a curve on the same hold-out that says better what could be reached at best: the law
    has no higher limit than its law.
    """
    draws = ClusterDraws(held_out.prompt, draws=_DRAWS)
    found = [_step(learnt, held_out, size, draws) for size in _sizes(learnt, held_out)]
    known = [(step, drawn) for step, drawn in found if step is not None]
    if not known:
        return LearningCurve((), None, None, np.empty(0), draws)
    steps, drawn = tuple(step for step, _ in known), np.stack([it for _, it in known], axis=1)
    if len(steps) < _FEWEST_STEPS:
        return LearningCurve(steps, None, None, drawn[:, -1], draws)
    ratings = np.array([step.ratings for step in steps], np.float64)
    values = np.array([[step.srcc.value for step in steps]])
    most = [laws.limit for laws in (longer.fitted, longer.drawn) if laws] if longer else []
    law = fit(ratings, values, *most[:1])
    moved = drawn + _scatter(ratings, values[0], law, drawn.shape)
    return LearningCurve(steps, law, fit(ratings, moved, *most[1:]), moved[:, -1], draws)


def fit(ratings: Floats, values: Floats, most: Floats | float = 1.0) -> Laws:
    """The law of least squares, weighted by the ratings, through values (B, K) at K numbers of
    ratings, for each row; h is one of a grid, a at most `most`."""
    best = np.full(len(values), np.inf)
    limit, half = np.zeros(len(values)), np.ones(len(values))
    for candidate in _HALVES:
        shape = np.sqrt(ratings / (ratings + candidate))
        own = np.clip((values * ratings) @ shape / (ratings @ shape**2), 0, most)
        error = ((values - own[:, None] * shape) ** 2) @ ratings
        better = error < best
        best = np.where(better, error, best)
        limit, half = np.where(better, own, limit), np.where(better, candidate, half)
    return Laws(limit, half)


def _scatter(ratings: Floats, values: Floats, law: Laws, shape: tuple[int, ...]) -> Floats:
    """What steps are moved by, (B, K): normal, with the variance around the law, which falls as
    1/ratings."""
    apart = values - law.limit * np.sqrt(ratings / (ratings + law.half))
    spread = np.sqrt(apart**2 @ ratings / (len(ratings) - 2))
    moved: Floats = np.random.default_rng(0).normal(size=shape) * spread / np.sqrt(ratings)
    return moved


def _sizes(learnt: Learnt, held_out: HeldOut) -> list[int]:
    images = len(learnt.labels)
    if images < FEWEST or len(held_out.mos) < FEWEST_HELD_OUT:
        return []
    sizes = np.geomspace(FEWEST, images, STEPS).round()
    return [int(size) for size in np.unique(sizes)]


def _step(
    learnt: Learnt, held_out: HeldOut, images: int, draws: ClusterDraws
) -> tuple[Step | None, Floats]:
    """With the SRCC in each draw, (B,). None if a perspective has no label yet, or none has an
    SRCC."""
    labels = learnt.labels.take(np.arange(images))
    if not labels.labelled.any(axis=0).all():
        return None, np.empty(0)
    layer = fit_last_layer(learnt.embeddings[:images], labels)
    predicted = layer.predict(held_out.embeddings).mean
    values, drawn = [], []
    for column, mos in enumerate(held_out.mos.T):
        known = np.flatnonzero(np.isfinite(mos))
        value = srcc(predicted[known, column], mos[known])
        if value is not None:
            values.append(value)
            drawn.append(spearman_draws(draws, predicted[:, column], np.nan_to_num(mos), known))
    if not values:
        return None, np.empty(0)
    in_draws: Floats = np.mean(drawn, axis=0)
    measure = draws.interval(float(np.mean(values)), in_draws)
    return Step(images, int(learnt.ratings[images - 1]), measure), in_draws
