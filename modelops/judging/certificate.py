"""Certificates: whether a model's scores are as close to the panel as those of a left-out rater.

The alternative annotator test of Calderon, Reichart and Dror (ACL 2025, "The Alternative Annotator
Test for LLM-as-a-Judge") for scores. For each rater: on the images that this rater scored, who is
closer to the mean of the others, the model or the rater? The rater is beaten if the model is closer
so often that the rater's advantage is surely below `MARGIN`; over raters the false discovery rate
is 5 % (Benjamini and Yekutieli 2001: the tests share images and the model). A certificate takes
half of the raters. Beyond the paper: images of a prompt go together, and the model has to beat the
mean score, which comes close to a noisy panel without knowing anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from annotation.opinion.comparison.bootstrap import FEWEST_CLUSTERS, ClusterDraws, Measure
from annotation.opinion.correlation import Floats, Integers
from annotation.opinion.methods.base import Votes

from .errors import JudgingError

#: By how much more often the rater may be closer than the model: what it is worth that a model
#: costs nobody's time. The paper's value for raters from a crowd, its strictest one.
MARGIN = 0.1
#: The false discovery rate over raters, and the level of the test against the mean score.
FALSE_DISCOVERIES = 0.05
#: Share of the raters that have to be beaten, how many there must be, and images of each.
WINNING_RATE, FEWEST_RATERS, FEWEST_IMAGES = 0.5, 3, 30


class Lack(StrEnum):
    """Why there is no certificate."""

    #: Fewer than three raters scored 30 images of four prompts that somebody else scored, too.
    FEW_RATERS = "few_raters"
    #: Fewer than half of the raters are beaten.
    NOT_CLOSE = "not_close"
    #: The model is not surely closer to the labels than their mean is.
    NO_BETTER_THAN_MEAN = "no_better_than_mean"


@dataclass(frozen=True)
class RaterTest:
    """One rater against the model. advantage: how much more often the rater is closer to the
    others, −1…1. beaten: whether that is surely below the margin."""

    #: The rater's place in the votes.
    rater: int
    images: int
    advantage: float
    p_value: float
    beaten: bool


@dataclass(frozen=True)
class ImpliedError:
    """What predictions are off by, if they stand for ratings, on the scale.

    rmse: to the mean of ever more raters, the labels' own noise taken off, over draws of prompts.
    worth: the number of ratings whose mean is as precise; None if no error is left.
    """

    rmse: Measure
    worth: float | None


@dataclass(frozen=True)
class Certificate:
    """One perspective. winning_rate: share of the tested raters that are beaten."""

    lacks: tuple[Lack, ...]
    images: int
    raters: tuple[RaterTest, ...]
    winning_rate: float | None
    error: ImpliedError | None

    @property
    def granted(self) -> bool:
        return not self.lacks


@dataclass(frozen=True)
class _Panel:
    """Each rater's mean score of an image, (C,) of C such cells, and the model's."""

    score: Floats
    image: Integers
    rater: Integers
    expected: Floats
    #: Of the other raters of the image; NaN if there are none.
    others: Floats
    #: (S,) and (S,): the label and its number of raters.
    label: Floats
    count: Floats


def certify(votes: Votes, expected: ArrayLike, prompt: ArrayLike) -> Certificate:
    """The model that expects `expected` (S,), on the scale of `votes`, NaN where it was not asked;
    prompt (S,): of each image, by any numbers or names.

    All of it has to be unseen by the model. Raises JudgingError if an array has another length.
    """
    model = np.asarray(expected, dtype=np.float64).reshape(-1)
    clusters = np.unique(np.asarray(prompt).reshape(-1), return_inverse=True)[1]
    for name, size in (("expected", model.size), ("prompt", clusters.size)):
        if size != votes.stimuli:
            raise JudgingError(f"{name} has {size} values; the votes are of {votes.stimuli} images")
    panel = _panel(votes, model)
    tests = _corrected(list(_tests(panel, votes.subjects, clusters)))
    rate = float(np.mean([test.beaten for test in tests])) if tests else None
    known = np.isfinite(model) & (panel.count > 0)
    lacks = tuple(_lacks(tests, rate, panel, model, known, clusters))
    return Certificate(
        lacks, int(known.sum()), tests, rate, _implied_error(panel, model, known, clusters)
    )


def _panel(votes: Votes, model: Floats) -> _Panel:
    cells, place = np.unique(votes.pairs(), return_inverse=True)
    image, rater = np.divmod(cells, votes.subjects)
    score = np.bincount(place, votes.score) / np.bincount(place)
    known = np.isfinite(model[image])
    image, rater, score = image[known], rater[known], score[known]
    total = np.bincount(image, score, votes.stimuli)
    count = np.bincount(image, minlength=votes.stimuli).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        others = (total[image] - score) / (count[image] - 1)
        label = total / count
    others[count[image] < 2] = np.nan
    return _Panel(score, image, rater, model[image], others, label, count)


def _tests(panel: _Panel, raters: int, clusters: Integers) -> Iterator[RaterTest]:
    """Of each rater with images enough, before the correction for their number."""
    compared = np.isfinite(panel.others)
    for rater in range(raters):
        own = np.flatnonzero(compared & (panel.rater == rater))
        prompts = clusters[panel.image[own]]
        if own.size < FEWEST_IMAGES or np.unique(prompts).size < FEWEST_CLUSTERS:
            continue
        model_off = np.abs(panel.expected[own] - panel.others[own])
        rater_off = np.abs(panel.score[own] - panel.others[own])
        # Both are closer where they are equally close.
        ahead = np.sign(model_off - rater_off)
        p = _surely_below(ahead, MARGIN, prompts)
        yield RaterTest(rater, own.size, float(ahead.mean()), p, beaten=False)


def _surely_below(values: Floats, bound: float, prompts: Integers) -> float:
    """The p-value of a mean of `bound` or more, one-sided, by Student's t over whole prompts."""
    _names, cluster = np.unique(prompts, return_inverse=True)
    groups, n = cluster.max() + 1, values.size
    mean = values.mean()
    sums = np.bincount(cluster, values - mean)
    error = np.sqrt((sums**2).sum() * groups / (groups - 1)) / n
    if error <= 1e-12:
        return 0.0 if mean < bound else 1.0
    return float(stats.t.cdf((mean - bound) / error, groups - 1))


def _corrected(tests: Sequence[RaterTest]) -> tuple[RaterTest, ...]:
    """With those beaten that Benjamini and Yekutieli's procedure rejects."""
    if not tests:
        return ()
    adjusted = stats.false_discovery_control([test.p_value for test in tests], method="by")
    return tuple(
        RaterTest(it.rater, it.images, it.advantage, it.p_value, bool(p <= FALSE_DISCOVERIES))
        for it, p in zip(tests, adjusted, strict=True)
    )


def _lacks(
    tests: Sequence[RaterTest],
    rate: float | None,
    panel: _Panel,
    model: Floats,
    known: np.ndarray[tuple[int], np.dtype[np.bool_]],
    clusters: Integers,
) -> Iterator[Lack]:
    if len(tests) < FEWEST_RATERS or rate is None:
        yield Lack.FEW_RATERS
        return
    if rate < WINNING_RATE:
        yield Lack.NOT_CLOSE
    label = panel.label[known]
    # Squared errors of the model less those of a model that says the same of all images.
    gain = (model[known] - label) ** 2 - (label.mean() - label) ** 2
    if _surely_below(gain, 0.0, clusters[known]) > FALSE_DISCOVERIES:
        yield Lack.NO_BETTER_THAN_MEAN


def _implied_error(
    panel: _Panel,
    model: Floats,
    known: np.ndarray[tuple[int], np.dtype[np.bool_]],
    clusters: Integers,
) -> ImpliedError | None:
    """None without an image of two raters: the labels' noise is not known."""
    apart = (panel.score - panel.label[panel.image]) ** 2
    degrees = panel.count[panel.count > 0] - 1
    if not degrees.sum():
        return None
    rating_variance = float(apart.sum() / degrees.sum())
    excess = (model - panel.label)[known] ** 2 - rating_variance / panel.count[known]
    draws = ClusterDraws(clusters[known])
    total, n = draws.sums(np.stack([excess, np.ones_like(excess)], axis=1)).T
    # Noise may exceed what is seen: then no error is left.
    drawn = np.sqrt(np.maximum(total / n, 0))
    squared = max(float(excess.mean()), 0.0)
    worth = rating_variance / squared if squared else None
    return ImpliedError(draws.interval(float(np.sqrt(squared)), drawn), worth)
