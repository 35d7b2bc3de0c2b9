"""Charts against counts made by hand."""

from itertools import pairwise

import pytest

from annotation.protocol.scales import ACR5, ACR11, SLIDER100
from annotation.studies.pages.charts import (
    HEIGHT,
    NO_CHART,
    WIDTH,
    bars,
    count_ticks,
    histogram,
    marks,
    thinned,
)


def test_bars_stand_on_an_axis_of_round_numbers() -> None:
    drawn = bars([2, 8, 0, 4, 1], "abcde")
    assert [bar.height for bar in drawn.bars] == [HEIGHT * value / 8 for value in (2, 8, 0, 4, 1)]
    assert [bar.label for bar in drawn.bars][:2] == ["a: 2", "b: 8"]
    assert [bar.value for bar in drawn.bars] == ["2", "8", "", "4", "1"]
    assert [tick.label for tick in drawn.y_ticks] == ["0", "2", "4", "6", "8"]
    assert [tick.place for tick in drawn.y_ticks] == [110, 82.5, 55, 27.5, 0]
    assert [tick.label for tick in drawn.x_ticks] == list("abcde")
    assert drawn.summary == "a: 2; b: 8; c: 0; d: 4; e: 1"


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (17, [0, 5, 10, 15, 20]),
        (40, [0, 10, 20, 30, 40]),
        (41, [0, 20, 40, 60]),
        (201, [0, 100, 200, 300]),
        (99, [0, 50, 100]),
        (300_000, [0, 100_000, 200_000, 300_000]),
    ],
)
def test_counts_are_read_off_at_steps_of_one_two_or_five(most: int, ticks: list[int]) -> None:
    assert count_ticks(most) == ticks


@pytest.mark.parametrize("values", [[], [0, 0]])
def test_nothing_is_a_sentence_and_no_empty_axis(values: list[int]) -> None:
    assert bars(values, "ab"[: len(values)]) == NO_CHART
    assert marks(ACR5, [], []) == NO_CHART
    assert NO_CHART.titled("Days", nothing="No rating yet.").nothing == "No rating yet."


def test_many_bars_have_some_names_and_no_values() -> None:
    drawn = bars([3] * 30, [str(number) for number in range(30)])
    assert {bar.value for bar in drawn.bars} == {""}
    assert [tick.label for tick in drawn.x_ticks] == ["0", "5", "10", "15", "20", "25", "29"]
    assert thinned(list("abc")) == ["a", "b", "c"]


def test_a_category_scale_has_a_bar_for_each_level_at_equal_distances() -> None:
    drawn = histogram(ACR5, [(1.0, 3), (2.0, 7), (5.0, 1)], ACR5.labels).bars
    assert [bar.label for bar in drawn] == [
        "Bad: 3", "Poor: 7", "Fair: 0", "Good: 0", "Excellent: 1",
    ]  # fmt: skip
    fifth = WIDTH / 5
    assert [right.x - left.x for left, right in pairwise(drawn)] == pytest.approx([fifth] * 4)


def test_eleven_levels_are_still_levels() -> None:
    drawn = histogram(ACR11, [(0.0, 1), (10.0, 2)]).bars
    assert (len(drawn), drawn[0].label, drawn[10].label) == (11, "0: 1", "10: 2")


def test_a_slider_is_drawn_in_tenths_with_its_end_in_the_last() -> None:
    drawn = histogram(SLIDER100, [(0.0, 1), (9.0, 1), (10.0, 5), (99.0, 2), (100.0, 3)]).bars
    assert [bar.label for bar in drawn][:2] == ["0–10: 2", "10–20: 5"]
    assert drawn[9].label == "90–100: 5"


def test_a_long_name_is_cut_below_its_bar_and_whole_in_its_tooltip() -> None:
    drawn = bars([1], ["Slightly annoying"])
    assert drawn.x_ticks[0].label == "Slightly a…"
    assert drawn.bars[0].label == "Slightly annoying: 1"


def test_marks_are_in_order_and_as_high_as_their_scores() -> None:
    drawn = marks(ACR5, [1, 3, 5], "abc")
    # A mark is 3 of 110 thick, so the lowest begins at 107.
    assert [mark.y for mark in drawn.bars] == [107, 53.5, 0]
    assert [mark.label for mark in drawn.bars] == ["a", "b", "c"]
    assert [mark.x for mark in drawn.bars] == pytest.approx([0, WIDTH / 30, WIDTH / 15], abs=1e-3)
    assert [tick.label for tick in drawn.y_ticks] == ["1", "2", "3", "4", "5"]
    assert [tick.label for tick in drawn.x_ticks] == ["1", "3"]


def test_many_marks_stay_within_the_drawing() -> None:
    last = marks(ACR5, [3] * 300, [""] * 300).bars[-1]
    assert last.x + last.width <= WIDTH
