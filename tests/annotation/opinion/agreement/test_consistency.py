"""Correlations corrected for attenuation, and whom the default rule fails before and after."""

import numpy as np
import pytest

from annotation.opinion.agreement.base import first_votes
from annotation.opinion.agreement.consistency import (
    LEAST_RELIABILITY,
    corrected_correlation,
    largest_correlation,
    reliability_of_ratings,
)
from annotation.opinion.reliability.inter_rater import InterRater, inter_rater_correlations
from annotation.protocol.reliability_rules import ReliabilityRules
from tests.annotation.opinion.methods.panel import golden

from .panels import SIX_BY_FOUR, sparse_design, table

THRESHOLD = ReliabilityRules().inter_rater.threshold


def _of_golden(name: str) -> InterRater:
    panel = first_votes(golden(name)[0])
    return inter_rater_correlations(panel.score, panel.subject, panel.stimulus, panel.subjects)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        # Raters 0 to 4 correlate by .01 to .12 with 25 others; P.910 finds them the five least
        # consistent, too. Rater 6 has .745.
        ("itu_demo", [0, 1, 2, 3, 4, 6], [0, 1, 2, 3, 4]),
        ("nflx_public", [6], []),
        ("nflx_public_last4outliers", [6, 26, 27, 28, 29], [26, 27, 28, 29]),
        # 53 and 95 have .58 and .45.
        ("quality_variation_2017_agh_tv", [8, 22, 28, 44, 50, 53, 95], [53, 95]),
    ],
)
def test_the_default_rule_names_outliers_and_spares_the_rest(
    name: str, before: list[int], after: list[int]
) -> None:
    found = _of_golden(name)
    assert np.flatnonzero(found.pearson < THRESHOLD).tolist() == before
    assert np.flatnonzero(found.corrected < THRESHOLD).tolist() == after


def test_the_itu_demos_five_are_p910s_least_consistent() -> None:
    _panel, expected = golden("itu_demo")
    inconsistency = np.array(expected["p910_mle"]["observer_inconsistency"])
    assert set(np.argsort(-inconsistency)[:5].tolist()) == {0, 1, 2, 3, 4}


def _world(seed: int, each: int, sd: float, random: int) -> InterRater:
    """20 raters of 60 images each, on five levels; the first `random` answer by chance."""
    generator = np.random.default_rng(seed)
    stimuli = 20 * 60 // each
    stimulus, subject = sparse_design(generator, stimuli=stimuli, subjects=20, each=each)
    score = 3 + generator.normal(size=stimuli)[stimulus] + sd * generator.normal(size=stimulus.size)
    score += 0.3 * generator.normal(size=20)[subject]
    score = np.where(subject < random, generator.uniform(0.5, 5.5, score.size), score)
    return inter_rater_correlations(np.clip(np.round(score), 1, 5), subject, stimulus, 20)


@pytest.mark.parametrize(("each", "plain"), [(15, 0.2), (5, 0.5), (3, 0.8)])
def test_honest_raters_of_sparse_panels_pass_and_random_ones_do_not(
    each: int, plain: float
) -> None:
    worlds = [_world(seed, each, 0.7, random=2) for seed in range(8)]
    failed = np.array([item.corrected < THRESHOLD for item in worlds])
    assert failed[:, 2:].mean() <= 0.03
    assert failed[:, :2].all()
    # The plain correlation fails most of the honest ones.
    assert np.mean([item.pearson[2:] < THRESHOLD for item in worlds]) > plain


def test_the_largest_correlation_by_hand() -> None:
    # ρ = 1/1.49 of images with variance 1 and errors of 0.49; means of four others have the
    # reliability 1/(1 + 0.49/4): √(1/1.49 · 1/1.1225) = 0.7732.
    found = largest_correlation(1 / 1.49, np.array([1 / 4, 0.0]))
    assert found == pytest.approx([0.7732, 0.8192], abs=1e-4)


def test_means_of_unequally_many_others_go_by_the_mean_of_their_inverses() -> None:
    # Errors' variances of 0.49/1 and 0.49/3 average to 0.49 · 2/3.
    found = float(largest_correlation(1 / 1.49, np.array((1 + 1 / 3) / 2)))
    assert found == pytest.approx((1 / 1.49 / (1 + 0.49 * 2 / 3)) ** 0.5)


def test_a_corrected_correlation_stays_within_1() -> None:
    found = corrected_correlation(np.array([0.9, -0.9, 0.3]), 0.5, np.array(0.5))
    # √(½ · 1/1.5) = .5774.
    assert found == pytest.approx([1, -1, 0.5196], abs=1e-4)


def test_complete_data_have_icc_3_1() -> None:
    panel = table(SIX_BY_FOUR)
    found = reliability_of_ratings(panel.score, panel.subject, panel.stimulus)
    assert found == pytest.approx(0.7148, abs=5e-5)


@pytest.mark.parametrize(
    "rows", [[[1, 5], [5, 1], [2, 4]], [[1], [2], [3]], [[1, 2, 3]], [[1, 2]], [[3, 3], [3, 3]]]
)
def test_a_reliability_that_is_low_or_unknown_is_the_least(rows: list[list[float]]) -> None:
    panel = table(rows)
    found = reliability_of_ratings(panel.score, panel.subject, panel.stimulus)
    assert found == LEAST_RELIABILITY


def test_raters_who_all_answer_at_random_do_not_pass() -> None:
    generator = np.random.default_rng(5)
    stimulus, subject = sparse_design(generator, stimuli=300, subjects=12, each=5)
    found = inter_rater_correlations(generator.integers(1, 6, 1500), subject, stimulus, 12)
    assert (found.corrected < THRESHOLD).all()


def test_excluded_raters_do_not_say_how_reliable_ratings_are() -> None:
    panel = first_votes(golden("nflx_public_last4outliers")[0])
    kept = panel.subject < 26
    found = inter_rater_correlations(panel.score, panel.subject, panel.stimulus, 30, counting=kept)
    clean = _of_golden("nflx_public")
    assert found.corrected[:26] == pytest.approx(clean.corrected, abs=1e-6)
    assert (found.corrected[26:] < THRESHOLD).all()
