"""The collected database, read in one consistent view: a table of scores, and records of images.

Opinion scores are those of a release: of the live one as it would be made at this very moment, so
the mean of the scores that count is the MOS, or of one that was kept. Memory is bounded by a chunk
of images, whatever the study's size.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cached_property

import pyarrow as pa

from workbench.core.statements import one_view

from ...models import Explanation, OpinionRelease, Rater, Score, Stimulus, Study, Trial
from ...protocol.forms import is_asked
from ...studies.counting import counting_trials
from ...studies.protocols import stored_document
from ..imported import imported_scores
from .document import facts_of
from .facts import Facts
from .formats import Format, Record
from .image_records import image_record, image_records, opinion_records
from .line_columns import tables_of
from .made import Export, export_of
from .people_records import rater_records, session_records
from .score_rows import ScoreRows
from .scores import Table
from .writing import CsvWriting, Writing

#: Stimuli read at a time: enough to make the queries few, little enough to keep memory flat.
CHUNK = 500

#: Of an explanation; what regions and words are is in `protocol.marks`.
_EXPLANATION = ("phrases", "text", "regions", "words", "language")


class Database:
    """What formats are written from (`formats.Source`), in one view of the data that its user
    opens."""

    def __init__(
        self,
        study: Study,
        release: OpinionRelease | None = None,
        *,
        read: Callable[[int], None] = lambda images: None,
    ) -> None:
        """release: as in `export_of`; read: told how many images have been read so far."""
        self._study = study
        self._release = release
        self._read = read

    @cached_property
    def facts(self) -> Facts:
        return facts_of(self._study)

    @cached_property
    def export(self) -> Export:
        """With opinion scores, which are made now if no release is asked for."""
        return export_of(self._study, self._release)

    def rows(self, table: Table, writing: Writing) -> Iterator[bytes]:
        for lines in ScoreRows(self._study, table, writing).lines(self._read):
            yield from (part.text() for part in lines.slices())

    def batches(self, table: Table, schema: pa.Schema) -> Iterator[pa.Table]:
        for lines in ScoreRows(self._study, table, CsvWriting(raw=True)).lines(self._read):
            yield from tables_of(lines, table, schema)

    def images(self) -> Iterator[Record]:
        return self._counted(_records(self.export, image_records))

    def records(self) -> Iterator[Record]:
        return self._counted(_records(self.export, _full_records))

    def sessions(self) -> Iterator[Record]:
        return session_records(self._study)

    def raters(self) -> Iterator[Record]:
        export = self.export
        return rater_records(self._study, export.facts.keys, export.weights, export.estimates())

    def _counted(self, records: Iterable[Record]) -> Iterator[Record]:
        for number, record in enumerate(records, start=1):
            yield record
            self._read(number)


def exported(
    study: Study, form: Format, release: OpinionRelease | None = None, *, raw: bool = False
) -> Generator[bytes, None, None]:
    """The study in a format, piece by piece; release: as in `export_of`, raw: as in `Format`.

    Reads in one REPEATABLE READ transaction: ratings that arrive meanwhile are in the next
    export, never half in this one.
    """
    with one_view():
        yield from form.encode(Database(study, release), raw=raw)


def export_records(study: Study, release: OpinionRelease | None = None) -> Iterator[Record]:
    """Every stimulus of the study with all that was collected about it, by id, as `exported`."""
    with one_view():
        yield from Database(study, release).records()


def _records(
    export: Export, read: Callable[[Export, list[Stimulus]], Iterator[Record]]
) -> Iterator[Record]:
    after = 0
    while stimuli := _next_stimuli(export.study, after):
        yield from read(export, stimuli)
        after = stimuli[-1].pk


def _next_stimuli(study: Study, after: int) -> list[Stimulus]:
    return list(
        Stimulus.objects.filter(study=study, pk__gt=after)
        .select_related("prompt", "generator")
        .order_by("pk")[:CHUNK]
    )


def _full_records(export: Export, stimuli: list[Stimulus]) -> Iterator[Record]:
    trials = _trials_by_stimulus(export, stimuli)
    published = _published_by_stimulus(export, stimuli)
    skipped = _skipped_by_stimulus(export, stimuli)
    opinions = opinion_records(export, stimuli)
    for stimulus in stimuli:
        yield {
            **image_record(stimulus),
            "state_reason": export.taken_out.get(stimulus.pk),
            "replaced_by": stimulus.replaced_by_id,
            "metadata": stimulus.metadata,
            "mos": opinions[stimulus.pk],
            "published": published[stimulus.pk],
            "trials": trials[stimulus.pk],
            "skipped": skipped[stimulus.pk],
        }


def _trials(stimuli: list[Stimulus], state: str) -> Iterable[Trial]:
    found = Trial.objects.filter(stimulus__in=stimuli, state=state)
    return found.select_related("rater", "session__protocol").order_by("pk")


def _skipped_by_stimulus(export: Export, stimuli: list[Stimulus]) -> dict[int, list[Record]]:
    by_stimulus: dict[int, list[Record]] = defaultdict(list)
    for row in _trials(stimuli, Trial.State.SKIPPED):
        reason = {"skip_reason": row.skip_reason, "skip_note": row.skip_note}
        by_stimulus[row.stimulus_id].append({**_shown(export, row), **reason})
    return by_stimulus


def _trials_by_stimulus(export: Export, stimuli: list[Stimulus]) -> dict[int, list[Record]]:
    rows = _trials(stimuli, Trial.State.SUBMITTED)
    by_stimulus: dict[int, list[Record]] = defaultdict(list)
    by_trial: dict[int, Record] = {}
    for row in rows:
        by_trial[row.pk] = record = _trial(export, row)
        by_stimulus[row.stimulus_id].append(record)
    _add_scores(export, by_trial)
    _add_explanations(by_trial)
    _add_asked(by_trial)
    return by_stimulus


def _shown(export: Export, row: Trial) -> Record:
    """The showing of an image to a rater, whatever came of it."""
    return {
        "trial": row.pk,
        "rater": row.rater.code,
        # Flagged, not dropped: whoever analyses the data decides.
        "excluded": row.rater.status == Rater.Status.EXCLUDED,
        # In the opinion scores, by the study's rules.
        "weight": export.weights.get(row.rater_id, 1.0),
        "session": row.session_id,
        "protocol": row.session.protocol.number,
        "position": row.position,
        "block": row.block,
        "role": row.role,
        "draw": row.draw,
        "leased_at": row.leased_at.isoformat(),
        "displayed_at": row.displayed_at.isoformat() if row.displayed_at else None,
        "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
        "behaviour": row.behaviour,
        "asked_up_to": row.asked_up_to,
    }


def _trial(export: Export, row: Trial) -> Record:
    return {
        **_shown(export, row),
        "asked_by": row.session.protocol_id,
        "scores": {},
        "revisions": {},
        "scored_at": {},
        "counts": {},
        "superseded": [],
        "explanation_asked": {},
        "explanations": {},
    }


def _add_scores(export: Export, by_trial: dict[int, Record]) -> None:
    """The current scores, whether each counts, and the superseded ones."""
    counting = counting_trials(export.study).filter(pk__in=by_trial)
    counts = set(counting.values_list("pk", flat=True))
    rows = Score.objects.filter(trial__in=by_trial).order_by("pk")
    for trial, perspective, value, revision, created_at, superseded_at in rows.values_list(
        "trial_id", "perspective__key", "value", "revision", "created_at", "superseded_at"
    ):
        record = by_trial[trial]
        if superseded_at is None:
            record["scores"][perspective] = value
            record["revisions"][perspective] = revision
            record["scored_at"][perspective] = created_at.isoformat()
            record["counts"][perspective] = trial in counts
        else:
            record["superseded"].append(
                {
                    "perspective": perspective,
                    "score": value,
                    "revision": revision,
                    "created_at": created_at.isoformat(),
                    "superseded_at": superseded_at.isoformat(),
                }
            )


def _add_explanations(by_trial: dict[int, Record]) -> None:
    rows = Explanation.objects.filter(trial__in=by_trial, superseded_at=None).values_list(
        "trial_id", "perspective__key", *_EXPLANATION
    )
    for trial, perspective, *reason in rows:
        by_trial[trial]["explanations"][perspective] = dict(zip(_EXPLANATION, reason, strict=True))


def _add_asked(by_trial: dict[int, Record]) -> None:
    """Of which scores the reason was asked, by the session's protocol: an empty one is not one that
    nobody asked for."""
    for record in by_trial.values():
        document, up_to = stored_document(record.pop("asked_by")), record["asked_up_to"]
        asking = {field.perspective for field in document.form.fields}
        asking |= {text.perspective for text in document.form.texts}
        scales = {item.key: item.scale for item in document.perspectives}
        for perspective, score in record["scores"].items():
            record["explanation_asked"][perspective] = perspective in asking and is_asked(
                up_to, scales[perspective], score
            )


def _published_by_stimulus(export: Export, stimuli: list[Stimulus]) -> dict[int, list[Record]]:
    rows = imported_scores(export.study.pk).filter(stimulus__in=stimuli)
    by_stimulus: dict[int, list[Record]] = defaultdict(list)
    for row in rows.order_by("stimulus", "release__number", "perspective__position"):
        by_stimulus[row.stimulus_id].append(
            {
                "perspective": row.perspective.key,
                "mos": row.value,
                "sd": row.sd,
                "raters": row.n,
                "counts": row.histogram,
                "source": row.release.source,
                "scale": {
                    "kind": row.release.score_kind,
                    "minimum": row.release.minimum,
                    "maximum": row.release.maximum,
                    "levels": None,
                    "direction": row.release.direction,
                },
            }
        )
    return by_stimulus
