"""Plans, by hand arithmetic and against simulated studies."""

import numpy as np
import pytest
from scipy import stats

from annotation.opinion.agreement.base import AgreementError
from annotation.opinion.agreement.components import two_way_components
from annotation.opinion.agreement.planning import (
    Contrast,
    Labour,
    Models,
    Source,
    Variances,
    default_variances,
    detectable_difference,
    half_width,
    overlapping_correlation,
    plan_difference,
    plan_half_width,
    plan_srcc,
    ratings_left,
    srcc_difference_error,
    srcc_error,
    study_variances,
    work_of,
)
from tests.annotation.opinion.methods.panel import ACR5

from .panels import simulated

UNIT = Variances(1.0, 0.2, 0.8)


def test_ratings_for_a_half_width_by_hand() -> None:
    # (1.959964 / 0.5)² = 15.37 ratings of variance 1.
    plan = plan_half_width(UNIT, 100, 0.5, Labour(seconds=6, hourly_pay=12, fee=0.25, extra=0.1))
    assert (plan.images, plan.ratings_per_image) == (100, 16)
    assert plan.reached == pytest.approx(1.959964 / 4)
    # 1,600 ratings and 160 further trials of 6 s: 176 minutes, 12 an hour and a quarter more.
    assert (plan.work.ratings, plan.work.raters) == (1600, 16)
    assert plan.work.minutes == pytest.approx(176)
    assert plan.work.cost == pytest.approx(176 / 60 * 12 * 1.25)


def test_cost_is_not_said_without_a_pay_and_raters_do_not_rate_twice() -> None:
    work = work_of(1000, 5, Labour(ratings_per_rater=100))
    assert (work.cost, work.raters) == (None, 10)
    assert work_of(10, 5, Labour()).raters == 5


def test_a_half_width_holds_in_simulated_studies() -> None:
    generator = np.random.default_rng(0)
    plan = plan_half_width(UNIT, 1, 0.6)
    n, studies = plan.ratings_per_image, 4000
    rater, chance = generator.normal(size=(2, studies, n))
    error = (0.2**0.5 * rater + 0.8**0.5 * chance).mean(axis=1)
    assert (np.abs(error) <= half_width(UNIT, n)).mean() == pytest.approx(0.95, abs=0.012)


def test_defaults_follow_from_the_sos_hypothesis() -> None:
    found = default_variances(ACR5, sos=0.2)
    # Images of SD 1 around 3: a (4 − 1) = 0.6, of which a fifth is the raters'.
    parts = (found.stimulus, found.subject, found.residual)
    assert parts == pytest.approx((1, 0.12, 0.48))
    assert found.source is Source.DEFAULTS


def test_a_study_plans_from_its_own_ratings() -> None:
    found = study_variances(two_way_components(simulated(1)))
    assert found.source is Source.STUDY
    assert found.rating == pytest.approx(9 + 49, rel=0.25)
    # 100 / (100 + 58/5), the reliability of five ratings.
    assert found.reliability(5) == pytest.approx(0.896, abs=0.05)


def test_ratings_to_go_count_no_surplus() -> None:
    assert ratings_left([0, 3, 5, 9], 5) == 7


def test_images_for_a_difference_by_hand() -> None:
    # Without tastes: 2 (1 + 1/4) / I = (0.5 / 2.8016)² → I = 78.49.
    contrast = Contrast(raters=10, taste_share=0)
    plan = plan_difference(UNIT, contrast, 0.5, 4)
    assert plan.images == 79
    assert plan.reached == pytest.approx(2.801585 * (2.5 / 79) ** 0.5, rel=1e-6)
    assert plan.work.ratings == 2 * 79 * 4


def test_prompts_in_common_save_images_and_tastes_cost_them() -> None:
    def images(**changes: float) -> int:
        return plan_difference(UNIT, Contrast(raters=20, **changes), 0.5, 4).images

    assert images(prompt_share=0.5, taste_share=0) == 48  # 2 (½ + ¼) · 31.395 = 47.09
    assert images(taste_share=0.5) > images(taste_share=0)


def test_too_few_raters_are_told_how_many_are_needed() -> None:
    # 2 · 0.25 · 0.2 / U < (0.2 / 2.8016)² = .005096 from U = 20.
    with pytest.raises(AgreementError, match=r"10 raters cannot tell .* 20 or more can"):
        plan_difference(UNIT, Contrast(raters=10), 0.2, 4)
    assert plan_difference(UNIT, Contrast(raters=20), 0.2, 4).images > 1000


def test_a_planned_difference_has_its_power_in_simulated_studies() -> None:
    generator = np.random.default_rng(3)
    contrast = Contrast(raters=12, prompt_share=0.4, taste_share=1)
    plan = plan_difference(UNIT, contrast, 0.7, 3)
    images, n, studies = plan.images, plan.ratings_per_image, 1500
    found = []
    for _study in range(studies):
        # Two generators, the same prompts; raters drawn for each image.
        own = 0.6**0.5 * generator.normal(size=(2, images)) + [[0.7], [0]]
        level, tastes = 0.2**0.5 * generator.normal(size=12), generator.normal(size=(2, 12))
        who = generator.permuted(np.tile(np.arange(12), (2, images, 1)), axis=2)[..., :n]
        liking = np.take_along_axis(0.2**0.5 * tastes[:, None, :], who, axis=2)
        noise = 0.8**0.5 * generator.normal(size=(2, images, n))
        means = (own + (level[who] + liking + noise).mean(axis=2)).mean(axis=1)
        found.append(means[0] - means[1])
    error = detectable_difference(UNIT, contrast, images, n) / 2.801585
    assert np.std(found) == pytest.approx(error, rel=0.06)
    assert np.mean(np.array(found) > 1.959964 * error) == pytest.approx(0.8, abs=0.04)


def test_srccs_errors_are_those_measured() -> None:
    # Measured at 72 images: .033 for the mean of three perspectives, .030–.040 for a difference;
    # at 300: .013–.015 (SRCC about .8, models that agree by about .9).
    mean_of_three = srcc_error(0.8, 72) * ((1 + 2 * 0.2) / 3) ** 0.5
    assert mean_of_three == pytest.approx(0.033, abs=0.002)
    models = Models(0.8, between=0.9)
    assert 0.030 <= srcc_difference_error(models, 0.0, 72, 1) <= 0.040
    assert srcc_difference_error(models, 0.0, 300, 1) == pytest.approx(0.0165, abs=0.002)


def test_steigers_correlation_of_errors_by_hand() -> None:
    # r = .8, .8 and .9: (.9 (−.28) − .32 (−.28 − .81)) / .36² = .0968 / .1296.
    assert overlapping_correlation(0.8, 0.8, 0.9) == pytest.approx(0.0968 / 0.1296)


def _simulated_difference(images: int, studies: int) -> float:
    """SD of the difference of SRCCs of two models that correlate by .8 with the truth and .9 with
    each other."""
    covariance = np.array([[1, 0.8, 0.8], [0.8, 1, 0.9], [0.8, 0.9, 1]])
    draws = np.random.default_rng(0).multivariate_normal(np.zeros(3), covariance, (studies, images))
    ranks = stats.rankdata(draws, axis=1)
    found = [np.corrcoef(item.T)[0, 1:] for item in ranks]
    return float(np.std([one - two for one, two in found]))


def test_a_difference_of_srccs_spreads_as_planned_in_simulated_hold_outs() -> None:
    # Of Pearson correlations of these; Spearman's are about .79 and .89.
    planned = srcc_difference_error(Models(0.787, between=0.891), 0.0, 72, 1)
    assert _simulated_difference(72, 1500) == pytest.approx(planned, rel=0.1)


def test_images_for_a_difference_of_srccs_by_hand() -> None:
    exact = Variances(1.0, 0, 1e-9)
    plan = plan_srcc(exact, Models(0.8, between=0.9), 0.03, 5)
    one, two = (1 - 0.64) * 1.32**0.5, (1 - 0.83**2) * (1 + 0.83**2 / 2) ** 0.5
    together = overlapping_correlation(0.8, 0.83, 0.9)
    variance = one**2 + two**2 - 2 * together * one * two
    assert plan.images == 3 + np.ceil((2.801585 / 0.03) ** 2 * variance)
    assert plan.reached <= 0.03


def test_noisy_labels_and_fewer_perspectives_need_more_images() -> None:
    clean = plan_srcc(UNIT, Models(0.8), 0.03, 20).images
    assert plan_srcc(UNIT, Models(0.8), 0.03, 3).images > clean
    assert plan_srcc(UNIT, Models(0.8, perspectives=3), 0.03, 20).images < clean


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Variances(float("nan"), 0, 1), "cannot be"),
        (lambda: Variances(1, 0, 0), "not all 0"),
        (lambda: Labour(seconds=-1), "0 or more"),
        (lambda: Contrast(raters=0), "number of raters of 0 is too small"),
        (lambda: Contrast(raters=3, prompt_share=2), "shares of 2"),
        (lambda: Models(1.0), "below 1"),
        (lambda: plan_half_width(UNIT, 10, 0), "half-width of 0 cannot be planned"),
        (lambda: plan_half_width(UNIT, 0, 1), "number of images of 0 is too small"),
        (lambda: plan_difference(UNIT, Contrast(3), float("nan"), 3), "difference of nan"),
        (lambda: plan_srcc(UNIT, Models(0.9), 0.3, 500), "ask for a smaller difference"),
        (lambda: srcc_error(0.5, 3), "number of images of 3 is too small"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_named(make: object, message: str) -> None:
    with pytest.raises(AgreementError, match=message):
        make()  # type: ignore[operator]
