"""How many ratings, minutes and what cost a study needs for what it is to find out.

From the study's own variance components if its ratings give them, else from stated defaults; by
`agreement.planning`, which has the formulas.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...models import Perspective, Study
from ...studies.counting import main_stimuli
from ..agreement.planning import (
    Contrast,
    Labour,
    Models,
    Plan,
    PlanError,
    Variances,
    Work,
    default_variances,
    half_width,
    plan_difference,
    plan_half_width,
    plan_srcc,
    ratings_left,
    study_variances,
    work_of,
)
from ..votes import limits_of
from .figures import PerspectiveAgreement
from .selectors import PanelResults

#: Ratings per image that the curve of half-widths goes up to.
CURVE = 30


@dataclass(frozen=True)
class Wishes:
    """What is to be found out; None if that is not asked."""

    #: Points of the scale, around each image's score.
    half_width: float | None
    #: Points between the means of two generators.
    difference: float | None
    #: Between two models on the same held-out images.
    srcc_difference: float | None
    #: Of the better known model.
    srcc: float
    #: Behind each score, for the two differences.
    ratings_per_image: int
    #: Of the whole study.
    raters: int
    labour: Labour


#: Shares of the scale's range that a half-width and a difference of generators start from.
_HALF_WIDTH, _DIFFERENCE = 1 / 8, 1 / 16
#: Raters of a study that has none yet.
_RATERS = 20


def default_wishes(study: Study, perspective: Perspective, results: PanelResults | None) -> Wishes:
    """What a plan starts from: the study's own numbers as far as it has them."""
    scale = limits_of(perspective.settings.scale)
    extent = scale.maximum - scale.minimum
    known = results.of(perspective.key) if results else None
    seconds = results.median_seconds if results else None
    return Wishes(
        half_width=_HALF_WIDTH * extent,
        difference=_DIFFERENCE * extent,
        srcc_difference=0.05,
        srcc=0.8,
        ratings_per_image=study.target_ratings,
        raters=known.raters if known else _RATERS,
        labour=Labour() if seconds is None else Labour(seconds=round(max(seconds, 0.1), 1)),
    )


@dataclass(frozen=True)
class Planned:
    """A goal by its name, its plan, or why there is none."""

    goal: str
    wanted: float
    plan: Plan | None
    impossible: PlanError | None = None


@dataclass(frozen=True)
class StudyPlan:
    """Plans for one perspective of a study."""

    variances: Variances
    images: int
    planned: tuple[Planned, ...]
    #: Of the plan for a half-width: what its ratings that are still missing take.
    left: Work | None


def study_plan(
    study: Study, perspective: Perspective, results: PanelResults | None, wishes: Wishes
) -> StudyPlan:
    """All plans that are wished for."""
    known = results.of(perspective.key) if results else None
    variances = variances_of(perspective, known)
    images = main_stimuli(study).count()
    planned = tuple(_plans(variances, images, wishes))
    half = next((item.plan for item in planned if item.goal == "half_width" and item.plan), None)
    if half is None:
        return StudyPlan(variances, images, planned, None)
    missing = _missing(known, images, half.ratings_per_image)
    left = work_of(missing, half.ratings_per_image, wishes.labour)
    return StudyPlan(variances, images, planned, left)


def variances_of(perspective: Perspective, known: PerspectiveAgreement | None) -> Variances:
    """The study's own, or the stated defaults on its scale."""
    if known is None or known.components is None or not known.components.total:
        return default_variances(limits_of(perspective.settings.scale))
    return study_variances(known.components)


def half_widths(variances: Variances) -> list[tuple[int, float]]:
    """Ratings per image, from 1, and the half-width of the interval that they give; points."""
    return [(n, half_width(variances, n)) for n in range(1, CURVE + 1)]


def _plans(variances: Variances, images: int, wishes: Wishes) -> Iterator[Planned]:
    ratings, labour = wishes.ratings_per_image, wishes.labour
    if (wanted := wishes.half_width) is not None:
        yield _planned(
            "half_width", wanted, lambda wanted: plan_half_width(variances, images, wanted, labour)
        )
    if (wanted := wishes.difference) is not None:
        contrast = Contrast(wishes.raters)
        yield _planned(
            "difference",
            wanted,
            lambda wanted: plan_difference(variances, contrast, wanted, ratings, labour),
        )
    if (wanted := wishes.srcc_difference) is not None:
        models = Models(wishes.srcc)
        yield _planned(
            "srcc_difference",
            wanted,
            lambda wanted: plan_srcc(variances, models, wanted, ratings, labour),
        )


def _planned(goal: str, wanted: float, make: Callable[[float], Plan]) -> Planned:
    try:
        return Planned(goal, wanted, make(wanted))
    except PlanError as error:
        return Planned(goal, wanted, None, error)


def _missing(known: PerspectiveAgreement | None, images: int, ratings_per_image: int) -> int:
    """Ratings to go until each image has so many."""
    rated = known.images_by_ratings if known else ()
    counts = np.repeat(np.arange(1, len(rated) + 1), rated)
    without = max(images - counts.size, 0)
    return ratings_left(counts, ratings_per_image) + without * ratings_per_image
