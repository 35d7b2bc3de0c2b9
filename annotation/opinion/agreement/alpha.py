"""Krippendorff's α: agreement of single ratings, chance taken out.

Krippendorff (2004), Content Analysis, 2nd ed., chapter 11; (2011), Computing Krippendorff's
Alpha-Reliability. Any number of raters, missing ratings allowed, images with one rating left out.

All three levels are one formula. α = 1 − D_o / D_e with squared distances, and the distance of the
ordinal level is that of the mid-ranks among all pairable ratings, of the nominal level half of that
between unit vectors. So sums per image suffice, and sliders cost what five categories cost.
"""

from enum import StrEnum

import numpy as np
from scipy import stats

from workbench.core.texts import gettext_noop

from ..correlation import sums
from .base import AgreementError, Floats, Measure, Votes, in_words, paired_votes
from .resampling import DRAWS, interval

CITATION = (
    "Krippendorff (2004), Content Analysis, 2nd ed., ch. 11; interval: images drawn again, as in "
    "Zapf et al. (2016), BMC Medical Research Methodology 16:93"
)
_BANDS = (
    (0.8, gettext_noop("single ratings are reliable")),
    (0.667, gettext_noop("single ratings allow tentative conclusions only")),
)
_BELOW = gettext_noop("single ratings agree too little to conclude from; their means may do")


class Level(StrEnum):
    """What the differences of scores mean."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


def krippendorff_alpha(
    votes: Votes, level: Level = Level.INTERVAL, *, draws: int = DRAWS, seed: int = 0
) -> Measure:
    """α of first votes. The interval draws images; ranks (ordinal) stay those of all votes.

    Raises AgreementError if no image has two ratings, or all pairable ratings are the same.
    """
    paired = paired_votes(votes)
    parts = _parts(paired, _coordinates(level, paired.score))
    value = float(_alpha(parts.sum(axis=0)[None])[0])
    if np.isnan(value):
        raise AgreementError(
            "all ratings of images with two or more are the same score: alpha is not defined"
        )
    low, high = interval(_alpha, parts, draws=draws, seed=seed)
    return Measure(value, low, high, paired.score.size, in_words(value, _BANDS, _BELOW), CITATION)


def _coordinates(level: Level, score: Floats) -> Floats:
    """Points whose squared distances are the level's, up to a factor; (R, D), centred."""
    if level is Level.NOMINAL:
        found, place = np.unique(score, return_inverse=True)
        corners: Floats = np.eye(found.size)[place]
        return corners
    column = score if level is Level.INTERVAL else stats.rankdata(score)
    line: Floats = (column - column.mean())[:, None]
    return line


def _parts(votes: Votes, points: Floats) -> Floats:
    """Of each image: ratings, observed disagreement, sum of squares, sum of points; (S, 3 + D)."""

    def total(values: Floats) -> Floats:
        return sums(values, votes.stimulus, votes.stimuli)

    n = total(np.ones(len(points)))
    squares = total((points**2).sum(axis=1))
    point = np.stack([total(column) for column in points.T], axis=1)
    observed = (n * squares - (point**2).sum(axis=1)) / (n - 1)
    return np.column_stack([n, observed, squares, point])


def _alpha(totals: Floats) -> Floats:
    """Of each row of sums; NaN if nothing differs. (D,)"""
    n, observed, squares = totals[:, 0], totals[:, 1], totals[:, 2]
    expected = n * squares - (totals[:, 3:] ** 2).sum(axis=1)
    differs = expected > 1e-12 * n * np.maximum(squares, 1e-12)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(differs, 1 - (n - 1) * observed / expected, np.nan)
