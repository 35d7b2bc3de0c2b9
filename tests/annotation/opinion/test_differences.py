"""What changes between two methods, by hand."""

import numpy as np
import pytest

from annotation.opinion.differences import differences, largest_movers, sample


def test_shifts_ranks_and_order_are_counted() -> None:
    old = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    new = np.array([0.0, 0.5, 0.25, 0.75, 0.75])
    found = differences(old, new)
    # Shifts 0, .25, .25, 0, .25. Ranks 1 3 2 4.5 4.5 against 1…5: d = 0, 1, −1, .5, −.5;
    # Σdx² = 10, Σdy² = 9.5, Σdxdy = 4 + 0 + 0·0 + 1.5 + 3 = 8.5.
    assert (found.n, found.median_shift, found.largest_shift) == (5, 0.25, 0.25)
    assert found.srcc == pytest.approx(8.5 / np.sqrt(95), abs=1e-9)
    # A rank changes by a fifth of all, or by exactly a tenth, which is not more than a tenth.
    assert (found.moved, found.far) == (3, 2)


def test_nothing_and_one_image_have_no_order() -> None:
    nothing = differences(np.empty(0), np.empty(0))
    assert (nothing.n, nothing.moved, nothing.far) == (0, 0, 0)
    assert np.isnan([nothing.srcc, nothing.median_shift, nothing.largest_shift]).all()
    one = differences(np.array([0.2]), np.array([0.4]))
    assert (one.n, one.moved) == (1, 1)
    assert one.largest_shift == pytest.approx(0.2)
    assert np.isnan(one.srcc)


def test_the_furthest_movers_come_first_and_those_that_stay_do_not() -> None:
    old, new = np.array([0.1, 0.5, 0.9, 0.3]), np.array([0.2, 0.5, 0.4, 0.3])
    assert largest_movers(old, new, 10).tolist() == [2, 0]
    assert largest_movers(old, new, 1).tolist() == [2]


def test_a_sample_is_evenly_spaced_and_has_both_ends() -> None:
    assert sample(3, 5).tolist() == [0, 1, 2]
    assert sample(101, 3).tolist() == [0, 50, 100]
