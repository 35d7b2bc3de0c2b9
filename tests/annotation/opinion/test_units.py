"""Scores of any scale on 0…1, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.opinion.units import HIGHER, LOWER, UnitScale


@pytest.mark.parametrize(
    ("scale", "value", "unit"),
    [
        (UnitScale(1, 5), 2.0, 0.25),
        (UnitScale(0, 100), 61.0, 0.61),
        # DMOS: the less, the better.
        (UnitScale(0, 100, LOWER), 25.0, 0.75),
        (UnitScale(-3, 3), 0.0, 0.5),
    ],
)
def test_a_score_lies_on_0_to_1_with_1_as_the_best(
    scale: UnitScale, value: float, unit: float
) -> None:
    assert scale.of(value) == pytest.approx(unit)
    assert scale.value(unit) == pytest.approx(value)


def test_a_spread_has_no_direction() -> None:
    assert UnitScale(1, 5, LOWER).spread(1.0) == 0.25


@given(st.floats(0, 1))
def test_what_was_published_on_0_to_1_stays_to_the_last_bit(value: float) -> None:
    assert UnitScale(0, 1, HIGHER).of(value) == value


@given(st.floats(0, 100))
def test_a_scale_from_0_is_divided_by_its_maximum(value: float) -> None:
    assert UnitScale(0, 100).of(value) == value / 100
