"""The closed form is checked against Gaussian-process regression, which computes the same
posterior through the N × N kernel instead of the D × D precision (our own, and scikit-learn's), and
against hand arithmetic."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modelops.learning.bayes import LastLayer, fit_last_layer, learn_again
from modelops.learning.errors import LearningError
from modelops.learning.evidence import maximise
from modelops.learning.labels import Labels
from modelops.learning.many import predict_many

Array = NDArray[np.float64]


def make_problem(
    count: int, width: int, seed: int = 0, raters: tuple[int, ...] = (1, 3, 5)
) -> tuple[Array, Labels, Array]:
    """Embeddings, labels of three perspectives and the true scores behind them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(2.0, rng.uniform(0.5, 3, width), (count, width))
    direction = rng.normal(0, 0.15 / np.sqrt(width), (width, 3))
    truth = 0.5 + ((x - 2.0) / x.std(axis=0)) @ direction + rng.normal(0, 0.03, (count, 3))
    n = rng.choice(raters, count)
    scores = [truth[i] + rng.normal(0, 0.15, (n[i], 3)) for i in range(count)]
    mos = np.stack([score.mean(axis=0) for score in scores])
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.stack([s.std(axis=0, ddof=1) if len(s) > 1 else np.full(3, np.nan) for s in scores])
    return x, Labels(mos, np.repeat(n[:, None], 3, axis=1).astype(float), sd), truth


def gaussian_process(
    layer: LastLayer, x: Array, labels: Labels, queries: Array, k: int
) -> tuple[Array, Array]:
    """Mean and variance of queries under the same prior (Rasmussen and Williams, 2.25–2.26)."""
    phi, psi = layer.design(x), layer.design(queries)
    width = x.shape[1]
    prior = np.diag([*([layer.prior_variance[k] / width] * width), 1.0])
    noise = layer.misfit_variance[k] + layer.rater_variance[k] / labels.ratings[:, k]
    inverse = np.linalg.inv(phi @ prior @ phi.T + np.diag(noise))
    cross = psi @ prior @ phi.T
    mean = 0.5 + cross @ inverse @ (labels.mos[:, k] - 0.5)
    return mean, np.diag(psi @ prior @ psi.T - cross @ inverse @ cross.T)


@pytest.mark.parametrize(("count", "width"), [(60, 8), (12, 40), (30, 30)])
def test_posterior_equals_gaussian_process_regression(count: int, width: int) -> None:
    x, labels, _ = make_problem(count, width)
    queries = np.random.default_rng(9).normal(2, 2, (7, width))
    layer = fit_last_layer(x, labels)
    found, posterior = layer.linear(queries)
    for k in range(3):
        mean, variance = gaussian_process(layer, x, labels, queries, k)
        assert found[:, k] == pytest.approx(mean, abs=1e-9)
        assert posterior[:, k] == pytest.approx(variance, abs=1e-9)
        assert layer.predict(queries).posterior_sd[:, k] == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize(
    ("x", "mos", "ratings", "queries", "mean", "variance"),
    [
        (
            [[1, 0], [-1, 1], [0, -1], [0.5, 0.5], [-0.5, -2]],
            [0.62, 0.41, 0.55, 0.70, 0.33],
            [1, 3, 3, 2, 1],
            [[0, 0], [2, 1], [-1, -3]],
            [0.5413140077, 0.815147071, 0.3167579259],
            [0.00542671, 0.0498263403, 0.0494139454],
        ),
        (
            [[1, 0, 2, -1], [-1, 1, 0, 0.5]],  # fewer labels than features
            [0.9, 0.2],
            [3, 1],
            [[0, 0, 0, 0], [2, 1, 0, 3], [1, 0, 2, -1]],
            [0.4947113732, 0.425869318, 0.8388423196],
            [0.0321812941, 0.2437722453, 0.0181828278],
        ),
    ],
    ids=["more labels than features", "fewer"],
)
def test_the_posterior_is_that_of_scikit_learn(
    x: list[list[float]],
    mos: list[float],
    ratings: list[int],
    queries: list[list[float]],
    mean: list[float],
    variance: list[float],
) -> None:
    """Figures of scikit-learn 1.9.1, for (N, D) features, prior and noise as below:

    slopes = ConstantKernel(0.06 / D, "fixed") * DotProduct(0, "fixed")
    GaussianProcessRegressor(slopes + ConstantKernel(1, "fixed"), optimizer=None,
                             alpha=0.01 + 0.03 / ratings).fit(x, mos - 0.5)
    .predict(queries, return_cov=True): 0.5 + mean, the covariance's diagonal
    """
    width, one = len(x[0]), np.ones(1)
    layer = LastLayer(
        feature_mean=np.zeros(width),
        feature_scale=np.ones(width),
        weights=np.zeros((1, width + 1)),
        factor=np.zeros((1, width + 1, width + 1)),
        prior_variance=0.06 * one,
        misfit_variance=0.01 * one,
        rater_variance=0.03 * one,
        average_shape=one,
        sos_share=one,
        interval_factor=one,
    )
    labels = Labels(*(np.array([column], float).T for column in (mos, ratings, [np.nan] * len(x))))
    found, posterior = learn_again(layer, np.array(x), labels).linear(np.array(queries))
    assert found[:, 0] == pytest.approx(mean, abs=1e-9)
    assert posterior[:, 0] == pytest.approx(variance, abs=1e-9)


def test_one_label_and_one_feature_by_hand() -> None:
    # φ = [2, 1], prior variances a (D = 1) and 1, y = 0.3, noise s + t = r:
    # predictive prior variance v = 4a + 1; gain = [2a, 1] / (v + r); weights = gain × 0.3;
    # variance at φ afterwards: v − v²/(v + r) = v·r/(v + r).
    found = maximise(np.array([[2.0]]), np.array([0.3]), np.array([0.04]), 1.0)
    a, r = found.prior_variance, 0.04 + found.misfit_variance
    v = 4 * a + 1
    assert found.weights == pytest.approx([0.3 * 2 * a / (v + r), 0.3 / (v + r)])
    phi = np.array([2.0, 1.0])
    assert phi @ found.factor @ found.factor.T @ phi == pytest.approx(v * r / (v + r))


@pytest.mark.parametrize(("count", "width"), [(25, 6), (6, 25)])
def test_evidence_is_the_density_of_the_labels(count: int, width: int) -> None:
    from scipy import stats

    x, labels, _ = make_problem(count, width, seed=3)
    features = (x - x.mean(axis=0)) / x.std(axis=0)
    y, noise = labels.mos[:, 0] - 0.5, 0.02 / labels.ratings[:, 0]
    found = maximise(features, y, noise, 1.0)
    covariance = (
        found.prior_variance / width * features @ features.T
        + 1.0
        + np.diag(noise + found.misfit_variance)
    )
    density = stats.multivariate_normal(np.zeros(count), covariance).logpdf(y)
    assert found.log_evidence == pytest.approx(float(density))


def test_evidence_finds_the_variances_that_made_the_data() -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(1500, 20))
    y = features @ rng.normal(0, np.sqrt(0.05 / 20), 20) + rng.normal(0, np.sqrt(0.01), 1500)
    noise = rng.choice([0.04, 0.01], 1500)
    found = maximise(features, y + rng.normal(0, np.sqrt(noise)), noise, 1.0)
    assert found.prior_variance == pytest.approx(0.05, rel=0.6)
    assert found.misfit_variance == pytest.approx(0.01, rel=0.25)


def test_a_label_by_more_raters_counts_for_more() -> None:
    x, labels, _ = make_problem(20, 4)

    def expected_with(ratings: float) -> float:
        longer = Labels(
            np.vstack([labels.mos, [[0.9, np.nan, np.nan]]]),
            np.vstack([labels.ratings, [[ratings] * 3]]),
            np.vstack([labels.sd, [[np.nan] * 3]]),
        )
        layer = fit_last_layer(np.vstack([x, x[:1] + 1]), longer)
        return float(layer.predict(x[:1] + 1).mean[0, 0])

    before = fit_last_layer(x, labels).predict(x[:1] + 1).mean[0, 0]
    assert before < expected_with(1) < expected_with(15) < 0.9


def test_heads_give_the_same_means_from_raw_embeddings() -> None:
    x, labels, _ = make_problem(40, 9)
    layer = fit_last_layer(x, labels)
    weights, biases = layer.heads()
    assert x @ weights.T + biases == pytest.approx(layer.linear(x)[0], abs=1e-12)


def test_the_posterior_shrinks_with_labels_and_what_raters_differ_by_does_not() -> None:
    x, labels, _ = make_problem(400, 10, raters=(3,))
    queries = x[:50]
    few = fit_last_layer(x[:40], labels.take(np.arange(40))).predict(queries)
    many = fit_last_layer(x, labels).predict(queries)
    assert many.posterior_sd.mean() < few.posterior_sd.mean()
    assert many.rater_sd.mean() == pytest.approx(0.15, rel=0.1)


def test_intervals_cover_the_true_scores_as_often_as_they_say() -> None:
    x, labels, truth = make_problem(1200, 12, seed=11)
    layer = fit_last_layer(x[:300], labels.take(np.arange(300)))
    predicted = layer.predict(x[300:])
    epistemic_sd = np.sqrt(predicted.posterior_sd**2 + predicted.misfit_sd**2)
    inside = np.abs(truth[300:] - predicted.mean) < 1.6449 * epistemic_sd
    assert inside.mean() == pytest.approx(0.90, abs=0.05)


def test_a_dozen_pure_noise_labels_do_not_claim_certainty() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(12, 30))
    flat = np.full((12, 3), 0.5) + rng.normal(0, 0.01, (12, 3))
    labels = Labels(flat, np.full((12, 3), 3.0), np.full((12, 3), 0.02))
    predicted = fit_last_layer(x, labels).predict(rng.normal(size=(5, 30)))
    found = [predicted.expectation(row, place) for row in range(5) for place in range(3)]
    assert min(item.epistemic_sd for item in found) > 0.02


@pytest.mark.parametrize("count", [40, 8])
def test_learning_the_same_labels_again_changes_nothing(count: int) -> None:
    x, labels, _ = make_problem(count, 12)
    layer = fit_last_layer(x, labels)
    again = learn_again(layer, x, labels)
    assert again.weights == pytest.approx(layer.weights, abs=1e-9)
    for before, after in zip(layer.linear(x + 0.3), again.linear(x + 0.3), strict=True):
        assert after == pytest.approx(before, abs=1e-9)


def test_new_labels_are_learnt_as_by_the_closed_form() -> None:
    x, labels, _ = make_problem(50, 6)
    layer = learn_again(fit_last_layer(x[:20], labels.take(np.arange(20))), x, labels)
    mean, variance = gaussian_process(layer, x, labels, x[:5] + 1, 2)
    found, posterior = layer.linear(x[:5] + 1)
    assert found[:, 2] == pytest.approx(mean, abs=1e-9)
    assert posterior[:, 2] == pytest.approx(variance, abs=1e-9)


def test_a_perspective_that_lost_its_labels_keeps_what_it_had() -> None:
    x, labels, _ = make_problem(20, 6)
    layer = fit_last_layer(x, labels)
    labels.mos[:, 1] = np.nan
    assert (learn_again(layer, x, labels).weights[1] == layer.weights[1]).all()


def test_posterior_features_hold_the_covariance_of_predictions() -> None:
    x, labels, _ = make_problem(20, 4)
    layer = fit_last_layer(x, labels)
    features = layer.posterior_features(x)
    variance = (layer.predict(x).posterior_sd ** 2).sum(axis=1)
    assert (features**2).sum(axis=1) == pytest.approx(variance)


def test_a_constant_feature_is_harmless() -> None:
    x, labels, _ = make_problem(20, 4)
    x[:, 2] = 7.0
    assert np.isfinite(fit_last_layer(x, labels).predict(x + 0.5).mean).all()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x, mos: x.__setitem__((2, 0), np.nan), "embedding 2 is not finite"),
        (lambda x, mos: mos.__setitem__((slice(None), 1), np.nan), "1 has no label .*; give"),
    ],
)
def test_unusable_input_is_named(spoil: object, message: str) -> None:
    x, labels, _ = make_problem(5, 2)
    assert callable(spoil)
    spoil(x, labels.mos)
    with pytest.raises(LearningError, match=message):
        fit_last_layer(x, labels)


def test_predictions_are_given_by_the_head_s_place() -> None:
    x, labels, _ = make_problem(20, 4)
    predicted = fit_last_layer(x, labels).predict(x)
    b, c = predicted.expectation(3, 1), predicted.expectation(3, 2)
    assert b.mean == predicted.mean[3, 1]
    assert c.rater_sd == predicted.rater_sd[3, 2]
    assert b.epistemic_sd**2 == pytest.approx(b.posterior_sd**2 + b.misfit_sd**2)


def test_very_many_are_predicted_in_single_precision_to_five_digits() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(5000, 20)) * rng.uniform(0.01, 30, 20) + 5
    mos = np.clip(0.5 + 0.02 * x[:60, :2] + rng.normal(0, 0.05, (60, 2)), 0, 1)
    layer = fit_last_layer(x[:60], Labels(mos, np.full((60, 2), 3.0), np.full((60, 2), 0.1)))
    fast, exact = predict_many(layer, x.astype(np.float32)), layer.predict(x)
    for part in ("mean", "posterior_sd", "misfit_sd", "rater_sd"):
        np.testing.assert_allclose(getattr(fast, part), getattr(exact, part), rtol=1e-5, atol=1e-6)
