"""Opinion scores of a table of ratings, as tables again. Pure: no Django."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.tables import csv_lines, csv_start

from ..protocol.verdicts import Verdict
from .methods import METHODS, Estimates, Votes
from .methods.base import Floats, Integers, parse_parameters
from .methods.screening import RECOMMENDATION, REJECTED, SUREAL, Flags, screen
from .rating_table import RatingTable
from .table_scale import Ends

#: Ways to drop subjects before a method, by name.
SCREENS = {"bt500": RECOMMENDATION, "bt500_sureal": SUREAL}
_SCORES = ("stimulus", "score", "std_error", "ci_low", "ci_high", "n")
_SUBJECTS = ("subject", "bias", "inconsistency", "rejected", "n")


@dataclass(frozen=True)
class TableScores:
    """Opinion scores of the stimuli and findings about the subjects of a table."""

    table: RatingTable
    votes: Votes
    estimates: Estimates
    #: The ends of the scale of the scores.
    limits: Ends
    #: (U,): dropped before, or rejected by the method.
    rejected: Flags

    @property
    def notes(self) -> tuple[str, ...]:
        return self.estimates.notes

    def reasons(self) -> dict[str, str]:
        """Subject → what there is to say about them."""
        said = self.estimates.subjects.reason
        return {
            name: reason or REJECTED
            for name, reason, rejected in zip(
                self.table.subjects, said.tolist(), self.rejected.tolist(), strict=True
            )
            if reason or rejected
        }

    def scores_csv(self) -> str:
        """A row for each stimulus, in the order of first appearance; a cell is empty if a number is
        not known."""
        found = self.estimates
        columns = (found.value, found.standard_error, found.low, found.high)
        return _csv(_SCORES, self.table.stimuli, *map(_cells, columns), found.n.tolist())

    def subjects_csv(self) -> str:
        """A row for each subject likewise; `n` counts all their ratings."""
        found = self.estimates.subjects
        columns = (found.bias, found.inconsistency)
        n: Integers = np.bincount(self.table.subject, minlength=len(self.table.subjects))
        rejected = self.rejected.astype(int).tolist()
        return _csv(_SUBJECTS, self.table.subjects, *map(_cells, columns), rejected, n.tolist())


def score_table(
    table: RatingTable,
    method_name: str,
    *,
    ends: Ends | None = None,
    screening: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> TableScores:
    """By a method of `METHODS`, on a scale with these ends (None: guessed from the scores), without
    the subjects whom `screening`, one of `SCREENS`, rejects.

    Raises UnknownEntryError, OpinionError, RatingsError.
    """
    method = METHODS[method_name]
    chosen = parse_parameters(method, parameters or {})
    votes = table.votes(ends)
    rejected = np.zeros(votes.subjects, dtype=np.bool_)
    if screening is not None:
        rejected = screen(votes, votes.score, SCREENS[screening]).rejected
    estimates = method.estimate(votes.kept(~rejected[votes.subject]), chosen)
    rejected = rejected | (estimates.subjects.verdict == Verdict.REJECTED.value)
    return TableScores(table, votes, estimates, method.limits(votes.scale, chosen), rejected)


def _csv(header: Iterable[str], *columns: Iterable[Any]) -> str:
    return csv_start(header, raw=True) + csv_lines(zip(*columns, strict=True), raw=True)


def _cells(values: Floats) -> list[float | None]:
    """None if a number is not known."""
    known = np.isfinite(values).tolist()
    return [value if there else None for value, there in zip(values.tolist(), known, strict=True)]
