"""Known images: which of them train a rater, and which answers are as expected."""

import pytest

from annotation.protocol.practice import expectation, span
from annotation.protocol.scales import ACR5, SLIDER5, SLIDER100, Scale


@pytest.mark.parametrize(
    ("number", "chosen"),
    [(0, []), (1, [0.5]), (2, [0.1, 0.9]), (3, [0.1, 0.5, 0.9]), (9, [0.1, 0.3, 0.5, 0.7, 0.9])],
)
def test_practice_spans_the_range(number: int, chosen: list[float]) -> None:
    scores = [0.5, 0.9, 0.1, 0.7, 0.3]
    assert [scores[n] for n in span(scores, number)] == chosen


@pytest.mark.parametrize(
    ("scale", "mos", "bounds"),
    [
        # 0.8 of the way from 1 to 5 is 4.2, told as level 4; one level on either side of that.
        (ACR5, 0.8, (4.0, 3.0, 5.0)),
        (ACR5, 0.95, (5.0, 4.0, 5.0)),
        (ACR5, 0.0, (1.0, 1.0, 2.0)),
        (SLIDER5, 0.5, (2.5, 1.25, 3.75)),
        (SLIDER100, 0.4, (40.0, 15.0, 65.0)),
    ],
)
def test_one_level_of_five_on_either_side_is_as_expected(
    scale: Scale, mos: float, bounds: tuple[float, float, float]
) -> None:
    found = expectation("quality", scale, mos)
    assert (found.expected, found.low, found.high) == pytest.approx(bounds)
    assert found.holds(found.low)
    assert found.holds(found.high)
    assert not found.holds(found.low - scale.step)
    assert not found.holds(found.high + scale.step)
