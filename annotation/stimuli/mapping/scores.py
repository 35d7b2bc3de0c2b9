"""Published opinion scores taken from a row's cells."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ...opinion.sources import Source
from .cells import number_of, number_within, outside

#: The perspective of a score that is about an image as a whole.
OVERALL = "overall"
_MOST_RATERS = 2**31 - 1
#: One rater, or a thousand.
_THOUSANDS = re.compile(r"\s*\d{1,3}\.\d{3}\s*")


@dataclass(frozen=True, slots=True)
class Score:
    """A published MOS, its standard deviation on the same scale, its number of raters."""

    perspective: str
    #: On the scale that it was published on.
    mos: float
    sd: float | None = None
    raters: int | None = None
    #: Scores per level, from the lowest.
    counts: tuple[int, ...] | None = None
    #: The name of its source.
    source: str = ""


@dataclass(frozen=True)
class ScoreCells:
    """Where one perspective's score is, on the scale of `source`.

    `mean` is its column; or `counts` are the columns with the scores per level, from the lowest at
    the scale's minimum to the highest at its maximum, in equal steps. They give the mean if there
    is no column of it, and the exact standard deviation, which else is in the column `sd`, or as
    its square in `variance`. `raters`: a column, or a number that all images have.
    """

    perspective: str
    source: Source
    mean: str = ""
    sd: str = ""
    variance: str = ""
    counts: tuple[str, ...] = ()
    raters: str | int = ""
    #: Whether a table may lack the columns.
    optional: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        raters = self.raters if isinstance(self.raters, str) else ""
        return tuple(filter(None, (self.mean, self.sd, self.variance, *self.counts, raters)))

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a table must have."""
        if self.optional:
            return ()
        return self.columns

    def read(self, values: Mapping[str, Any]) -> Score | None:
        """The score of one row; None if its cells are empty. Raises Problem."""
        scale = self.source.scale
        raters = self._raters(values)
        counts = self._counts(values)
        mos = number_within(scale.minimum, scale.maximum, self.mean, values) if self.mean else None
        sd = self._spread(values)
        if counts is not None:
            mos, sd, raters = self._of_counts(counts, mos, raters)
        if mos is None:
            return None
        return Score(self.perspective, mos, sd, raters, counts, self.source.name)

    def _spread(self, values: Mapping[str, Any]) -> float | None:
        widest = self.source.scale.range
        if self.sd:
            return number_within(0.0, widest, self.sd, values)
        if self.variance:
            variance = number_within(0.0, widest**2, self.variance, values)
            return None if variance is None else math.sqrt(variance)
        return None

    def _raters(self, values: Mapping[str, Any]) -> int | None:
        if isinstance(self.raters, int):
            return self.raters
        return _whole(self.raters, values, 1) if self.raters else None

    def _counts(self, values: Mapping[str, Any]) -> tuple[int, ...] | None:
        """None if all are empty or 0."""
        found = [_whole(key, values, 0) or 0 for key in self.counts]
        return tuple(found) if any(found) else None

    def _of_counts(
        self, counts: tuple[int, ...], mos: float | None, raters: int | None
    ) -> tuple[float, float | None, int]:
        """The mean unless `mos` is known, the sample standard deviation, the number of scores."""
        scale, n = self.source.scale, sum(counts)
        step = scale.range / (len(counts) - 1)
        levels = [scale.minimum + step * place for place in range(len(counts))]
        mean = math.fsum(level * count for level, count in zip(levels, counts, strict=True)) / n
        squares = ((level - mean) ** 2 * count for level, count in zip(levels, counts, strict=True))
        sd = math.sqrt(math.fsum(squares) / (n - 1)) if n > 1 else None
        return mean if mos is None else mos, sd, raters or n


def read_scores(cells: tuple[ScoreCells, ...], values: Mapping[str, Any]) -> Iterator[Score]:
    """The scores of one row; a perspective whose cells are empty has none. Raises Problem."""
    for item in cells:
        score = item.read(values)
        if score is not None:
            yield score


def _whole(key: str, values: Mapping[str, Any], lowest: int) -> int | None:
    number = number_of(key, values)
    if number is None:
        return None
    unclear = _THOUSANDS.fullmatch(str(values[key]))
    if unclear or number != int(number) or not lowest <= number <= _MOST_RATERS:
        raise outside(key, values[key], f"{lowest}…")
    return int(number)


def refuse_two_scales(cells: tuple[ScoreCells, ...]) -> None:
    """Raises Problem if scores of one source are on different scales: a release has one."""
    scales: dict[str, Source] = {}
    for item in cells:
        known = scales.setdefault(item.source.name, item.source)
        if known != item.source:
            raise Problem(
                gettext_noop(
                    'the scores of the source "%(source)s" have different scales or kinds'
                ),
                gettext_noop('give those on another scale a source of their own ("source")'),
                source=item.source.name,
            )
