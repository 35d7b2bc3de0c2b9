"""What the page of generators says of its numbers."""

from dataclasses import replace
from typing import Any

import pytest

from annotation.opinion.comparison.leaderboard import WEIGHTED, Leaderboard
from annotation.opinion.generators import StudyLeaderboards
from annotation.opinion.pages import generator_words
from annotation.protocol.draw import Draw

BOARD = Leaderboard((), (), "sample", None, 1000, 1)


@pytest.fixture
def whole() -> Any:
    return StudyLeaderboards(
        boards=(),
        chosen=True,
        draws={Draw.HOLDOUT: 12, Draw.AUDIT: 3, Draw.PRIORITY: 5},
        categories=(),
    )


def test_weighted_means_say_so(whole: Any) -> None:
    said = generator_words.basis(replace(BOARD, basis=WEIGHTED), whole)
    assert "by the inverse of how probable" in said


def test_what_a_model_chose_is_said_to_be_left_out(whole: Any) -> None:
    said = generator_words.basis(BOARD, whole)
    assert "hold-out draws (12) and random audit draws (3)" in said
    assert "5 ratings of images that a model chose are left out" in said
    none_left_out = replace(whole, draws={Draw.HOLDOUT: 12})
    assert "left out" not in generator_words.basis(BOARD, none_left_out)
