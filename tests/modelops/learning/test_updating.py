"""What a few labels change equals learning all of them from scratch, which test_bayes checks."""

import numpy as np
import pytest

from modelops.learning.bayes import fit_last_layer, learn_again
from modelops.learning.updating import change_to, predict_changed
from tests.modelops.learning.test_bayes import make_problem


@pytest.mark.parametrize(("count", "width"), [(60, 12), (20, 40)])
def test_new_more_and_withdrawn_labels_change_what_all_labels_would(count: int, width: int) -> None:
    x, labels, _ = make_problem(count, width)
    others = np.random.default_rng(7).normal(2, 2, (5000, width)).astype(np.float32)
    first = learn_again(fit_last_layer(x, labels), x[:-4], labels.take(np.arange(count - 4)))
    before = labels.ratings.copy()
    before[-4:] = 0
    now = labels.ratings.copy()
    now[2] += 2  # rated twice more
    now[-4:, 1] = 0  # new, but not from this perspective
    now[0] = 0  # withdrawn
    labels.ratings[:], labels.mos[0], labels.mos[-4:, 1] = np.maximum(now, 1), np.nan, np.nan
    layer = learn_again(first, x, labels)

    changed = np.flatnonzero((before != now).any(axis=1))
    assert len(changed) == 6
    change = change_to(layer, x[changed], before[changed], now[changed])
    assert change is not None
    assert change.width == 6 + 2 + 6
    found = predict_changed(layer, change, first.linear(others)[1], others)
    exact = layer.predict(others)
    for part in ("mean", "posterior_sd", "misfit_sd", "rater_sd"):
        np.testing.assert_allclose(getattr(found, part), getattr(exact, part), rtol=2e-5, atol=1e-6)


def test_many_small_changes_stay_with_the_exact_variances() -> None:
    """As a version lives: 100 refreshes, each of which keeps float32 numbers."""
    x, labels, _ = make_problem(220, 30, raters=(1,))
    others = np.random.default_rng(7).normal(2, 2, (50, 30))
    layer = learn_again(fit_last_layer(x, labels), x[:20], labels.take(np.arange(20)))
    sd = layer.predict(others).posterior_sd.astype(np.float32)
    for known in range(22, 222, 2):
        layer = learn_again(layer, x[:known], labels.take(np.arange(known)))
        new = slice(known - 2, known)
        change = change_to(layer, x[new], np.zeros((2, 3)), labels.ratings[new])
        assert change is not None
        variance = sd.astype(np.float64) ** 2
        sd = predict_changed(layer, change, variance, others).posterior_sd.astype(np.float32)
    np.testing.assert_allclose(sd, layer.predict(others).posterior_sd, rtol=1e-4)


def test_as_many_changes_as_half_of_the_features_are_no_short_way() -> None:
    x, labels, _ = make_problem(30, 12)
    layer = fit_last_layer(x, labels)
    assert change_to(layer, x[:6], np.zeros((6, 3)), labels.ratings[:6]) is not None
    assert change_to(layer, x[:7], np.zeros((7, 3)), labels.ratings[:7]) is None
    # The same labels change nothing, whatever scores they give.
    same = change_to(layer, x[:7], labels.ratings[:7], labels.ratings[:7])
    assert same is not None
    assert same.width == 0
