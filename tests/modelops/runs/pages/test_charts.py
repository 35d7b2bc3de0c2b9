import pytest

from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import ACR5
from modelops.learning.uncertainty import Expectation
from modelops.registry.holdout import HoldoutPoint
from modelops.runs.pages.charts import scatter

QUALITY = PerspectiveSettings("quality", "Quality", "How good is it?", ACR5)


def point(stimulus: int, mos: float, mean: float, error: float = 0.0) -> HoldoutPoint:
    return HoldoutPoint(stimulus, mos, Expectation(mean, 0.06, 0.08, 0.2), f"{stimulus}.png", error)


def test_a_point_is_on_the_studys_scale_and_says_who_it_is() -> None:
    """0.25 of 1…5 is 2; √(0.06² + 0.08²) is 0.1, which is 0.4 of that scale."""
    (mark,) = scatter("holdout", QUALITY, [point(7, mos=0.5, mean=0.25, error=0.125)]).marks
    assert (mark.stimulus, mark.filename) == (7, "7.png")
    assert (mark.predicted, mark.mos, mark.mos_error) == (2.0, 3.0, 0.5)
    assert mark.sd == pytest.approx(0.4)
    assert (mark.x, mark.y) == (60.0, 120.0)
    assert (mark.x0, mark.x1) == (36.0, 84.0)
    # Upwards is less in a drawing: 0.375 and 0.625 of 240.
    assert (mark.y0, mark.y1) == (150.0, 90.0)


def test_what_lies_beyond_the_scale_is_drawn_at_its_end() -> None:
    (mark,) = scatter("holdout", QUALITY, [point(7, mos=0.5, mean=2.0, error=0.75)]).marks
    assert mark.predicted == 5.0
    assert (mark.y0, mark.y1) == (240.0, 0.0)


def test_the_table_begins_with_the_farthest_off() -> None:
    chart = scatter(
        "holdout", QUALITY, [point(1, 0.5, 0.5), point(2, 0.0, 1.0), point(3, 0.5, 0.8)]
    )
    assert [mark.stimulus for mark in chart.farthest] == [2, 3, 1]
