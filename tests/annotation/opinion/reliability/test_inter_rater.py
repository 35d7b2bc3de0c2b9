"""Leave-one-out correlation; a loop over raters with scipy is the peer."""

import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from annotation.opinion.reliability.inter_rater import Correlation, inter_rater_correlations

#: (rater, stimulus) → score: a panel of up to 5 raters and 8 images with holes.
PANELS = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 7)), st.integers(1, 5), max_size=40
)
Panel = dict[tuple[int, int], int]


def _columns(panel: Panel) -> tuple[list[float], list[int], list[int]]:
    return list(panel.values()), [who for who, _ in panel], [what for _, what in panel]


def _peer(panel: Panel, rater: int, least_others: int) -> tuple[float | None, float | None, int]:
    """Pearson, Spearman and images of one rater; exact means, so that ties are ties."""
    own, rest = [], []
    for (who, what), score in panel.items():
        others = [s for (w, image), s in panel.items() if image == what and w != rater]
        if who == rater and len(others) >= least_others:
            own.append(score)
            rest.append(float(Fraction(sum(others), len(others))))
    if len(own) < 3 or len(set(own)) == 1 or len(set(rest)) == 1:
        return None, None, len(own)
    return stats.pearsonr(own, rest).statistic, stats.spearmanr(own, rest).statistic, len(own)


def test_three_raters_of_four_images_by_hand() -> None:
    scores = [1, 2, 3, 4, 1, 3, 3, 5, 2, 2, 4, 5]
    raters, stimuli = np.repeat([0, 1, 2], 4), np.tile([0, 1, 2, 3], 3)
    result = inter_rater_correlations(scores, raters, stimuli, 3)
    # Rater 0: 1 2 3 4 against (1+2)/2, (3+2)/2, (3+4)/2, (5+5)/2 = 1.5 2.5 3.5 5, mean 3.125.
    # Products 2.4375 + .3125 + .1875 + 2.8125 = 5.75, squares 5 and 6.6875: 5.75/√33.4375.
    assert result.pearson[0] == pytest.approx(0.994376, abs=1e-6)
    assert result.spearman[0] == pytest.approx(1)
    # Rater 1: ranks 1 2.5 2.5 4 against 1 2 3 4 (of 1.5 2 3.5 4.5): 4.5/√(4.5 · 5).
    assert result.spearman[1] == pytest.approx(0.948683, abs=1e-6)
    assert result.n.tolist() == [4, 4, 4]
    assert result.others.tolist() == [2, 2, 2]


def test_a_rater_does_not_correlate_with_themselves() -> None:
    # The others agree on all images, so there is nothing to correlate with. With the rater's own
    # score in it the mean would be (3 + 3 + own)/3, and r = 1.
    scores = [3, 3, 3, 3, 3, 3, 1, 2, 5]
    result = inter_rater_correlations(scores, np.repeat([0, 1, 2], 3), [0, 1, 2] * 3, 3)
    assert result.of(2) == Correlation(None, None, 3, 2.0)


@given(PANELS, st.integers(1, 3))
def test_every_rater_has_the_peers_correlations(panel: Panel, least_others: int) -> None:
    result = inter_rater_correlations(*_columns(panel), 5, least_others=least_others)
    for rater in range(5):
        pearson, spearman, n = _peer(panel, rater, least_others)
        found = result.of(rater)
        assert found.n == n
        assert found.pearson == (None if pearson is None else pytest.approx(pearson))
        assert found.spearman == (None if spearman is None else pytest.approx(spearman))


@given(PANELS, st.permutations(range(40)))
def test_the_order_of_the_rows_does_not_matter(panel: Panel, order: list[int]) -> None:
    rows = list(panel.items())
    mixed = dict(rows[k] for k in order if k < len(rows))
    one, two = (inter_rater_correlations(*_columns(each), 5) for each in (panel, mixed))
    assert one.pearson == pytest.approx(two.pearson, nan_ok=True)
    assert one.spearman == pytest.approx(two.spearman, nan_ok=True)


@given(PANELS, st.sampled_from([0.01, 0.3, 25]), st.sampled_from([-1, 0, 0.1, 50]))
def test_the_scale_does_not_matter(panel: Panel, factor: float, shift: float) -> None:
    scores, raters, stimuli = _columns(panel)
    other = [score * factor + shift for score in scores]
    one = inter_rater_correlations(scores, raters, stimuli, 5)
    two = inter_rater_correlations(other, raters, stimuli, 5)
    assert one.pearson == pytest.approx(two.pearson, nan_ok=True)
    assert one.spearman == pytest.approx(two.spearman, nan_ok=True)


def test_a_constant_mean_stays_constant_whatever_floats_make_of_it() -> None:
    # 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in the last bit; both are 0.6.
    scores = [0.1, 0.2, 0.3, 1, 0.3, 0.2, 0.1, 2, 0.2, 0.3, 0.1, 3]
    result = inter_rater_correlations(scores, [0, 1, 2, 3] * 3, np.repeat([0, 1, 2], 4), 4)
    assert result.of(3) == Correlation(None, None, 3, 3.0)


def test_images_with_too_few_others_are_left_out() -> None:
    # Image 2 has one other rater only.
    panel = {(0, 0): 1, (1, 0): 2, (2, 0): 1, (0, 1): 3, (1, 1): 4, (2, 1): 4, (0, 2): 5, (1, 2): 5}
    result = inter_rater_correlations(*_columns(panel), 3)
    assert result.of(0) == Correlation(None, None, 2, 2.0)
    everything = inter_rater_correlations(*_columns(panel), 3, least_others=1).of(0)
    assert everything.n == 3
    assert everything.others == pytest.approx(5 / 3)


def test_an_excluded_rater_is_compared_but_is_nobodys_comparison() -> None:
    # Rater 3's scores do not count: raters 0 to 2 have the numbers of the first test, and rater 3's
    # 4 3 2 1 go against the others' means 4/3, 7/3, 10/3, 14/3, which sum to 35/3.
    scores = [1, 2, 3, 4, 1, 3, 3, 5, 2, 2, 4, 5, 4, 3, 2, 1]
    raters, stimuli = np.repeat([0, 1, 2, 3], 4), np.tile([0, 1, 2, 3], 4)
    result = inter_rater_correlations(scores, raters, stimuli, 4, counting=raters != 3)
    assert result.pearson[0] == pytest.approx(0.994376, abs=1e-6)
    # Times 12, deviations −19 −7 5 21 against 1.5 .5 −.5 −1.5: −66/√(5 · 876).
    assert result.pearson[3] == pytest.approx(-66 / (5 * 876) ** 0.5)
    assert result.others.tolist() == [2, 2, 2, 3]


def test_whether_a_rating_counts_is_said_for_each() -> None:
    with pytest.raises(ValueError, match="counting has the shape"):
        inter_rater_correlations([1, 2], [0, 1], [0, 0], 2, counting=[True])


def test_a_rater_without_ratings_has_no_numbers() -> None:
    assert inter_rater_correlations([], [], [], 2).of(1) == Correlation(None, None, 0, None)


@pytest.mark.parametrize(
    ("scores", "raters", "stimuli", "message"),
    [
        ([1, 2], [0], [0, 1], "2 scores, 1 raters and 2 stimuli"),
        ([1, float("nan")], [0, 1], [0, 0], "score 1 is not a finite number"),
        ([1], [2], [0], "a rater lies outside 0…1"),
        ([1], [-1], [0], "a rater lies outside 0…1"),
        ([1], [0], [-3], "stimulus -3 is negative"),
        ([1, 4, 2], [1, 0, 1], [5, 5, 5], "rater 1 has two scores of stimulus 5"),
    ],
)
def test_wrong_input_is_named(
    scores: list[float], raters: list[int], stimuli: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        inter_rater_correlations(scores, raters, stimuli, 2)


def test_a_thousand_raters_of_a_hundred_thousand_images(
    record_property: Callable[[str, object], None],
) -> None:
    rng = np.random.default_rng(7)
    # Five ratings of each image, each by another rater.
    stimuli = np.repeat(np.arange(100_000), 5)
    raters = (
        np.repeat(rng.integers(0, 1000, 100_000), 5) + np.tile(np.arange(5) * 199, 100_000)
    ) % 1000
    scores = np.clip(
        np.round(rng.normal(3, 1, 100_000)[stimuli] + rng.normal(0, 0.7, 500_000)), 1, 5
    )
    begin = time.perf_counter()
    result = inter_rater_correlations(scores, raters, stimuli, 1000)
    record_property("seconds", time.perf_counter() - begin)

    means = np.bincount(stimuli, scores) / 5
    for rater in (0, 500, 999):
        mine = raters == rater
        others = (means[stimuli[mine]] * 5 - scores[mine]).round() / 4
        assert result.n[rater] == mine.sum()
        assert result.pearson[rater] == pytest.approx(
            stats.pearsonr(scores[mine], others).statistic
        )
        assert result.spearman[rater] == pytest.approx(
            stats.spearmanr(scores[mine], others).statistic
        )
