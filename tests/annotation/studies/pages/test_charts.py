"""Charts against counts made by hand."""

from itertools import pairwise

import pytest

from annotation.protocol.scales import ACR5, ACR11, SLIDER100
from annotation.studies.pages.charts import HEIGHT, WIDTH, bars, histogram, marks


def test_the_highest_bar_is_as_high_as_the_drawing() -> None:
    drawn = bars([2, 8, 0, 4, 1], "abcde")
    assert [bar.height for bar in drawn] == [HEIGHT * value / 8 for value in (2, 8, 0, 4, 1)]
    assert [bar.label for bar in drawn][:2] == ["a: 2", "b: 8"]


def test_no_values_are_no_bars() -> None:
    assert bars([], []) == []


def test_a_category_scale_has_a_bar_for_each_level_at_equal_distances() -> None:
    drawn = histogram(ACR5, [(1.0, 3), (2.0, 7), (5.0, 1)], ACR5.labels)
    assert [bar.label for bar in drawn] == [
        "Bad: 3", "Poor: 7", "Fair: 0", "Good: 0", "Excellent: 1",
    ]  # fmt: skip
    assert [right.x - left.x for left, right in pairwise(drawn)] == pytest.approx([20] * 4)


def test_eleven_levels_are_still_levels() -> None:
    drawn = histogram(ACR11, [(0.0, 1), (10.0, 2)])
    assert (len(drawn), drawn[0].label, drawn[10].label) == (11, "0: 1", "10: 2")


def test_a_slider_is_drawn_in_tenths_with_its_end_in_the_last() -> None:
    drawn = histogram(SLIDER100, [(0.0, 1), (9.0, 1), (10.0, 5), (99.0, 2), (100.0, 3)])
    assert [bar.label for bar in drawn][:2] == ["0–10: 2", "10–20: 5"]
    assert drawn[9].label == "90–100: 5"


def test_marks_are_in_order_and_as_high_as_their_values() -> None:
    drawn = marks([0.0, 0.5, 1.0], "abc")
    # A mark is 2 of 40 thick, so the lowest begins at 38.
    assert [mark.y for mark in drawn] == [38, 19, 0]
    assert [mark.label for mark in drawn] == ["a", "b", "c"]
    assert [mark.x for mark in drawn] == [
        0,
        pytest.approx(100 / 30, abs=1e-3),
        pytest.approx(200 / 30, abs=1e-3),
    ]


def test_many_marks_stay_within_the_drawing() -> None:
    last = marks([0.5] * 300, [""] * 300)[-1]
    assert last.x + last.width <= WIDTH
