"""Two generators whose eight images three raters scored, and what the pure core makes of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import QuerySet

from annotation.models import OpinionScore, Stimulus, Study
from annotation.opinion.comparison.leaderboard import Leaderboard, leaderboard
from annotation.opinion.comparison.means import Images
from annotation.opinion.forecast import AssistedScore, Forecast, Forecasts
from annotation.opinion.methods import ScaleLimits, Votes

#: Quality of images 0…7 by raters 0…2, images in turn of generators 0 and 1.
SCORES = np.array(
    [
        [1, 3, 2, 4, 1, 3, 2, 5],
        [2, 4, 1, 3, 2, 4, 1, 3],
        [1, 3, 2, 4, 1, 3, 2, 4],
    ]
)


def cells(text: str, table: int = 0) -> list[list[str]]:
    """The texts of a table's body, row by row."""
    body = re.findall(r"<tbody>(.*?)</tbody>", text)[table]
    rows = re.findall(r"<tr>(.*?)</tr>", body)
    return [
        [cell.strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows
    ]


def core(predicted: Sequence[float] | None = None, kept: Sequence[int] = range(8)) -> Leaderboard:
    """What the pure core makes of `SCORES`; those of the images in `kept` are a sample."""
    rater, image = np.divmod(np.arange(SCORES.size), 8)
    votes = Votes.of(
        SCORES.ravel(), image, rater, scale=ScaleLimits(1, 5, 5), stimuli=8, subjects=3
    )
    # In the page’s order: draws of prompts follow it.
    groups = Stimulus.objects.order_by("pk").values_list("prompt__group_sha256", flat=True)
    _, prompt = np.unique(list(groups[:8]), return_inverse=True)
    of = Images.of(prompt, np.arange(8) % 2, predicted=predicted)
    return leaderboard(votes, of, np.isin(image, kept))


def ranks(row: Any) -> str:
    alone = row.rank_low == row.rank_high
    return str(row.rank) if alone else f"{row.rank_low} … {row.rank_high}"


def interval(row: Any) -> str:
    return f"{row.low:.2f} … {row.high:.2f}"


class FakeForecaster:
    """Expects of each image what it is told to."""

    def __init__(self, expected: dict[int, float]) -> None:
        self._expected = expected

    def expected(self, study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, Forecast]]:
        return {}

    def most_uncertain(
        self, study: Study, perspective: str, stimuli: QuerySet[Stimulus]
    ) -> QuerySet[Stimulus] | None:
        return None

    def all_expected(self, study: Study) -> dict[str, Forecasts]:
        keys = np.array(sorted(self._expected), dtype=np.int64)
        return {"quality": Forecasts(keys, np.array([self._expected[key] for key in keys]))}

    def assisted(
        self,
        study: Study,
        scores: Sequence[OpinionScore],
        limits: Mapping[str, tuple[float, float]],
    ) -> dict[int, dict[str, AssistedScore]]:
        return {}

    def named(self, study: Study) -> str:
        return "fake 1"

    def in_use(self, study: Study) -> str:
        return "1"
