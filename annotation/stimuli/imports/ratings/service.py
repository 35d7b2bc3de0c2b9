"""Importing ratings of single people: every row is checked, then all good rows are written or none.

They count as the study's own do. Importing them again changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ....models import Score, Stimulus, Study, Trial
from ....opinion.copying import copy_in, new_keys
from ....opinion.releases import mark_stale
from ....studies.audit import record
from ...importing.matching import NameIndex
from ...importing.problems import RowError
from ...importing.remarks import Remark
from ..disk_problems import disk_problems
from ..report import ImportReport
from ..service import ImportRun, refused_for_problems
from ..store import study_lock
from .people import Subjects
from .reading import RatingRow, RatingTable, read_ratings

_SOURCE_LIMIT = 100
_BATCH = 2000
_SCORE = ("trial_id", "perspective_id", "value", "revision", "created_at", "superseded_at")
_ABSENT = gettext_noop('image "%(filename)s" is not in the study')
_COUNTS = gettext_noop(
    "Ratings of “%(source)s”: %(trials)d. Images: %(images)d. Raters: %(raters)d; new to the "
    "study: %(new)d."
)
_OTHERS = gettext_noop(
    "%(number)d rows are no current scores of main images, and were passed over."
)
_TAKE = """
UPDATE annotation_stimulus AS stimulus SET
    claimed_ratings = least(claimed_ratings + taken.n, 32767),
    maximum_ratings = greatest(maximum_ratings, least(claimed_ratings + taken.n, 32767))
FROM (
    SELECT stimulus_id, count(*) AS n FROM unnest(%s::bigint[]) AS given (stimulus_id)
    GROUP BY stimulus_id
) AS taken
WHERE stimulus.id = taken.stimulus_id
"""


@dataclass
class _Answer:
    """What one subject said of one image, in one row or in several."""

    rows: list[RatingRow]
    stimulus: int
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.rows[0].subject

    @property
    def at(self) -> datetime | None:
        return max((row.at for row in self.rows if row.at), default=None)


def import_ratings(run: ImportRun, path: Path, source: str) -> ImportReport:
    """Adds the ratings of the table at `path` to a study, by raters of `source`.

    Bad rows are listed in the report, not raised. Raises ImportRefusedError if the table cannot be
    read at all, or has no source; ImportRunningError during another import into the study.
    """
    source = source.strip()
    with refused_for_problems(), disk_problems(), study_lock(run.study):
        _refuse_source(source)
        table = read_ratings(path, run.study.perspective_settings)
        report = ImportReport(total=table.total, dry_run=run.options.dry_run, partial=run.partial)
        subjects = Subjects(run.study, source)
        subjects.find(row.subject for row in table.rows)
        answers = _Checking(run.study, subjects, table).answers()
        report.rejected = sorted(table.errors, key=lambda error: error.row)
        report.done = run.goes_on or not report.rejected
        if table.others:
            report.remarks.append(Remark(_OTHERS, {"number": table.others}))
        if report.done:
            _write(run, report, subjects, answers)
    return report


def _refuse_source(source: str) -> None:
    if not 0 < len(source) <= _SOURCE_LIMIT:
        raise Problem(
            gettext_noop("the ratings have no source"),
            gettext_noop(
                "say whose they are, such as the old study’s name, in up to %(most)d characters: "
                "subjects of different sources are different raters"
            ),
            most=_SOURCE_LIMIT,
        )


@dataclass
class _Checking:
    """Rows against the study's images, and against what its raters said already."""

    study: Study
    subjects: Subjects
    table: RatingTable

    def answers(self) -> list[_Answer]:
        """Of the good rows, in their order; the errors of the others join the table's."""
        images = self._images()
        found: dict[tuple[str, int], _Answer] = {}
        for row in self.table.rows:
            try:
                stimulus = images.find(row.filename)
                answer = found.setdefault((row.subject, stimulus), _Answer([], stimulus))
                _join(answer, row)
            except Problem as problem:
                self._reject(row, problem)
        return list(self._unknown([answer for answer in found.values() if answer.rows]))

    def _images(self) -> "_Images":
        rows = Stimulus.objects.filter(study=self.study, replaced_by=None)
        return _Images({row[0]: row[1:] for row in rows.values_list("filename", "pk", "purpose")})

    def _unknown(self, answers: list[_Answer]) -> Iterator[_Answer]:
        """Those that are not in the study: what is there already is unchanged, or an error."""
        known = self._known(answers)
        for answer in answers:
            there = known.get((self.subjects.key(answer.subject), answer.stimulus))
            if there is None:
                yield answer
            elif any(there.get(key) != score for key, score in answer.scores.items()):
                problem = Problem(
                    gettext_noop('"%(filename)s" has other scores by this subject in the study'),
                    gettext_noop("correct the row, or import it under another source"),
                    filename=answer.rows[0].filename,
                )
                for row in answer.rows:
                    self._reject(row, problem)

    def _known(self, answers: list[_Answer]) -> dict[tuple[int | None, int], dict[str, float]]:
        raters = {self.subjects.key(answer.subject) for answer in answers} - {None}
        rows = Score.objects.filter(trial__rater__in=raters, superseded_at=None)
        found: dict[tuple[int | None, int], dict[str, float]] = {}
        fields = ("trial__rater", "trial__stimulus", "perspective__key", "value")
        for rater, stimulus, key, value in rows.values_list(*fields):
            found.setdefault((rater, stimulus), {})[key] = value
        return found

    def _reject(self, row: RatingRow, problem: Problem) -> None:
        error = RowError.of(row.row, row.line, row.filename[:300], problem)
        self.table.errors.append(error)


class _Images:
    """The study's images by their names, in full or without first folders."""

    def __init__(self, rows: dict[str, tuple[int, str]]) -> None:
        self._rows = list(rows.values())
        self._index = NameIndex((name, number) for number, name in enumerate(rows))

    def find(self, name: str) -> int:
        """Its key. Raises Problem."""
        number = self._index.find(name)
        if number is None:
            raise self._index.missing(name, _ABSENT)
        key, purpose = self._rows[number]
        if purpose != Stimulus.Purpose.MAIN:
            raise Problem(
                gettext_noop('"%(filename)s" is no main image of the study'),
                gettext_noop("delete the row: only ratings of main images count"),
                filename=name,
            )
        return key


def _join(answer: _Answer, row: RatingRow) -> None:
    twice = sorted(set(answer.scores) & set(row.scores))
    if twice:
        raise Problem(
            gettext_noop('"%(filename)s" has a second score by this subject (%(keys)s)'),
            gettext_noop("delete one of the rows"),
            filename=row.filename,
            keys=", ".join(twice),
        )
    answer.rows.append(row)
    answer.scores |= row.scores


def _write(
    run: ImportRun, report: ImportReport, subjects: Subjects, answers: Sequence[_Answer]
) -> None:
    with transaction.atomic(durable=True):
        new = subjects.make([answer.subject for answer in answers]) if answers else 0
        _write_answers(run.study, subjects, answers)
        report.imported = sum(len(answer.rows) for answer in answers)
        counts = {
            "source": subjects.source,
            "trials": len(answers),
            "images": len({answer.stimulus for answer in answers}),
            "raters": len({answer.subject for answer in answers}),
            "new": new,
        }
        report.remarks.append(Remark(_COUNTS, counts))
        if run.options.dry_run:
            transaction.set_rollback(True)
        elif answers:
            mark_stale(run.study)
            record(study=run.study, actor=run.actor, action="ratings.imported", **counts)
        if run.before_commit is not None and not run.options.dry_run:
            run.before_commit()
    report.unchanged = report.importable - report.imported


def _write_answers(study: Study, subjects: Subjects, answers: Sequence[_Answer]) -> None:
    now = timezone.now()
    keys = new_keys(Trial, len(answers))
    trials = []
    for key, answer in zip(keys, answers, strict=True):
        trial = subjects.trial(answer.subject)
        trial.pk, trial.stimulus_id, trial.scored = key, answer.stimulus, len(answer.scores)
        trial.leased_at = trial.lease_expires_at = trial.submitted_at = answer.at or now
        trials.append(trial)
    Trial.objects.bulk_create(trials, batch_size=_BATCH)
    perspectives = dict(study.perspectives.values_list("key", "pk"))
    copy_in(
        Score,
        _SCORE,
        (
            (trial.pk, perspectives[key], score, 1, trial.submitted_at, None)
            for trial, answer in zip(trials, answers, strict=True)
            for key, score in answer.scores.items()
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [[answer.stimulus for answer in answers]])
