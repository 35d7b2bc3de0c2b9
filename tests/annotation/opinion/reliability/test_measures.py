"""The measures of one rater. Expected numbers are by hand."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.opinion.reliability.measures import (
    Absences,
    AttentionChecks,
    GoldAnswers,
    Pace,
    RepeatAgreement,
    absences,
    attention_checks,
    gold_answers,
    pace,
    retest,
    straight_lining,
)
from annotation.protocol.scales import ACR5, ACR11, SLIDER5, SLIDER100, Scale

NAN = math.nan
INF = math.inf
ONE, TWO, THREE = (ACR5,), (ACR5, ACR5), (ACR5, ACR5, ACR5)
#: Ten or fewer trials with three scores of 1…5.
TRIALS = st.lists(st.tuples(*[st.integers(1, 5)] * 3), max_size=10)
Trials = list[tuple[int, int, int]]
Rows = list[list[float]]


def _on(scale: Scale, trials: Trials) -> Rows:
    """Scores of five levels at the same places of another scale."""
    return [[scale.from_unit((score - 1) / 4) for score in row] for row in trials]


def test_repeats_of_two_perspectives_by_hand() -> None:
    result = retest([[1, 5], [2, 5], [3, 5], [4, 5]], [[2, 5], [2, 5], [4, 5], [4, 4]], TWO)
    # First: deviations −1.5 −.5 .5 1.5 and −1 −1 1 1, products 4, squares 5 and 4: 4/√20.
    # Second: the first scores do not vary.
    one, two = result.perspectives
    assert one.pearson == pytest.approx(0.894427, abs=1e-6)
    assert (one.mean_absolute_difference, one.n) == (0.5, 4)
    assert two == RepeatAgreement(None, 0.25, 4)
    # Over all: products 4 + 0, squares 5 + 0 and 4 + .75 (deviations .25 .25 .25 −.75): 4/√23.75.
    assert result.overall.pearson == pytest.approx(0.820783, abs=1e-6)
    assert result.overall.mean_absolute_difference == 3 / 8
    assert result.overall.n == 8


def test_a_difference_is_in_levels_of_a_fourth_of_the_scale() -> None:
    # 10 of 0…100 is .4 level; .5 of 0…5 is .4 level; 1 of 0…10 is .4 level.
    result = retest([[50, 2, 7]], [[60, 2.5, 6]], (SLIDER100, SLIDER5, ACR11))
    for agreement in (*result.perspectives, result.overall):
        assert agreement.mean_absolute_difference == pytest.approx(0.4)
        assert agreement.pearson is None


def test_finding_perspectives_different_is_not_agreeing_with_oneself() -> None:
    # A plain correlation of all 8 pairs would be near 1.
    first = [[1, 5], [2, 4], [1, 4], [2, 5]]
    second = [[2, 5], [2, 5], [1, 4], [1, 4]]
    assert retest(first, second, TWO).overall.pearson == pytest.approx(0)


def test_a_perspective_that_was_not_asked_twice_has_no_pair() -> None:
    first: Rows = [[1, NAN], [2, 3]]
    result = retest(first, [[1, NAN], [3, NAN]], TWO)
    assert result.perspectives[1] == RepeatAgreement(None, None, 0)
    assert result.overall == RepeatAgreement(None, 0.5, 2)


def test_without_repeats_nothing_is_known() -> None:
    nothing = RepeatAgreement(None, None, 0)
    result = retest([], [], TWO)
    assert (result.overall, *result.perspectives) == (nothing, nothing, nothing)


@given(TRIALS, st.randoms(use_true_random=False), st.sampled_from([ACR11, SLIDER5, SLIDER100]))
def test_repeats_do_not_depend_on_scale_or_order(
    trials: Trials, random: Random, scale: Scale
) -> None:
    rows = [((a, b, c), (c, b, a)) for a, b, c in trials]
    mixed = random.sample(rows, len(rows))
    one = retest([a for a, _ in rows], [b for _, b in rows], THREE)
    two = retest(_on(scale, [a for a, _ in mixed]), _on(scale, [b for _, b in mixed]), (scale,) * 3)
    for left, right in zip(
        (one.overall, *one.perspectives), (two.overall, *two.perspectives), strict=True
    ):
        assert left.n == right.n
        assert left.pearson == (None if right.pearson is None else pytest.approx(right.pearson))
        assert left.mean_absolute_difference == (
            None
            if right.mean_absolute_difference is None
            else pytest.approx(right.mean_absolute_difference)
        )


@pytest.mark.parametrize(
    ("score", "within"), [(1, False), (2, True), (3, True), (4, True), (5, False)]
)
def test_a_gold_is_right_up_to_one_level_from_its_answer(score: float, within: bool) -> None:
    assert gold_answers([[score]], [[3]], [[3]], ONE) == GoldAnswers(int(within), 1)


@pytest.mark.parametrize(
    ("scale", "score", "within"),
    [
        # 80…90 of 100, and a level of 25 on either side: from 55 on.
        (SLIDER100, 54, False),
        (SLIDER100, 55, True),
        (SLIDER100, 100, True),
        # 4…4.5 of 5, and a level of 1.25: from 2.75 on.
        (SLIDER5, 2.74, False),
        (SLIDER5, 2.75, True),
        # 8…9 of 10, and a level of 2.5: from 5.5 on.
        (ACR11, 5, False),
        (ACR11, 6, True),
    ],
)
def test_the_tolerance_is_a_fourth_of_any_scale(scale: Scale, score: float, within: bool) -> None:
    low, high = scale.from_unit(0.8), scale.from_unit(0.9)
    assert gold_answers([[score]], [[low]], [[high]], (scale,)).within == within


def test_golds_are_counted_by_score_and_only_if_one_is_expected() -> None:
    # Right, not expected, wrong; not asked, right, not asked.
    scores: Rows = [[5, 1, 1], [NAN, 2, NAN]]
    expected: Rows = [[5, NAN, 5], [5, 1, 1]]
    result = gold_answers(scores, expected, expected, THREE)
    assert (result.within, result.failures, result.n, result.share) == (2, 1, 3, 2 / 3)


def test_a_narrower_tolerance_is_kept_exactly() -> None:
    scores, expected = [[2.0], [2.01], [1.99]], [[2.0]] * 3
    assert gold_answers(scores, expected, expected, (SLIDER5,), tolerance=0).within == 1
    # 0.01 of 5 is .008 level.
    assert gold_answers(scores, expected, expected, (SLIDER5,), tolerance=0.008).within == 3


def test_without_golds_there_is_no_share() -> None:
    assert gold_answers([], [], [], THREE).share is None


def test_a_gold_range_that_ends_before_it_begins_is_named() -> None:
    with pytest.raises(ValueError, match="gold 1, perspective 0: the expected range is upside"):
        gold_answers([[1], [1]], [[1], [3]], [[2], [2]], ONE)


def test_attention_checks_pass_when_every_instructed_score_is_met() -> None:
    # Passed; failed in one; left out; nothing instructed.
    scores: Rows = [[2, 4], [2, 5], [2, NAN], [3, 3]]
    instructed: Rows = [[2, NAN], [2, 4], [NAN, 4], [NAN, NAN]]
    assert attention_checks(scores, instructed, TWO) == AttentionChecks(passed=1, failed=2)


@pytest.mark.parametrize(
    ("scale", "told", "near", "far"),
    [(ACR5, 2, 2, 3), (ACR11, 4, 4, 5), (SLIDER5, 2, 2.31, 2.32), (SLIDER100, 30, 36, 37)],
)
def test_an_instructed_score_is_met_exactly_or_nearly_on_a_slider(
    scale: Scale, told: float, near: float, far: float
) -> None:
    # A sixteenth of the range: .3125 of 5, 6.25 of 100.
    result = attention_checks([[near], [far]], [[told], [told]], (scale,))
    assert result == AttentionChecks(passed=1, failed=1)


def test_too_fast_is_under_the_minimum_and_the_median_is_of_what_is_known() -> None:
    assert pace([0.4, 1.0, 3.0, NAN, 9.0]) == Pace(too_fast=0.25, median_seconds=2.0, n=4)
    assert pace([0.4, 1.0, 3.0], minimum=4) == Pace(1.0, 1.0, 3)


@pytest.mark.parametrize("seconds", [[], [NAN]])
def test_without_times_there_is_no_pace(seconds: list[float]) -> None:
    assert pace(seconds) == Pace(None, None, 0)


@pytest.mark.parametrize("seconds", [[-0.1], [INF]])
def test_an_impossible_time_is_refused(seconds: list[float]) -> None:
    with pytest.raises(ValueError, match="negative or infinite"):
        pace(seconds)


def test_the_page_was_left_for_long_beyond_the_longest_absence() -> None:
    # Of four with a time, 10 s is not longer than 10 s: one.
    assert absences([0, 10, 10.1, NAN, 3]) == Absences(long=0.25, n=4)
    assert absences([0, 10, 10.1, NAN, 3], longest=2) == Absences(0.75, 4)
    assert absences([NAN]) == absences([]) == Absences(None, 0)
    with pytest.raises(ValueError, match="a time away is negative or infinite"):
        absences([-1])


def test_variances_are_of_samples_and_identical_trials_are_counted() -> None:
    # 3 3 3 4: mean 3.25, squares 3/16 + 9/16 = .75, by 3: .25. 3 4 3 4: 4 · .25 / 3 = 1/3.
    result = straight_lining([[3, 3], [3, 4], [3, 3], [4, 4]], TWO)
    assert list(result.variances) == pytest.approx([0.25, 1 / 3])
    assert result.counts == (4, 4)
    assert (result.identical, result.identical_of) == (0.75, 4)


def test_identical_places_on_different_scales_are_identical() -> None:
    # A quarter of each scale: 2 of 1…5, 1.25 of 0…5, 25 of 0…100.
    scales = (ACR5, SLIDER5, SLIDER100)
    assert straight_lining([[2, 1.25, 25], [2, 1.26, 25]], scales).identical == 0.5


def test_a_pass_over_one_perspective_has_nothing_to_be_identical_to() -> None:
    result = straight_lining([[3, NAN], [5, NAN], [NAN, 2]], TWO)
    assert result.variances == (2.0, None)
    assert result.counts == (2, 1)
    assert (result.identical, result.identical_of) == (None, 0)


def test_without_trials_there_is_no_straight_line() -> None:
    result = straight_lining([], TWO)
    assert (result.variances, result.identical) == ((None, None), None)


@given(TRIALS, st.permutations(range(10)), st.sampled_from([ACR11, SLIDER5, SLIDER100]))
def test_straight_lining_does_not_depend_on_scale_or_order(
    trials: Trials, order: list[int], scale: Scale
) -> None:
    one = straight_lining(trials, THREE)
    mixed = [trials[k] for k in order if k < len(trials)]
    two = straight_lining(_on(scale, mixed), (scale,) * 3)
    assert (one.counts, one.identical, one.identical_of) == (
        two.counts,
        two.identical,
        two.identical_of,
    )
    for left, right in zip(one.variances, two.variances, strict=True):
        assert left == (None if right is None else pytest.approx(right))


def test_wrong_shapes_and_infinite_scores_are_named() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 2\); 3 scales"):
        straight_lining([[1, 2]], THREE)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        straight_lining([1, 2], ONE)
    with pytest.raises(ValueError, match="scores of row 1 are infinite"):
        straight_lining([[1.0], [INF]], ONE)
    with pytest.raises(ValueError, match="first and second scores have the shapes"):
        retest([[1]], [[1], [2]], ONE)
