"""How many ratings a study needs, how long they take and what they cost.

For an interval of a given width around each score, for a difference between two generators, and for
a difference between two models' SRCC; before a study from stated defaults, during one from its own
variance components. All by the normal distribution: exact enough for plans, not a test.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ..methods.base import ScaleLimits
from .base import AgreementError
from .components import Components

_FIX_POSITIVE = gettext_noop("give more than 0")
_FIX_LEAST = gettext_noop("give %(least)s or more")
_HALF_WIDTH = gettext_noop("a half-width of %(value)s cannot be planned")
_DIFFERENCE = gettext_noop("a difference of %(value)s cannot be planned")
_IMAGES = gettext_noop("a number of images of %(value)s is too small")
_RATERS = gettext_noop("a number of raters of %(value)s is too small")
_RATINGS = gettext_noop("a number of ratings per image of %(value)s is too small")
_PERSPECTIVES = gettext_noop("a number of perspectives of %(value)s is too small")
_TOO_FEW_RATERS = gettext_noop(
    "%(raters)s raters cannot tell a difference of %(wanted)s, however many images they rate"
)
_FIX_RATERS = gettext_noop("%(least)s or more can")
_NO_SRCC = gettext_noop("a second SRCC of %(srcc)s cannot be")
_FIX_SRCC = gettext_noop("ask for a smaller difference")

#: Two-sided 5 %.
SIGNIFICANCE = 0.05
POWER = 0.8
#: The SOS parameter of public ACR-5 sets goes from .09 (KonIQ-10k) to .32 (the ITU's demo).
DEFAULT_SOS = 0.2
#: Of the variance within an image, the raters' share: .09 to .28 in the public sets.
DEFAULT_SUBJECT_SHARE = 0.2
#: Standard deviation of images' scores, as a share of the scale's range: .23 to .30 in those sets.
DEFAULT_SPREAD = 0.25


class PlanError(AgreementError, Problem):
    """A plan that cannot be, and what could."""


class Source(StrEnum):
    """What a plan's variances come from."""

    DEFAULTS = "defaults"
    STUDY = "study"


@dataclass(frozen=True)
class Variances:
    """What a plan rests on, in squared points of the scale."""

    stimulus: float
    subject: float
    residual: float
    source: Source = Source.STUDY

    def __post_init__(self) -> None:
        parts = (self.stimulus, self.subject, self.residual)
        if not (np.isfinite(parts).all() and min(parts) >= 0 and self.rating > 0):
            raise AgreementError(f"variances {parts} cannot be: give finite ones, not all 0")

    @property
    def rating(self) -> float:
        """Of a single rating around the image's true score."""
        return self.subject + self.residual

    def reliability(self, ratings_per_image: float) -> float:
        """Of the mean of so many ratings, each by another rater: ICC(2,k)."""
        return self.stimulus / (self.stimulus + self.rating / ratings_per_image)


def default_variances(scale: ScaleLimits, sos: float = DEFAULT_SOS) -> Variances:
    """Before any rating: of images around the middle of the scale, by the SOS hypothesis."""
    extent = scale.maximum - scale.minimum
    stimulus = (DEFAULT_SPREAD * extent) ** 2
    # The mean of a (m − L)(H − m) over images of that spread.
    rating = sos * (extent**2 / 4 - stimulus)
    subject = DEFAULT_SUBJECT_SHARE * rating
    return Variances(stimulus, subject, rating - subject, Source.DEFAULTS)


def study_variances(components: Components) -> Variances:
    """During a study: those of its ratings so far."""
    return Variances(components.stimulus, components.subject, components.residual)


@dataclass(frozen=True)
class Labour:
    """What a rating takes."""

    #: From the image on screen to the answer.
    seconds: float = 8.0
    #: In any currency; None if cost is not asked.
    hourly_pay: float | None = None
    #: What a platform adds to the pay, as a share of it.
    fee: float = 0.0
    #: Further trials (practice, repeats, gold, excluded raters), as a share of the ratings.
    extra: float = 0.2
    #: The most that one rater gives.
    ratings_per_rater: int = 200

    def __post_init__(self) -> None:
        numbers = (self.seconds, self.hourly_pay or 0.0, self.fee, self.extra)
        if not np.isfinite(numbers).all() or min(numbers) < 0 or self.ratings_per_rater < 1:
            raise AgreementError(f"{self}: give finite numbers of 0 or more, and 1 rating or more")


@dataclass(frozen=True)
class Work:
    """Of all raters together."""

    #: That count.
    ratings: int
    #: At least.
    raters: int
    minutes: float
    #: None without a pay.
    cost: float | None


@dataclass(frozen=True)
class Plan:
    """What reaches a goal."""

    images: int
    ratings_per_image: int
    #: What is reached, in the goal's own unit: at least as small as what was asked for.
    reached: float
    work: Work
    #: An English text, translated when it is shown.
    meaning: str
    citation: str


def work_of(ratings: int, ratings_per_image: int, labour: Labour) -> Work:
    """How long so many ratings take."""
    minutes = ratings * (1 + labour.extra) * labour.seconds / 60
    pay = labour.hourly_pay
    cost = None if pay is None else minutes / 60 * pay * (1 + labour.fee)
    # Nobody rates an image twice.
    raters = max(ceil(ratings / labour.ratings_per_rater), ratings_per_image if ratings else 0)
    return Work(ratings, raters, minutes, cost)


def ratings_left(counts: ArrayLike, ratings_per_image: int) -> int:
    """Ratings to go until each image has so many; counts (S,): how many each has."""
    missing = ratings_per_image - np.asarray(counts, np.int64)
    return int(np.maximum(missing, 0).sum())


def half_width(variances: Variances, ratings_per_image: float) -> float:
    """Of the 95 % interval of a score from so many ratings, by as many raters; points."""
    return _both_sides() * sqrt(variances.rating / ratings_per_image)


def plan_half_width(
    variances: Variances, images: int, wanted: float, labour: Labour | None = None
) -> Plan:
    """Ratings for a score ± `wanted` points; n = z² (σ² subject + σ² residual) / wanted²."""
    _refuse_unless_positive(_HALF_WIDTH, wanted)
    _refuse_below(_IMAGES, images, 1)
    # A hair less than a whole number is that number.
    needed = max(1, ceil(_both_sides() ** 2 * variances.rating / wanted**2 - 1e-9))
    return Plan(
        images,
        needed,
        half_width(variances, needed),
        work_of(images * needed, needed, labour or Labour()),
        gettext_noop("each image's score is known to within the half-width, 95 times of 100"),
        "ITU-T P.910 (2023), section 8; ITU-R BT.500-15, Annex 1",
    )


@dataclass(frozen=True)
class Contrast:
    """How two generators are compared, apart from numbers of ratings."""

    raters: int
    #: Of the variance of images' scores, the share that the prompt explains: both generators draw
    #: the same prompts, so it leaves their difference.
    prompt_share: float = 0.0
    #: Variance of raters' likings for one generator over another, as a share of their variance in
    #: level: an assumption, as no public set tells.
    taste_share: float = 0.25

    def __post_init__(self) -> None:
        _refuse_below(_RATERS, self.raters, 1)
        if not (0 <= self.prompt_share <= 1 and self.taste_share >= 0):
            raise AgreementError(
                f"shares of {self.prompt_share} and {self.taste_share}; give 0 to 1, and 0 or more"
            )


def difference_error(
    variances: Variances, contrast: Contrast, images: float, ratings_per_image: int
) -> float:
    """Standard error of the difference of two generators' means, points; images: of each.

    √(2 ((1 − prompt share) σ² stimulus + σ² rating / n) / images + 2 taste / raters): prompts are
    crossed, raters are drawn for each image at random, and both are random effects.
    """
    per_image = _per_image(variances, contrast, ratings_per_image)
    return sqrt(per_image / images + _tastes(variances, contrast))


def detectable_difference(
    variances: Variances, contrast: Contrast, images: int, ratings_per_image: int
) -> float:
    """The difference that is found in 80 of 100 such studies, at 5 %; points."""
    return _factor() * difference_error(variances, contrast, images, ratings_per_image)


def plan_difference(
    variances: Variances,
    contrast: Contrast,
    wanted: float,
    ratings_per_image: int,
    labour: Labour | None = None,
) -> Plan:
    """Images of each of two generators for a difference of `wanted` points.

    Raises PlanError if there are too few raters for it, however many images: it says how many
    there must be.
    """
    _refuse_unless_positive(_DIFFERENCE, wanted)
    _refuse_below(_RATINGS, ratings_per_image, 1)
    allowed, tastes = (wanted / _factor()) ** 2, _tastes(variances, contrast)
    if allowed <= tastes:
        least = floor(tastes * contrast.raters / allowed) + 1
        numbers = {"raters": contrast.raters, "wanted": f"{wanted:g}", "least": least}
        raise PlanError(_TOO_FEW_RATERS, _FIX_RATERS, **numbers)
    needed = _per_image(variances, contrast, ratings_per_image) / (allowed - tastes)
    images = max(2, ceil(needed - 1e-9))
    return Plan(
        images,
        ratings_per_image,
        detectable_difference(variances, contrast, images, ratings_per_image),
        work_of(2 * images * ratings_per_image, ratings_per_image, labour or Labour()),
        gettext_noop("a true difference of this size is found in 80 of 100 such studies"),
        "Normal approximation with crossed random effects: Westfall, Kenny and Judd (2014), "
        "Journal of Experimental Psychology: General 143:2020",
    )


@dataclass(frozen=True)
class Models:
    """Two models whose predictions are to be compared by SRCC on the same images."""

    #: The first model's SRCC with true scores.
    srcc: float
    #: Correlation of the two models' predictions.
    between: float = 0.9
    #: SRCCs of so many perspectives are averaged.
    perspectives: int = 1
    #: Correlation of the errors of perspectives' SRCCs: 0.2 gives the .033 measured for the mean
    #: of three at 72 images.
    shared: float = 0.2

    def __post_init__(self) -> None:
        if not (0 < self.srcc < 1 and 0 <= self.between < 1 and 0 <= self.shared <= 1):
            raise AgreementError(
                f"SRCC {self.srcc}, between models {self.between}, shared {self.shared}: give "
                "correlations above 0 and below 1"
            )
        _refuse_below(_PERSPECTIVES, self.perspectives, 1)


def srcc_error(srcc: float, images: int) -> float:
    """Standard error of Spearman's correlation: Bonett and Wright (2000), Psychometrika 65:23."""
    _refuse_below(_IMAGES, images, 4)
    return (1 - srcc**2) * sqrt((1 + srcc**2 / 2) / (images - 3))


def srcc_difference_error(models: Models, difference: float, images: int, label: float) -> float:
    """Standard error of a difference of SRCCs on the same images, averaged over perspectives.

    difference: by which the second model is better. label: reliability of the scores compared with;
    its root attenuates both. Errors of the two correlate as those of overlapping Pearson
    correlations: Steiger (1980), Psychological Bulletin 87:245.
    """
    one, two = models.srcc * sqrt(label), (models.srcc + difference) * sqrt(label)
    if not 0 < two < 1:
        raise PlanError(_NO_SRCC, _FIX_SRCC, srcc=f"{two:g}")
    errors = srcc_error(one, images), srcc_error(two, images)
    together = overlapping_correlation(one, two, models.between)
    variance = errors[0] ** 2 + errors[1] ** 2 - 2 * together * errors[0] * errors[1]
    averaged = (1 + (models.perspectives - 1) * models.shared) / models.perspectives
    return sqrt(max(variance, 0.0) * averaged)


def overlapping_correlation(one: float, two: float, between: float) -> float:
    """Correlation of the errors of r(y, 1) and r(y, 2) if r(1, 2) is `between`."""
    rest = 1 - one**2 - two**2
    shared = between * rest - one * two * (rest - between**2) / 2
    return min(1.0, shared / ((1 - one**2) * (1 - two**2)))


def plan_srcc(
    variances: Variances,
    models: Models,
    wanted: float,
    ratings_per_image: int,
    labour: Labour | None = None,
) -> Plan:
    """Held-out images for a difference of `wanted` in SRCC with true scores.

    Their scores are means of `ratings_per_image` ratings, which attenuates both correlations and
    the difference.
    """
    _refuse_unless_positive(_DIFFERENCE, wanted)
    _refuse_below(_RATINGS, ratings_per_image, 1)
    label = variances.reliability(ratings_per_image)
    # The error falls exactly as 1/√(images − 3).
    error = srcc_difference_error(models, wanted, 4, label)
    scale = _factor() / sqrt(label)
    images = max(10, 3 + ceil((scale * error / wanted) ** 2 - 1e-9))
    return Plan(
        images,
        ratings_per_image,
        scale * error / sqrt(images - 3),
        work_of(images * ratings_per_image, ratings_per_image, labour or Labour()),
        gettext_noop("a true difference of this size is found in 80 of 100 such hold-outs"),
        "Bonett and Wright (2000), Psychometrika 65:23; Steiger (1980), Psychological Bulletin "
        "87:245",
    )


def _per_image(variances: Variances, contrast: Contrast, ratings_per_image: int) -> float:
    own = (1 - contrast.prompt_share) * variances.stimulus
    return 2 * (own + variances.rating / ratings_per_image)


def _tastes(variances: Variances, contrast: Contrast) -> float:
    return 2 * contrast.taste_share * variances.subject / contrast.raters


def _both_sides() -> float:
    return float(stats.norm.ppf(1 - SIGNIFICANCE / 2))


def _factor() -> float:
    """Standard errors that a difference must be to be found with the power wanted: 2.80."""
    return _both_sides() + float(stats.norm.ppf(POWER))


def _refuse_unless_positive(template: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0):
        raise PlanError(template, _FIX_POSITIVE, value=value)


def _refuse_below(template: str, value: float, least: int) -> None:
    if value < least:
        raise PlanError(template, _FIX_LEAST, value=value, least=least)
