"""Texts and scores taken from cells. The numbers are worked out by hand or by `statistics`."""

import statistics
from typing import Any

import pytest

from annotation.opinion.sources import Source
from annotation.stimuli.mapping.cells import TextCell
from annotation.stimuli.mapping.scores import ScoreCells
from workbench.core.problems import Problem

FIVE = Source("a", 1, 5)
COUNTS = ("c1", "c2", "c3", "c4", "c5")


@pytest.mark.parametrize(
    ("cell", "values", "text"),
    [
        (TextCell("a"), {"a": "  x "}, "x"),
        (TextCell("a"), {}, ""),
        (TextCell(value="SDXL"), {}, "SDXL"),
        (TextCell("a", pattern="^(?P<generator>[^_]+)_"), {"a": "sd1.5_low_001.jpg"}, "sd1.5"),
        (TextCell("a", template="distortion {}"), {"a": "07"}, "distortion 07"),
        (TextCell("a", words={"train": "pool"}), {"a": "train"}, "pool"),
        (TextCell("#", template="{}.png"), {"#": 12}, "12.png"),
    ],
)
def test_texts(cell: TextCell, values: dict[str, Any], text: str) -> None:
    assert cell.read("generator", values) == text


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        (TextCell("a"), 3, "generator is not text"),
        (TextCell("a", pattern="^(?P<generator>[^_]+)_"), "x.jpg", "does not say the generator"),
        (TextCell("a", pattern="(?P<generator>(a|aa)+)$"), "a" * 60 + "b", "takes too long"),
    ],
)
def test_texts_that_are_none(cell: TextCell, value: Any, message: str) -> None:
    with pytest.raises(Problem, match=message):
        cell.read("generator", {"a": value})


def test_counts_give_the_exact_spread() -> None:
    """The first image of KonIQ-10k: 25 threes, 73 fours, 7 fives."""
    votes = [3] * 25 + [4] * 73 + [5] * 7
    cells = ScoreCells("quality", FIVE, counts=COUNTS)
    score = cells.read({"c1": "0", "c2": "", "c3": "25", "c4": 73, "c5": "7"})
    assert score is not None
    assert score.mos == pytest.approx(statistics.fmean(votes), abs=1e-12)
    assert score.sd == pytest.approx(statistics.stdev(votes), abs=1e-12)
    assert (score.raters, score.counts) == (105, (0, 0, 25, 73, 7))
    assert cells.read({"c1": "0"}) is None
    with pytest.raises(Problem, match=r"c1 2.5 is outside 0…"):
        cells.read({"c1": "2.5"})


def test_a_variance_is_the_square_of_the_spread() -> None:
    score = ScoreCells("quality", FIVE, "m", variance="v").read({"m": "3", "v": "0.25"})
    assert score is not None
    assert (score.mos, score.sd) == (3, 0.5)
    with pytest.raises(Problem, match="v 17 is outside 0…16"):
        ScoreCells("quality", FIVE, "m", variance="v").read({"m": "3", "v": "17"})


def test_raters_may_be_the_same_for_all() -> None:
    score = ScoreCells("quality", FIVE, "m", raters=28).read({"m": "3"})
    assert score is not None
    assert (score.raters, score.source) == (28, "a")
