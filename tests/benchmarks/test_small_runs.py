"""The benchmarks themselves, small: a real site, a real load, figures that agree."""

from collections.abc import Callable

import pytest

from benchmarks import export, rating

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def silent() -> Callable[[str], None]:
    return lambda _line: None


def test_ratings_are_measured_at_each_level(silent: Callable[[str], None]) -> None:
    plan = rating.Plan(
        browsers=(1, 8), seconds=0.6, claim_seconds=0.6, warm_up=0.2, open_images=2_000,
        claimers=1_500, stored_images=20, stored_by=3,
    )  # fmt: skip
    levels = rating.measure(plan, silent)["levels"]
    assert [(level["browsers"], level["stored"]) for level in levels] == [
        (1, 0), (8, 0), (1, 60), (8, 60),
    ]  # fmt: skip
    for level in levels:
        assert level["claim"]["count"] > 0
        # A rating is a display and a submit; the last one of a browser may have been cut off.
        assert 0 <= level["submit"]["count"] - level["rating"]["count"] <= level["browsers"]
    assert rating.lines(levels, rating.compared(levels))[0].startswith("stored")


def test_an_export_carries_all_that_was_stored(silent: Callable[[str], None]) -> None:
    exports = export.measure(export.Plan(images=6, by=4), silent)["exports"]
    # JSON Lines: one per image. CSV: a heading, and a line per rater, image and perspective.
    assert [(found["form"], found["lines"]) for found in exports] == [
        ("jsonl", 6), ("csv", 1 + 6 * 4 * 3),
    ] * 2  # fmt: skip
