"""Halo between perspectives: whether a rater lets one judgement colour another.

Images that are good in one respect may be good in another; that is the images' doing. What is left
of a rater's scores after the image and the rater's own level should not correlate. If it does, the
perspectives are not judged separately (Thorndike 1920, Journal of Applied Psychology 4:25; Cooper
1981, Psychological Bulletin 90:218).
"""

from dataclasses import dataclass

import numpy as np

from workbench.core.texts import gettext_noop

from ..correlation import sums
from .base import (
    AgreementError,
    Floats,
    Measure,
    Votes,
    first_votes,
    in_words,
    renumbered,
    same_cells,
    taken,
)
from .resampling import DRAWS, interval, moments, pearson, pearson_of
from .two_way import Factors

CITATION = (
    "Thorndike (1920), Journal of Applied Psychology 4:25; Cooper (1981), Psychological Bulletin "
    "90:218"
)
_BANDS = (
    (0.5, gettext_noop("raters hardly judge the two apart")),
    (0.2, gettext_noop("one judgement colours the other")),
)
_BELOW = gettext_noop("raters judge the two separately")
_IMAGES = gettext_noop("how far images that are good in one respect are good in the other")


@dataclass(frozen=True)
class Halo:
    """Two perspectives of the same trials."""

    #: Correlation of what is left after image and rater.
    raters: Measure
    #: Correlation of the images' means, which holds some of the raters' if images have few ratings.
    images: Measure


def halo(one: Votes, two: Votes, *, draws: int = DRAWS, seed: int = 0) -> Halo:
    """Of first votes that a rater gave on an image for both perspectives; the same numbers of
    stimuli and subjects in both. Intervals draw raters for `raters` and images for `images`.

    Raises AgreementError if no image has two such ratings, or nothing is left that varies.
    """
    left, right = _joined(one, two)
    factors = Factors(left.stimulus, left.subject, (left.stimuli, left.subjects))
    if factors.degrees < 3:
        raise AgreementError("too few ratings for what is left after images and raters")
    x, y = factors.residuals(left.score), factors.residuals(right.score)
    if min(x @ x, y @ y) < 1e-9 * x.size:
        raise AgreementError("raters agree exactly: nothing is left that could correlate")
    parts = moments(x, y, left.subject, left.subjects)
    value = pearson(parts, "what is left after images and raters")
    low, high = interval(pearson_of, parts, draws=draws, seed=seed)
    raters = Measure(value, low, high, x.size, in_words(value, _BANDS, _BELOW), CITATION)
    return Halo(raters, _of_images(left, right, draws, seed))


def _of_images(left: Votes, right: Votes, draws: int, seed: int) -> Measure:
    parts = moments(_means(left), _means(right), np.arange(left.stimuli), left.stimuli)
    value = pearson(parts, "the images' means")
    low, high = interval(pearson_of, parts, draws=draws, seed=seed)
    return Measure(value, low, high, left.stimuli, _IMAGES, CITATION)


def _means(votes: Votes) -> Floats:
    count = np.bincount(votes.stimulus, minlength=votes.stimuli)
    found: Floats = sums(votes.score, votes.stimulus, votes.stimuli) / count
    return found


def _joined(one: Votes, two: Votes) -> tuple[Votes, Votes]:
    """The votes on images that two raters rated for both perspectives, row by row."""
    if (one.stimuli, one.subjects) != (two.stimuli, two.subjects):
        raise AgreementError(
            f"{one.stimuli} images by {one.subjects} raters for one perspective, "
            f"{two.stimuli} by {two.subjects} for the other; number them alike"
        )
    firsts = [first_votes(item) for item in (one, two)]
    places = same_cells(firsts[0], firsts[1])
    left, right = (taken(item, at) for item, at in zip(firsts, places, strict=True))
    count = np.bincount(left.stimulus, minlength=left.stimuli)
    paired = count[left.stimulus] > 1
    if not paired.any():
        raise AgreementError("no image was rated by two raters for both perspectives")
    return renumbered(taken(left, paired)), renumbered(taken(right, paired))
