"""Each rater's correlation with the others, corrected for attenuation.

A rater's scores are noisy, and so is the mean of few others, so that even an honest rater cannot
correlate perfectly. Spearman (1904, American Journal of Psychology 15:72) divides by the largest
correlation that the reliabilities of both sides allow: √ρ for single ratings, and the square root
of the Spearman–Brown reliability for a mean of k others. 1 is then a rater like the rest, however
many ratings an image has and however hard the task is.
"""

import numpy as np

from .base import Floats, Integers
from .two_way import QUICK, Factors, henderson

CITATION = "Spearman (1904), American Journal of Psychology 15:72; Brown (1910), BJP 3:296"
#: Single ratings count as at least so reliable. In a panel that agrees on less nobody can be told
#: from chance, and correcting by less would excuse raters who answer at random.
LEAST_RELIABILITY = 0.25


def reliability_of_ratings(scores: Floats, subjects: Integers, stimuli: Integers) -> float:
    """ρ: the share of a single rating's variance that is the image's, the rater's own level taken
    out; `LEAST_RELIABILITY` if it is less or cannot be known.

    (R,) each, no rater twice on an image; any numbers name raters and images. ICC(C,1) of
    McGraw and Wong (1996), by Henderson's method III.
    """
    _images, image, count = np.unique(stimuli, return_inverse=True, return_counts=True)
    paired = count[image] > 1
    images, image = np.unique(stimuli[paired], return_inverse=True)
    raters, rater = np.unique(subjects[paired], return_inverse=True)
    factors = Factors(image, rater, (images.size, raters.size), QUICK)
    found = henderson(scores[paired], factors) if paired.any() else None
    if found is None or found.one <= 0:
        return LEAST_RELIABILITY
    return max(found.one / (found.one + max(found.residual, 0.0)), LEAST_RELIABILITY)


def corrected_correlation(
    correlation: Floats, reliability: float, inverse_others: Floats
) -> Floats:
    """Leave-one-out correlations by the largest that is to be expected, any shape; within −1…1.

    reliability: ρ of single ratings. inverse_others: mean of 1/k over the images that each rests
    on. 1 is a rater who is at least as consistent as the rest.
    """
    return np.clip(correlation / largest_correlation(reliability, inverse_others), -1, 1)


def largest_correlation(reliability: float, inverse_others: Floats) -> Floats:
    """The correlation expected of a rater like the rest, with means of k others.

    √(ρ · 1/(1 + (1 − ρ)/ρ · mean of 1/k)), the shape of `inverse_others`.
    """
    noise = (1 - reliability) / reliability
    found: Floats = np.sqrt(reliability / (1 + noise * inverse_others))
    return found
