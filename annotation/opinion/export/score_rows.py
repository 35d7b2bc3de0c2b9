"""The tables of single scores and of explanations, as PostgreSQL writes them: joined, formatted and
ordered there, and put together by `lines`.

A statement is about some images, so that its sort stays in memory and the first rows come at once;
all statements are of one view of the data.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import IntegerField, QuerySet, Value

from ...models import OpinionRelease, Perspective, Study
from ...studies.counting import trial_counts
from ...studies.protocols import stored_document
from ..imported import imported_scores
from ..reliability.selectors import rater_weights
from .asked import Asked
from .in_turns import InTurns, composed, in_turns
from .lines import NOTHING, OWN, Lines, numbers_of, shared, texts_of
from .scores import PARTS, Part, Row, Table, columns_of
from .spans import Place, Span, next_span
from .writing import Writing

#: For the sort of so many bytes of rows.
_MEMORY = "48MB"
# What is read of images, trials and published scores, under the names that `scores` has.
_IMAGES = {
    "stimulus": "pk",
    "filename": "filename",
    "sha256": "sha256",
    "prompt": "prompt__text",
    "generator": "generator__name",
    "split": "split",
    "purpose": "purpose",
    "attention_check": "attention_check",
    "state": "state",
    "width": "width",
    "height": "height",
    "metadata": "metadata",
}
_TRIALS = {
    "trial": "pk",
    "stimulus": "stimulus_id",
    "rater_id": "rater_id",
    "rater": "rater__code",
    "rater_status": "rater__status",
    "session": "session_id",
    "protocol_id": "session__protocol_id",
    "protocol_number": "session__protocol__number",
    "position": "position",
    "block": "block",
    "role": "role",
    "draw": "draw",
    "state": "state",
    "leased_at": "leased_at",
    "displayed_at": "displayed_at",
    "submitted_at": "submitted_at",
    "behaviour": "behaviour",
    "asked_up_to": "asked_up_to",
    "skip_reason": "skip_reason",
    "skip_note": "skip_note",
    "counting": "counting",
}
_PUBLISHED = {
    "stimulus": "stimulus_id",
    "release": "release__number",
    "place": "perspective__position",
    "perspective": "perspective__key",
    "value": "value",
    "sd": "sd",
    "n": "n",
    "source": "release__source",
    "scale_kind": "release__score_kind",
    "scale_minimum": "release__minimum",
    "scale_maximum": "release__maximum",
    "scale_levels": "levels",
    "scale_direction": "release__direction",
}
# What is said of an image, of a trial, and of a scale leaves once, and each row says which it has:
# `lines` puts them together. A row's item is its trial's number, or its image's if it has no trial.
_STATEMENT = """
WITH image AS MATERIALIZED (
    SELECT source.stimulus AS key, row_number() OVER (ORDER BY source.stimulus) - 1 AS number,
        {image} AS line, {metadata} AS metadata
    FROM {images}
), trial AS MATERIALIZED (
    SELECT source.trial AS key, image.number AS image, source.protocol_id, source.counting,
        source.asked_up_to, source.state AS outcome,
        row_number() OVER (ORDER BY image.number, source.trial) - 1 AS number, {trial} AS line
    FROM {trials} JOIN image ON image.key = source.stimulus
    LEFT JOIN {weights} ON weight.rater = source.rater_id
), scale (number, protocol_id, perspective_id, place, asks, low, high, line) AS MATERIALIZED (
    SELECT row_number() OVER () - 1, source.protocol_id, source.perspective_id, source.place,
        source.asks, source.low, source.high, {scale}
    FROM {scales}
)
SELECT * FROM (
    SELECT convert_to(string_agg(line, ''), 'UTF8'), string_agg(int4send(octet_length(line)), ''),
        convert_to(string_agg(metadata, ''), 'UTF8'),
        string_agg(int4send(octet_length(metadata)), '')
    FROM (SELECT line, metadata FROM image ORDER BY number) AS sorted
) AS images, (
    SELECT convert_to(string_agg(line, ''), 'UTF8'), string_agg(int4send(octet_length(line)), ''),
        string_agg(int4send(image::int4), '')
    FROM (SELECT line, image FROM trial ORDER BY number) AS sorted
) AS trials, (
    SELECT convert_to(string_agg(line, ''), 'UTF8'), string_agg(int4send(octet_length(line)), '')
    FROM (SELECT line FROM scale ORDER BY number) AS sorted
) AS scales, (
    SELECT convert_to(string_agg(own, ''), 'UTF8'), string_agg(int4send(octet_length(own)), ''),
        string_agg(int8send((item << 32) + (scale + 2) * 256 + kind), '')
    FROM (
        SELECT * FROM ({branches}) AS row
            (image, part, first, second, third, fourth, kind, item, scale, own)
        ORDER BY image, part, first, second, third, fourth
    ) AS sorted
) AS rows
"""
# OFFSET keeps PostgreSQL from looking each perspective's score up on its own.
_SCORES = """
    FROM (
        SELECT trial.image, trial.number, trial.key AS trial, trial.protocol_id, trial.counting,
            trial.asked_up_to, found.perspective_id, found.value, found.revision,
            found.created_at, found.superseded_at
        FROM trial JOIN annotation_score AS found ON found.trial_id = trial.key
        WHERE trial.outcome = 'submitted'
        OFFSET 0
    ) AS score
    JOIN scale ON scale.protocol_id = score.protocol_id
        AND scale.perspective_id = score.perspective_id
"""
#: The rows of each kind, by what they are ordered by.
_BRANCHES = {
    Row.IMAGE: """
    SELECT image.number, 0, 0::int8, 0, false, 0, {image_kind}, image.number, {nothing}::int8,
        {image_own}
    FROM image WHERE image.key > {begun}
    """,
    Row.PUBLISHED: """
    SELECT image.number, 1, source.release::int8, source.place, false, 0, {published_kind},
        image.number, {own}::int8, {published_own}
    FROM image JOIN {published} ON source.stimulus = image.key
    """,
    # And those that were superseded, so that scores are read once.
    Row.SCORE: f"""
    SELECT score.image, 2, score.number, scale.place, score.superseded_at IS NOT NULL,
        score.revision,
        CASE WHEN score.superseded_at IS NULL THEN {{score_kind}} ELSE {{superseded_kind}} END,
        score.number, scale.number, {{score_own}}
    {_SCORES}
    """,
    Row.SKIPPED: """
    SELECT trial.image, 2, trial.number, 0, false, 0, {skipped_kind}, trial.number,
        {nothing}::int8, {skipped_own}
    FROM trial WHERE trial.outcome = 'skipped'
    """,
    Row.EXPLANATION: f"""
    SELECT score.image, 2, score.number, scale.place, false, 0, {{explanation_kind}}, score.number,
        scale.number, {{explanation_own}}
    {_SCORES}
    JOIN annotation_explanation AS reason ON reason.trial_id = score.trial
        AND reason.perspective_id = score.perspective_id AND reason.superseded_at IS NULL
    WHERE score.superseded_at IS NULL
    """,
}
#: The parts that rows share, in the order of the columns, and which kinds of rows have them.
_SHARED = {
    Part.IMAGE: set(Row),
    Part.METADATA: {Row.IMAGE},
    Part.TRIAL: {Row.SCORE, Row.SUPERSEDED, Row.SKIPPED, Row.EXPLANATION},
    # An imported score's is its source's.
    Part.SCALE: {Row.SCORE, Row.SUPERSEDED, Row.EXPLANATION},
}
_KINDS = tuple(Row)


class ScoreRows:
    """The rows of a study, in one view of the data that its user opens."""

    def __init__(self, study: Study, table: Table, writing: Writing) -> None:
        self._study = study
        self._table = table
        self._writing = writing
        self._after = Place()
        branches = (text for row, text in _BRANCHES.items() if row in table.rows)
        self._text = _STATEMENT.replace("{branches}", " UNION ALL ".join(branches))
        self._parts = {
            **{str(part): self._line(part) for part in _SHARED},
            "scales": _scales(study),
            "weights": _weights(rater_weights(study)),
            "nothing": str(NOTHING),
            "own": str(OWN),
            **{f"{row}_kind": str(_KINDS.index(row)) for row in Row},
            **{f"{row}_own": self._own(row) for row in table.rows},
        }

    def lines(self, read: Callable[[int], None]) -> Iterator[Lines]:
        """The rows of some images at a time; `read` is told how many images they are about so
        far."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{_MEMORY}'")
        with in_turns() as turns:
            self._after, asked = Place(), Asked()
            self._ask(turns, asked)
            while turns.busy:
                fields = turns.take()
                read(asked.taken(sum(map(len, fields))))
                if asked.many:
                    turns.grow()
                # PostgreSQL makes the next ones while these are put together.
                self._ask(turns, asked)
                yield self._lines(fields)

    def _ask(self, turns: InTurns, asked: Asked) -> None:
        """For the rows after those that were asked for, of every connection that has time."""
        while not asked.all and (maker := turns.idle()):
            span = next_span(maker, self._study, self._after, asked.number)
            if span is None:
                asked.all = True
                return
            self._after = span.last
            turns.begin(self._statement(span))
            asked.add(span.begins)
            asked.all = span.ends

    def _statement(self, span: Span) -> str:
        images = span.images(self._study)
        trials = span.trials(self._study).annotate(counting=trial_counts())
        published = imported_scores(self._study.pk).filter(
            stimulus__gt=span.after.image, stimulus__lte=span.last.image
        )
        published = published.annotate(levels=Value(None, output_field=IntegerField()))
        return self._text.format(
            **self._parts,
            begun=span.after.image,
            images=_source(images, _IMAGES),
            trials=_source(trials, _TRIALS),
            published=_source(published, _PUBLISHED),
        )

    def _lines(self, fields: list[bytes]) -> Lines:
        """Of the fields of a statement's one row."""
        packed = numbers_of(fields[11], ">i8")
        kinds, item, scale = packed & 0xFF, packed >> 32, ((packed >> 8) & 0xFFFFFF) - 2
        shown = np.isin(kinds, [_KINDS.index(row) for row in _SHARED[Part.TRIAL]])
        image = item.copy()
        image[shown] = numbers_of(fields[6], ">i4")[item[shown]]
        told = np.isin(kinds, [_KINDS.index(row) for row in _SHARED[Part.METADATA]])
        places = {
            Part.IMAGE: (fields[0], fields[1], image),
            Part.METADATA: (fields[2], fields[3], np.where(told, image, NOTHING)),
            Part.TRIAL: (fields[4], fields[5], np.where(shown, item, NOTHING)),
            Part.SCALE: (fields[7], fields[8], scale),
        }
        return Lines(
            kinds,
            [self._writing.start(columns_of(Part.ROW)[0], row) for row in _KINDS],
            [self._end(row) for row in _KINDS],
            {
                part: shared(data, lengths, index, nothing=self._nothing(part))
                for part, (data, lengths, index) in places.items()
            },
            texts_of(*fields[9:11]),
        )

    def _line(self, part: Part) -> str:
        """A part that rows share, in SQL; empty if the table lacks it."""
        if part not in self._table.parts:
            return "''"
        cells = self._writing.cells((column, column.sql) for column in columns_of(part))
        return f"concat({cells})"

    def _own(self, row: Row) -> str:
        """In SQL: a row's cells after those of its shared parts, up to the last with anything."""
        parts = self._own_parts(row)
        cells = [self._cells(row, part) for part in parts]
        return f"concat({', '.join(cells)})" if cells else "''"

    def _own_parts(self, row: Row) -> list[Part]:
        """Its parts that no row shares, up to the last in which there is anything."""
        later = [part for part in self._table.parts if self._is_own(row, part)]
        there = [place for place, part in enumerate(later) if part in PARTS[row]]
        return later[: there[-1] + 1] if there else []

    def _is_own(self, row: Row, part: Part) -> bool:
        if part == Part.SCALE:
            return row == Row.PUBLISHED
        return part != Part.ROW and part not in _SHARED

    def _cells(self, row: Row, part: Part) -> str:
        columns = columns_of(part)
        if part in PARTS[row]:
            return self._writing.cells((column, column.sql) for column in columns)
        return f"'{self._writing.nothing(columns)}'"

    def _end(self, row: Row) -> str:
        """Nothing in the parts after a row's own."""
        later = [part for part in self._table.parts if self._is_own(row, part)]
        empty = later[len(self._own_parts(row)) :]
        return "".join(map(self._nothing, empty)) + self._writing.end

    def _nothing(self, part: Part) -> str:
        """Of a part that the table has."""
        return self._writing.nothing(columns_of(part) if part in self._table.parts else ())


def _scales(study: Study) -> str:
    """Each perspective as each protocol asks for it, as a table `source`."""
    rows = [
        composed(f"({', '.join(['%s'] * len(_SCALES))})", _scale(row.pk, perspective))
        for row in study.protocols.all()
        for perspective in study.perspectives.all()
    ]
    # A study in which nobody was asked anything has none, and these types.
    none = ", ".join(f"NULL::{kind}" for kind in _SCALES.values())
    return f"(VALUES {', '.join([f'({none})', *rows])}) AS source ({', '.join(_SCALES)})"


_SCALES = {
    "protocol_id": "int8",
    "perspective_id": "int8",
    "place": "int4",
    "asks": "bool",
    "low": "float8",
    "high": "float8",
    "perspective": "text",
    "scale_kind": "text",
    "scale_minimum": "float8",
    "scale_maximum": "float8",
    "scale_levels": "int4",
    "scale_direction": "text",
}


def _scale(protocol: int, perspective: Perspective) -> list[Any]:
    document, settings = stored_document(protocol), perspective.settings
    asking = {field.perspective for field in document.form.fields}
    asking |= {text.perspective for text in document.form.texts}
    judged = {item.key: item.scale for item in document.perspectives}
    scale = settings.scale
    asked_on = judged.get(settings.key, scale)
    return [
        protocol,
        perspective.pk,
        perspective.position,
        settings.key in asking,
        asked_on.minimum,
        asked_on.maximum,
        settings.key,
        scale.kind,
        scale.minimum,
        scale.maximum,
        scale.levels,
        str(OpinionRelease.Direction.HIGHER),
    ]


def _source(rows: QuerySet[Any, Any], fields: Mapping[str, str]) -> str:
    """The rows of a query set as a table `source` with these columns."""
    query = rows.order_by().values_list(*fields.values()).query
    return f"({composed(*query.sql_with_params())}) AS source ({', '.join(fields)})"


def _weights(weights: Mapping[int, float]) -> str:
    """Those whose scores weigh less, as a table `weight`."""
    arrays = composed("%s::int8[], %s::float8[]", (list(weights), list(weights.values())))
    return f"unnest({arrays}) AS weight (rater, value)"
