"""Mappings onto the labels' scale; scipy's curve_fit and NumPy's polyfit are the peers."""

import numpy as np
import pytest

from annotation.opinion.comparison.mapping import cubic, logistic

X = np.linspace(0, 1, 25)
S_SHAPED = 1.2 + 3.3 / (1 + np.exp(-(X - 0.6) / 0.12)) + 0.1 * np.sin(37 * X)


def test_the_logistic_is_the_least_squares_one() -> None:
    # scipy 1.16's curve_fit from another start.
    found = logistic(X, S_SHAPED)
    expected = (4.458583444422029, 1.2167716436982772, 0.5976363498187195, 0.11643806780755629)
    assert found.parameters == pytest.approx(expected, rel=1e-4)
    assert ((found.mapped - S_SHAPED) ** 2).sum() == pytest.approx(0.11934468212903562, rel=1e-6)


def test_a_falling_logistic_is_the_mirror_image() -> None:
    rising, falling = logistic(X, S_SHAPED), logistic(-X, S_SHAPED)
    assert falling.mapped == pytest.approx(rising.mapped, abs=1e-5)


def test_a_cubic_that_does_not_turn_is_the_plain_one() -> None:
    y = 2 + X + 2 * X**3 + 0.01 * np.sin(37 * X)
    plain = np.polynomial.Polynomial.fit(X, y, 3)
    found = cubic(X, y)
    assert found.mapped == pytest.approx(plain(X))
    assert found.parameters == pytest.approx(plain.coef)  # both on −1…1


def test_a_cubic_that_would_turn_is_the_best_that_does_not() -> None:
    y = np.where(X < 0.5, 1.0, 4.0) + 0.2 * np.cos(9 * X)
    found = cubic(X, y)
    assert (np.diff(found.mapped) > -1e-6).all()
    plain = np.polynomial.Polynomial.fit(X, y, 3)(X)
    assert np.diff(plain).min() < -0.01
    # No step to another cubic that rises throughout makes the error less: the problem is convex.
    least = ((found.mapped - y) ** 2).sum()
    random, t = np.random.default_rng(0), np.linspace(-1, 1, 400)
    tried = 0
    for scale in np.repeat([0.3, 0.03, 0.003], 300):
        other = np.array(found.parameters) + scale * random.normal(size=4)
        if (np.polynomial.Polynomial(other).deriv()(t) < 0).any():
            continue
        tried += 1
        mapped = np.polynomial.Polynomial(other)(2 * X - 1)
        assert ((mapped - y) ** 2).sum() > least - 1e-4
    assert tried > 20


def test_a_falling_cubic_falls_throughout() -> None:
    y = -np.where(X < 0.5, 1.0, 4.0)
    assert (np.diff(cubic(X, y).mapped) < 1e-6).all()
