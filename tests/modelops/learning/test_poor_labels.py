"""Labels that say little: what a last layer makes of them is finite, and claims no more."""

import numpy as np
import pytest

from modelops.learning.bayes import LastLayer, fit_last_layer
from modelops.learning.labels import Labels


def fitted(
    mos: float | None, ratings: int, count: int = 12, random: int | None = None
) -> LastLayer:
    """From `count` images of 30 features, all with the same label if `mos` is given; `random` of
    them are a random sample."""
    rng = np.random.default_rng(4)
    looks = rng.normal(size=(count, 30))
    scores = np.full((count, 1), mos) if mos is not None else rng.uniform(0, 1, (count, 1))
    labels = Labels(scores, np.full((count, 1), float(ratings)), np.full((count, 1), np.nan))
    sample = None if random is None else np.arange(count) < random
    return fit_last_layer(looks, labels, sample)


@pytest.mark.parametrize("mos", [0.0, 0.5, 1.0])
def test_labels_that_are_all_equal_are_expected_everywhere_and_not_for_certain(mos: float) -> None:
    said = fitted(mos, ratings=3).predict(np.random.default_rng(5).normal(size=(50, 30)))
    assert np.abs(said.mean - mos).max() < 0.15
    found = [said.expectation(row, 0) for row in range(50)]
    # Labels without any error calibrate the misfit away; what the head does not know stays.
    assert min(one.epistemic_sd for one in found) > 0.02
    assert all(np.isfinite(one.rater_sd) for one in found)


def test_of_one_rating_each_the_raters_spread_is_what_studies_usually_have() -> None:
    """No image was rated twice, so the ratings say nothing of it."""
    one, usual = fitted(None, ratings=1), fitted(None, ratings=5)
    assert one.rater_variance == pytest.approx(usual.rater_variance)
    assert (
        one.predict(np.zeros((1, 30))).posterior_sd[0]
        > usual.predict(np.zeros((1, 30))).posterior_sd[0]
    )


def test_five_random_labels_calibrate_nothing() -> None:
    assert fitted(None, ratings=3, count=40, random=5).interval_factor.tolist() == [1.0]
    assert fitted(None, ratings=3, count=40, random=40).interval_factor.tolist() != [1.0]
