"""What sets the methods of others apart: screening, z-scores, and where P.910 breaks."""

from typing import Any

import numpy as np
import pytest

from annotation.opinion.methods import METHODS, ScaleLimits, Votes
from annotation.opinion.methods.ambiguity import fit_ambiguity
from annotation.opinion.methods.graph import APART
from annotation.opinion.methods.p910 import COLLAPSED, DECIDES, P910Parameters
from annotation.opinion.methods.screening import REJECTED
from annotation.opinion.methods.zscore import WITHOUT

from .panel import ACR5, SLIDER, estimated, golden, votes

SCREENS = ("bt500", "bt500_sureal", "p913", "aigciqa2023")


def dense(score: Any, scale: ScaleLimits = ACR5) -> Votes:
    """Of a table with a row per stimulus and a column per subject; NaN is no vote."""
    table = np.asarray(score, dtype=np.float64)
    there = np.isfinite(table)
    stimulus, subject = np.nonzero(there)
    rows, columns = table.shape
    return votes(table[there], stimulus, subject, stimuli=rows, subjects=columns, scale=scale)


def with_one_who_guesses() -> Any:
    """40 stimuli; nine subjects say 3, or 2 or 4 in turns; the last says 1 and 5 in turns."""
    rows, columns = np.indices((40, 10))
    table = 3.0 + np.array([0, 1, 0, -1, 0])[(rows + columns) % 5]
    table[:, -1] = np.where(np.arange(40) % 2, 1, 5)
    return table


@pytest.mark.parametrize("name", SCREENS)
def test_who_is_far_off_on_both_sides_is_rejected_with_the_reason(name: str) -> None:
    found = estimated(name, dense(with_one_who_guesses()))
    assert found.subjects.verdict.tolist() == ["kept"] * 9 + ["rejected"]
    assert found.subjects.reason.tolist() == [""] * 9 + [REJECTED]
    assert (found.n <= 9).all()
    # Nevertheless their bias is known, and the mean is that of all.
    assert np.isfinite(found.subjects.bias).all()
    np.testing.assert_allclose(found.mean, with_one_who_guesses().mean(axis=1))


@pytest.mark.parametrize("name", ["bt500", "bt500_sureal", "aigciqa2023"])
def test_who_is_far_off_on_one_side_alone_is_kept(name: str) -> None:
    table = with_one_who_guesses()
    table[:, -1] = 1
    assert "rejected" not in estimated(name, dense(table)).subjects.verdict.tolist()


@pytest.mark.parametrize("name", SCREENS)
def test_nobody_is_rejected_for_agreeing(name: str) -> None:
    # Every score is at m + kS, as S is 0: sureal counts them as far on both sides.
    table = np.tile([[1.0], [3.0], [5.0]], (4, 6))
    found = estimated(name, dense(table))
    assert found.subjects.verdict.tolist() == ["kept"] * 6
    assert found.n.tolist() == [6] * 12


def test_a_share_is_of_what_a_subject_has_seen_or_of_all() -> None:
    # The last subject saw two of 40 and was far above on one, far below on the other: 100 % of what
    # they saw, 5 % of all, which is not more than 5 %.
    table = with_one_who_guesses()
    table[np.isin(np.arange(40), [4, 7], invert=True), -1] = np.nan
    assert estimated("bt500", dense(table)).subjects.verdict[-1] == "rejected"
    assert estimated("bt500_sureal", dense(table)).subjects.verdict[-1] == "kept"


def test_a_stimulus_that_only_the_rejected_rated_has_no_score() -> None:
    table = np.full((41, 10), np.nan)
    table[:40] = with_one_who_guesses()
    table[40, -1] = 4
    found = estimated("bt500", dense(table))
    assert found.n[40] == 0
    assert np.isnan(found.value[40])
    assert found.mean[40] == 4


def test_z_scores_by_hand() -> None:
    # Subject 0: 1, 2, 3, so mean 2 and sd 1; subject 1: 1, 3, 5, so mean 3 and sd 2: both −1, 0, 1.
    # Subject 2 always says 4 and subject 3 says one thing only: they have no z.
    table = [[1, 1, 4, 5], [2, 3, 4, np.nan], [3, 5, 4, np.nan]]
    found = estimated("zscore", dense(table))
    np.testing.assert_allclose(found.value, [-1, 0, 1], atol=1e-12)
    assert found.n.tolist() == [2, 2, 2]
    assert found.subjects.verdict.tolist() == ["kept", "kept", "", ""]
    assert found.subjects.reason.tolist() == ["", "", WITHOUT, WITHOUT]
    scaled = estimated("aigciqa2023", dense(table))
    np.testing.assert_allclose(scaled.value, [100 / 3, 50, 200 / 3])


def test_a_single_score_far_from_the_others_is_dropped_after_the_spread_is_taken() -> None:
    # Ten subjects, six stimuli. On the last, nine say 3 and one 5: kurtosis 8.11 is not 2…4, so far
    # is √20 · 0.632 = 2.83 from 3.2: kept. On a slider with 30 subjects it is far: 29 say 50, one
    # 100, S = 9.13, √20 S = 40.8, and 100 is 48.3 above the mean.
    table = np.tile(np.arange(6.0)[:, None] * 10 + 20, (1, 30)) + np.arange(30) % 3
    table[5] = 50
    table[5, 7] = 100
    found = estimated("aigciqa2023", dense(table, SLIDER))
    assert found.n.tolist() == [30] * 5 + [29]
    own = table[:, 7]
    z = 100 * ((own[0] - own.mean()) / own.std(ddof=1) + 3) / 6
    others = np.delete(table, 7, axis=1)
    rest = 100 * ((others[0] - others.mean(axis=0)) / others.std(axis=0, ddof=1) + 3) / 6
    assert found.value[0] == pytest.approx((rest.sum() + z) / 30)


def test_p910_says_by_name_where_it_collapses() -> None:
    # Subject 0 and one other rate each stimulus: the fit gives itself up to one of them.
    generator = np.random.default_rng(5)
    stimulus = np.repeat(np.arange(60), 2)
    subject = np.tile([0, 1], 60)
    subject[1::2] = generator.integers(1, 9, 60)
    score = generator.integers(1, 6, 120)
    found = estimated("p910", votes(score, stimulus, subject, stimuli=60, subjects=9))
    assert COLLAPSED in found.notes
    decides = found.subjects.inconsistency < 0.25
    assert decides.any()
    assert (found.subjects.reason == np.where(decides, DECIDES, "")).all()
    # Its interval does not believe it: the others' votes still have a say in the width.
    assert (found.high - found.low > 0.5).all()


def test_p910_says_that_groups_without_a_common_image_cannot_be_compared() -> None:
    table = np.full((6, 6), np.nan)
    table[:3, :3] = [[1, 2, 2], [3, 4, 3], [5, 4, 5]]
    table[3:, 3:] = [[1, 2, 2], [3, 4, 3], [5, 4, 5]]
    for name in ("p910", "p913"):
        assert APART in estimated(name, dense(table)).notes


def test_p910_has_weights_count_in_scores() -> None:
    # Without differences between subjects all have the same say; then the mean is the weighted one.
    panel = dense([[2, 4], [4, 2]])
    weighed = Votes.of(
        panel.score,
        panel.stimulus,
        panel.subject,
        weight=np.where(panel.subject == 0, 1.0, 0.25),
        scale=ACR5,
        stimuli=2,
        subjects=2,
    )
    assert estimated("p910", weighed).value[0] < estimated("p910", panel).value[0]


def test_content_ambiguity_agrees_with_sureal_s_model_of_it() -> None:
    # `MaximumLikelihoodEstimationModel` of sureal 0.9.0, which steps by a tenth of Newton's step
    # and ends at 1e-8 from where it was; eight stimuli show one content. Of σ and a only σ² + a² is
    # determined. 26 subjects, ten contents.
    panel, _ = golden("nflx_public")
    content = np.arange(79) // 8
    found = fit_ambiguity(panel, content, least=0.0)
    fit = found.projection
    assert fit.settled
    first = [1.3233230834523497, 2.0414761226684752, 2.412351557038454]
    np.testing.assert_allclose(fit.quality[:3], first, rtol=1e-6)
    np.testing.assert_allclose(fit.quality.mean(), 3.544790652227925, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt((fit.quality**2).mean()), 3.7422279540891275, rtol=1e-6)
    np.testing.assert_allclose(fit.standard_error.mean(), 0.11207450754121451, rtol=1e-6)
    bias = [-0.18923599480361966, -0.1886713789392711, 0.24786994677514762]
    np.testing.assert_allclose(fit.bias[:3], bias, rtol=1e-6)
    spread = np.hypot.outer(found.ambiguity[[0, 8, 16]], fit.inconsistency[:3])
    known = [
        [0.6011562695704088, 0.5345493557811559, 0.7417534777891722],
        [0.5609967101797835, 0.4889493451828919, 0.7095961317545793],
        [0.5139330573444331, 0.4341443777749921, 0.6730056082975225],
    ]
    np.testing.assert_allclose(spread, known, rtol=1e-6)


def test_content_ambiguity_finds_the_images_that_divide_people() -> None:
    generator = np.random.default_rng(8)
    ambiguity = np.repeat([0.2, 1.0], 30)
    stimulus, subject = (item.ravel() for item in np.indices((60, 30)))
    noise = generator.normal(size=1800) * np.hypot(ambiguity[stimulus], 0.5)
    score = np.clip(generator.normal(50, 10, 60)[stimulus] + noise, 0, 100)
    panel = votes(score, stimulus, subject, stimuli=60, subjects=30, scale=SLIDER)
    found = METHODS["p910"].estimate(panel, P910Parameters(content_ambiguity=True))
    assert found.ambiguity is not None
    assert np.median(found.ambiguity[:30]) < 0.5
    assert np.median(found.ambiguity[30:]) == pytest.approx(1, abs=0.2)
    assert estimated("p910", panel).ambiguity is None
