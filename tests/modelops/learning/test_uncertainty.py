"""The four uncertainties: by hand, by Monte Carlo, and by what they promise in simulated studies
whose truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from modelops.learning.bayes import fit_last_layer, leave_one_out
from modelops.learning.calibration import coverage, ence, reliability
from modelops.learning.labels import Labels
from modelops.learning.uncertainty import Expectation, on_the_scale, shape, sos_share
from tests.modelops.learning.test_bayes import make_problem

Array = NDArray[np.float64]


def test_a_label_is_the_mean_of_its_raters() -> None:
    expected = Expectation(0.5, 0.03, 0.04, 0.2)
    assert expected.epistemic_sd == pytest.approx(0.05)
    assert expected.label_sd(4) == pytest.approx(0.1)
    assert expected.label_sd(0) == float("inf")


@pytest.mark.parametrize(("mean", "sd"), [(0.5, 0.1), (0.95, 0.1), (1.1, 0.2), (-0.048, 0.05)])
def test_an_expected_score_is_the_mean_of_what_the_scale_leaves(mean: float, sd: float) -> None:
    drawn = np.random.default_rng(0).normal(mean, sd, 400_000).clip(0, 1)
    assert on_the_scale(np.array(mean), np.array(sd)) == pytest.approx(drawn.mean(), abs=1e-3)


def test_expected_scores_keep_their_order_and_stay_on_the_scale() -> None:
    found = on_the_scale(np.linspace(-0.4, 1.4, 50), np.full(50, 0.1))
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0
    assert found.max() <= 1
    assert on_the_scale(np.array(0.4), np.array(0.0)) == pytest.approx(0.4)


def test_a_score_varies_most_in_the_middle_of_the_scale() -> None:
    assert shape(np.array([0.5, 0.25, 0.0, 1.2])).tolist() == [1, 0.75, 0.1, 0.1]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_how_much_of_the_raters_variance_goes_with_the_score(share: float) -> None:
    rng = np.random.default_rng(1)
    shapes = shape(rng.uniform(0, 1, 4000))
    true = 0.03 * (1 + share * (shapes / shapes.mean() - 1))
    degrees = rng.choice([0.0, 1.0, 2.0, 4.0], 4000)
    variances = true * rng.chisquare(np.maximum(degrees, 1)) / np.maximum(degrees, 1)
    assert sos_share(variances, degrees, shapes) == pytest.approx(share, abs=0.1)


def test_without_spreads_the_sos_relation_is_taken_as_it_stands() -> None:
    assert sos_share(np.zeros(9), np.zeros(9), np.ones(9)) == 1
    assert sos_share(np.zeros(9), np.ones(9), np.ones(9)) == 1


def test_leaving_one_out_equals_fitting_without_it() -> None:
    from modelops.learning.evidence import _Problem

    x, labels, _ = make_problem(30, 5)
    layer = fit_last_layer(x, labels)
    error, _ = leave_one_out(layer, x, labels)
    phi = layer.design(x)[:, :-1]
    noise = layer.rater_variance[0] / labels.ratings[:, 0]
    rest = np.arange(30) != 7
    problem = _Problem(phi[rest], labels.mos[rest, 0] - 0.5, noise[rest], 1.0)
    weights, _ = problem.posterior(layer.prior_variance[0], layer.misfit_variance[0])
    assert error[7, 0] == pytest.approx(labels.mos[7, 0] - 0.5 - np.append(phi[7], 1) @ weights)


def bounded_world(seed: int, images: int = 1000, width: int = 24) -> tuple[Array, Labels, Array]:
    """Looks, labels of one or two ratings in steps of a five-level scale, and the true scores: a
    normal variable bent onto the scale, so that what no linear head explains is bounded too."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(images, width))
    direction = rng.normal(size=width)
    latent = 1.1 * x @ direction / np.linalg.norm(direction) + rng.normal(0, 0.35, images)
    truth = stats.norm.cdf(latent)
    spread = np.sqrt(0.005 + 0.1 * truth * (1 - truth))
    n = rng.choice([1.0, 2.0], images)
    ratings = truth + rng.normal(0, spread, (2, images))
    steps = np.rint(ratings.clip(0, 1) * 4) / 4
    mos = np.where(n == 1, steps[0], steps.mean(axis=0))
    sd = np.where(n == 1, np.nan, steps.std(axis=0, ddof=1))
    return x, Labels(mos[:, None], n[:, None], sd[:, None]), truth


def errors_in(seed: int, labelled: int = 300) -> dict[str, tuple[Array, Array]]:
    """Errors and standard deviations on the hold-out and on the pool that nobody has rated.

    Two thirds of the labels are of images that a model would ask for (the longest of a third of
    the pool), the rest a random sample.
    """
    x, labels, truth = bounded_world(seed)
    held_out, pool = np.arange(300), np.arange(300, len(x))
    sample, others = pool[: labelled // 3], pool[labelled // 3 :]
    asked = others[: len(others) // 2]
    longest = asked[np.argsort(-(x[asked] ** 2).sum(axis=1))][: labelled - len(sample)]
    rows = np.concatenate([sample, longest])
    layer = fit_last_layer(x[rows], labels.take(rows), np.arange(labelled) < len(sample))
    found = {}
    for name, where in (("hold-out", held_out), ("pool", np.setdiff1d(others, longest))):
        predicted = layer.predict(x[where])
        assert predicted.mean.min() >= 0
        assert predicted.mean.max() <= 1
        sd = np.hypot(predicted.posterior_sd, predicted.misfit_sd)[:, 0]
        found[name] = predicted.mean[:, 0] - truth[where], sd
    return found


@pytest.fixture(scope="module")
def seeds() -> list[dict[str, tuple[Array, Array]]]:
    return [errors_in(seed) for seed in range(20)]


@pytest.mark.parametrize("name", ["hold-out", "pool"])
def test_intervals_cover_what_they_say_and_wide_ones_are_where_errors_are(
    seeds: list[dict[str, tuple[Array, Array]]], name: str
) -> None:
    found = [seed[name] for seed in seeds]
    assert 0.87 <= np.mean([coverage(*each) for each in found]) <= 0.93
    correlated = [stats.spearmanr(sd, np.abs(errors)).statistic for errors, sd in found]
    assert np.mean(correlated) >= 0.25
    assert np.mean([ence(reliability(*each)) or 1.0 for each in found]) < 0.25
