"""Noise and chance that are the same on every machine."""

import numpy as np
import pytest

from workbench.demo.pictures.fields import Noise, direction, mix, scattered, smooth, unit


def test_a_ramp_is_flat_at_both_ends_and_half_in_the_middle() -> None:
    at = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])
    assert smooth(0, 2, at) == pytest.approx([0, 0, 0.5, 1, 1])
    assert smooth(2, 0, at) == pytest.approx([1, 1, 0.5, 0, 0])


def test_a_mixture_is_between_its_parts() -> None:
    assert mix(np.array([2.0]), np.array([6.0]), 0.25) == pytest.approx([3.0])


def test_directions_have_length_one() -> None:
    assert direction((3, 0, 4)) == pytest.approx((0.6, 0, 0.8))
    assert unit(np.array([[0.0], [5.0], [12.0]])) == pytest.approx(
        np.array([[0], [5 / 13], [12 / 13]])
    )


@pytest.mark.parametrize("ridged", [False, True])
def test_noise_repeats_after_one_and_has_no_seam(ridged: bool) -> None:
    noise = Noise(7, 4, 5, ridged=ridged)
    u, v = np.linspace(0, 1, 200, dtype=np.float32), np.full(200, 0.3, dtype=np.float32)
    values = noise(u, v)
    assert noise(u + 2, v - 3) == pytest.approx(values, abs=1e-2)
    assert np.abs(np.diff(values)).max() < 0.35
    assert values.std() > 0.02
    assert (values >= (0 if ridged else -1.7)).all()
    assert (values <= 1.7).all()


def test_scattered_numbers_are_even_and_the_same_everywhere() -> None:
    """The first one by hand: 0 stays 0 through the mixing of bits."""
    i, k = (axis.ravel().astype(np.float32) for axis in np.mgrid[-40:40, -40:40])
    values = scattered(i, k, 1.0)
    assert scattered(np.zeros(1), np.zeros(1)) == pytest.approx([0.0])
    assert ((values >= 0) & (values <= 1)).all()
    counts, _ = np.histogram(values, bins=8, range=(0, 1))
    assert counts.min() > 0.85 * values.size / 8
    assert abs(np.corrcoef(values, scattered(i, k, 2.0))[0, 1]) < 0.05
