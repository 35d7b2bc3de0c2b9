"""Conformal intervals and reliability, by hand and by a peer."""

import math

import numpy as np
import pytest

from modelops.learning.calibration import (
    FEWEST,
    conformal_quantile,
    coverage,
    ence,
    interval_factor,
    reliability,
)


@pytest.mark.parametrize(("n", "half"), [(15, 4.858992), (30, 3.942401), (101, 3.942401)])
def test_half_widths_are_those_of_mapie(n: int, half: float) -> None:
    # mapie 1.6.0: SplitConformalRegressor with absolute residuals, confidence_level=0.9.
    i = np.arange(n)
    errors = np.round(np.sin(1.7 * i) * (1 + i % 5), 6)
    assert conformal_quantile(np.abs(errors)) == pytest.approx(half)


def test_too_few_say_nothing() -> None:
    assert FEWEST == 9
    assert conformal_quantile(np.ones(8)) == math.inf
    assert conformal_quantile(np.arange(9.0)) == 8
    assert interval_factor(np.full(5, 9.0), np.ones(5)) == 1
    # What is not known does not count.
    assert interval_factor(np.full(12, np.nan), np.ones(12)) == 1


def test_deviations_that_are_half_as_large_as_errors_are_doubled() -> None:
    errors = np.random.default_rng(0).normal(0, 0.2, 4000)
    assert interval_factor(errors, np.full(4000, 0.1)) == pytest.approx(2, rel=0.05)


def test_new_cases_are_covered_as_often_as_promised() -> None:
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(400):
        errors = rng.standard_t(3, 30)  # not normal, which the promise does not need
        factor = interval_factor(errors, np.ones(30))
        covered.append(coverage(rng.standard_t(3, 200), np.full(200, factor)))
    # ⌈31 · .9⌉ / 31 = 28/31.
    assert np.mean(covered) == pytest.approx(28 / 31, abs=0.01)


def test_a_diagram_by_hand() -> None:
    sd, errors = np.array([2.0, 1, 1, 2]), np.array([4.0, 1, -1, -4])
    diagram = reliability(errors, sd, bins=2)
    assert [(it.expected, it.observed, it.n) for it in diagram] == [(1, 1, 2), (2, 4, 2)]
    # (0 + |2 - 4|/2) / 2
    assert ence(diagram) == pytest.approx(0.5)
    assert ence(reliability(np.empty(0), np.empty(0))) is None
