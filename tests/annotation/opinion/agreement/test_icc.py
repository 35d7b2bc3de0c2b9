"""Variance components and ICC against Shrout and Fleiss, pingouin and statsmodels."""

import dataclasses
import time
from collections.abc import Callable

import numpy as np
import pytest

from annotation.opinion.agreement import components as module
from annotation.opinion.agreement.base import AgreementError
from annotation.opinion.agreement.components import one_way_components, two_way_components
from annotation.opinion.agreement.icc import Form, intraclass, intraclass_correlations
from annotation.opinion.agreement.two_way import Factors, henderson
from tests.annotation.opinion.methods.panel import golden, permuted, votes

from .panels import SIX_BY_FOUR, WIDE, simulated, sparse_design, table


def test_shrout_and_fleiss_six_by_four() -> None:
    forms = intraclass_correlations(table(SIX_BY_FOUR)).forms
    assert {form.value: round(found.value, 4) for form, found in forms.items()} == {
        "ICC(1,1)": 0.1657,
        "ICC(2,1)": 0.2898,
        "ICC(3,1)": 0.7148,
        "ICC(1,k)": 0.4428,
        "ICC(2,k)": 0.6201,
        "ICC(3,k)": 0.9093,
    }


def test_complete_data_have_the_components_of_the_analysis_of_variance() -> None:
    # Shrout and Fleiss, table 3: mean squares 11.24 (targets), 32.49 (judges), 1.02 (residual).
    found = two_way_components(table(SIX_BY_FOUR))
    assert found.stimulus == pytest.approx((11.24 - 1.02) / 4, abs=0.003)
    assert found.subject == pytest.approx((32.49 - 1.02) / 6, abs=0.003)
    assert found.residual == pytest.approx(1.02, abs=0.003)
    assert (found.ratings, found.stimuli, found.subjects, found.per_stimulus) == (24, 6, 4, 4)


@pytest.mark.parametrize(
    ("name", "expected"), [("nflx_public", 0.745), ("nflx_public_last4outliers", 0.584)]
)
def test_public_sets_have_pingouins_value(name: str, expected: float) -> None:
    panel, _expected = golden(name)
    found = intraclass(two_way_components(panel), Form.AGREEMENT_SINGLE)
    assert found.value == pytest.approx(expected, abs=6e-4)


def test_a_sparse_set_that_pingouin_refuses_has_a_value() -> None:
    panel, _expected = golden("quality_variation_2017_agh_tv")
    found = intraclass(two_way_components(panel), Form.AGREEMENT_SINGLE)
    # Alpha of the same set is .648; the ICC counts raters as random.
    assert found.value == pytest.approx(0.613, abs=0.001)
    assert found.meaning == "moderate reliability"


def test_sparse_data_have_the_components_of_statsmodels() -> None:
    # statsmodels 0.15.0, MixedLM with crossed vc_formula, REML: 96.864268, 14.280862, 55.317431.
    panel = simulated(4, stimuli=25, subjects=8, each=3)
    found = two_way_components(panel)
    parts = [found.stimulus, found.subject, found.residual]
    assert parts == pytest.approx([96.864268, 14.280862, 55.317431], rel=1e-4)


def test_more_subjects_than_stimuli_give_the_same_model() -> None:
    panel = simulated(4, stimuli=25, subjects=8, each=3)
    swapped = votes(panel.score, panel.subject, panel.stimulus, stimuli=8, subjects=25, scale=WIDE)
    one, two = two_way_components(panel), two_way_components(swapped)
    assert (two.subject, two.stimulus) == pytest.approx((one.stimulus, one.subject), rel=1e-5)
    assert two.covariance[[1, 0, 2]][:, [1, 0, 2]] == pytest.approx(one.covariance, rel=1e-3)


def test_the_order_of_votes_does_not_matter() -> None:
    panel = simulated(3, stimuli=30, subjects=10, each=4)
    mixed = permuted(panel, np.random.default_rng(0).permutation(panel.score.size))
    one, two = two_way_components(panel), two_way_components(mixed)
    assert two.stimulus == pytest.approx(one.stimulus)
    assert two.residual == pytest.approx(one.residual)


def test_intervals_cover_the_truth_on_sparse_panels() -> None:
    truth = {Form.AGREEMENT_SINGLE: 100 / 158, Form.AGREEMENT_MEAN: 100 / (100 + 58 / 5)}
    covered = dict.fromkeys(truth, 0)
    for seed in range(24):
        components = two_way_components(simulated(seed, stimuli=60))
        for form, value in truth.items():
            found = intraclass(components, form)
            assert found.low is not None
            assert found.high is not None
            covered[form] += found.low <= value <= found.high
    assert min(covered.values()) >= 21


def test_a_component_that_is_none_is_0_and_has_no_covariance() -> None:
    found = two_way_components(simulated(5, sds=(10, 0, 7), stimuli=60, subjects=6))
    other = two_way_components(simulated(2, sds=(0, 3, 7), stimuli=40, subjects=12))
    assert found.subject < 2
    assert other.stimulus < 5
    none = [item for item in (found, other) if 0 in (item.subject, item.stimulus)]
    for item in none:
        place = 1 if item.subject == 0 else 0
        assert not item.covariance[place].any()


def test_an_icc_of_0_has_no_interval() -> None:
    # Every rater gives 1 2 3 4 in turn, so images do not differ.
    rows = [[1, 2, 3, 4], [2, 3, 4, 1], [3, 4, 1, 2], [4, 1, 2, 3]]
    found = intraclass(two_way_components(table(rows)), Form.AGREEMENT_SINGLE)
    assert (found.value, found.low, found.high) == (0, None, None)


def test_raters_who_agree_exactly_have_an_icc_of_1() -> None:
    found = intraclass_correlations(table([[1, 1], [3, 3], [5, 5], [2, 2]])).forms
    assert all(item.value == pytest.approx(1, abs=1e-5) for item in found.values())


def test_disconnected_groups_are_counted() -> None:
    generator = np.random.default_rng(0)
    stimulus, subject = np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20)
    subject = subject + 3 * (stimulus >= 10)
    panel = votes(generator.integers(1, 6, 60), stimulus, subject, stimuli=20, subjects=6)
    assert two_way_components(panel).groups == 2
    assert two_way_components(table(SIX_BY_FOUR)).groups == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1], [2], [4]], "no image was rated by two raters"),
        ([[1, 2, 4]], "only one image was rated"),
        ([[3, 3], [3, 3]], "all 4 ratings are 3: nothing varies"),
    ],
)
def test_what_says_nothing_is_refused(rows: list[list[float]], message: str) -> None:
    with pytest.raises(AgreementError, match=message):
        two_way_components(table(rows))


def test_raters_with_one_rating_each_fit_the_one_way_model_only() -> None:
    panel = votes([1, 2, 4, 5, 3, 3], [0, 0, 1, 1, 2, 2], range(6), stimuli=3, subjects=6)
    with pytest.raises(AgreementError, match="no rater has two ratings"):
        two_way_components(panel)
    # Mean squares by hand: between 2 (1.5² + 1.5² + 0) / 2 = 4.5, within (½ + ½ + 0) / 3 = ⅓.
    found = one_way_components(panel)
    assert found.residual == pytest.approx(1 / 3, rel=1e-4)
    assert found.stimulus == pytest.approx((4.5 - 1 / 3) / 2, rel=1e-4)


def test_no_votes_are_refused() -> None:
    with pytest.raises(AgreementError, match="there are no ratings"):
        two_way_components(votes([], [], [], stimuli=3, subjects=2))


def test_too_large_a_panel_is_drawn_from_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DENSE", 20)
    panel = simulated(6, stimuli=200, subjects=40)
    found, again = (two_way_components(panel, seed=3) for _time in range(2))
    assert (found.stimuli, found.drawn_from, found.seed) == (20, 200, 3)
    assert found.stimulus == again.stimulus
    assert two_way_components(panel, seed=4).stimulus != found.stimulus


def test_hendersons_moments_are_unbiased_on_sparse_data() -> None:
    found = []
    for seed in range(40):
        panel = simulated(seed, stimuli=60, subjects=20, each=3)
        factors = Factors(panel.stimulus, panel.subject, (60, 20))
        moments = henderson(panel.score, factors)
        assert moments is not None
        found.append(dataclasses.astuple(moments))
    assert np.mean(found, axis=0) == pytest.approx([100, 9, 49], rel=0.12)


def test_five_thousand_images_by_five_hundred_raters(
    record_property: Callable[[str, object], None],
) -> None:
    generator = np.random.default_rng(0)
    stimulus = np.repeat(np.arange(5_000), 5)
    subject = (generator.integers(0, 500, 5_000)[:, None] + [0, 41, 97, 211, 503]) % 500
    subject = subject.ravel()
    score = (
        generator.normal(0, 0.8, 5_000)[stimulus]
        + generator.normal(0, 0.3, 500)[subject]
        + generator.normal(0, 0.7, 25_000)
    )
    panel = votes(score, stimulus, subject, stimuli=5_000, subjects=500, scale=WIDE)
    begin = time.perf_counter()
    found = two_way_components(panel)
    record_property("seconds", time.perf_counter() - begin)
    assert found.drawn_from is None
    assert [found.stimulus, found.subject, found.residual] == pytest.approx(
        [0.64, 0.09, 0.49], rel=0.1
    )


def test_a_panel_in_mixed_order_is_what_it_says() -> None:
    stimulus, subject = sparse_design(np.random.default_rng(0), stimuli=9, subjects=5, each=3)
    assert np.bincount(stimulus).tolist() == [3] * 9
    assert len(set(zip(stimulus.tolist(), subject.tolist(), strict=True))) == 27
