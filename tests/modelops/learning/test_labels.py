import numpy as np
import pytest

from modelops.learning.errors import LearningError
from modelops.learning.labels import Labels, SourceLabel, combine, loss_weights


def test_sources_are_weighted_by_their_ratings() -> None:
    # 3 ratings of mean 0.2 and 9 of mean 0.6: (0.6 + 5.4) / 12 = 0.5.
    # Within-source spread: (2 × 0.01 + 8 × 0.04) / 10 = 0.034.
    labels = combine([SourceLabel(1, 0, 0.2, 0.1, 3), SourceLabel(1, 0, 0.6, 0.2, 9)], 2, 3)
    assert labels.mos[1, 0] == pytest.approx(0.5)
    assert labels.ratings[1, 0] == 12
    assert labels.sd[1, 0] == pytest.approx(0.034**0.5)
    assert np.isnan(labels.mos[0]).all()
    assert np.isnan(labels.mos[1, 1:]).all()


def test_a_publication_without_counts_stands_for_fifteen_observers() -> None:
    assert combine([SourceLabel(0, 0, 0.2, None, None)], 1, 1).ratings[0, 0] == 15


def test_the_variance_of_a_rater_is_pooled_over_stimuli() -> None:
    # Degrees 2 and 4, and 2 of the prior: (2·0.04 + 2·0.01 + 4·0.09) / 8 = 0.0575.
    labels = Labels(np.array([[0.5], [0.5]]), np.array([[3.0], [5.0]]), np.array([[0.1], [0.3]]))
    assert labels.rater_variance() == pytest.approx([0.0575])


def test_single_ratings_fall_back_on_prior_knowledge() -> None:
    labels = Labels(np.array([[0.5]]), np.array([[1.0]]), np.array([[np.nan]]))
    assert labels.rater_variance() == pytest.approx([0.04])


def test_a_mean_of_no_ratings_is_refused() -> None:
    with pytest.raises(LearningError, match="fewer than one rating"):
        Labels(np.array([[0.5]]), np.array([[0.0]]), np.array([[np.nan]]))


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(LearningError, match="all three must be"):
        Labels(np.zeros((2, 3)), np.ones((2, 3)), np.zeros((3, 3)))


def test_a_source_that_gives_no_number_is_named() -> None:
    with pytest.raises(LearningError, match="score of image 1 is nan; correct or remove it"):
        combine([SourceLabel(1, 0, float("nan"), None, 3)], 2, 1)


def test_labels_of_many_and_agreeing_ratings_weigh_more() -> None:
    # Pooled variance (2·0.04 + 4·0.01 + 4·0.09) / (2 + 8) = 0.048. Own variances, with 2 of its
    # degrees: (4·0.01 + 0.096) / 6 = 0.022667; (4·0.09 + 0.096) / 6 = 0.076; of one rating 0.048.
    # 1/√(0.005 + v/n): 1/√(0.005 + 0.022667/5), 1/√(0.005 + 0.076/5), 1/√(0.005 + 0.048/1).
    sd = np.array([[0.1], [0.3], [np.nan], [np.nan]])
    mos = np.array([[0.5], [0.5], [0.5], [np.nan]])
    weights = loss_weights(Labels(mos, np.array([[5.0], [5.0], [1.0], [0.0]]), sd))
    raw = np.array([10.24183, 7.03598, 4.34372])
    assert weights[:3, 0] == pytest.approx(raw / raw.mean(), rel=1e-5)
    assert weights[3, 0] == 0


def test_the_weights_of_equal_labels_are_one() -> None:
    labels = Labels(np.full((4, 3), 0.5), np.full((4, 3), 3.0), np.full((4, 3), 0.2))
    assert loss_weights(labels) == pytest.approx(np.ones((4, 3)))


def test_a_perspective_without_labels_has_no_weights() -> None:
    labels = Labels(np.full((2, 1), np.nan), np.zeros((2, 1)), np.full((2, 1), np.nan))
    assert (loss_weights(labels) == 0).all()
