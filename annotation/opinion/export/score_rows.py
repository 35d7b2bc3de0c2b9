"""The tables of single scores and of explanations, as PostgreSQL writes them: joined, put together
and ordered there, and passed on as they come.

A statement is about some images, so that its sort stays in memory and the first rows come at once;
all statements are of one view of the data.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import IntegerField, QuerySet, Value

from ...models import OpinionRelease, Perspective, Stimulus, Study, Trial
from ...studies.counting import trial_counts
from ...studies.protocols import stored_document
from ..copying import copied_texts
from ..imported import imported_scores
from ..reliability.selectors import rater_weights
from .scores import PARTS, Part, Row, Table, columns_of
from .writing import Writing

#: Bytes that a statement is to give, and images of the first one.
_BYTES, _FIRST = 8 << 20, 20
#: How many times as many images as the one before it a statement is at most about.
_FASTER = 10
#: For the sort of so many bytes of rows.
_MEMORY = "48MB"
#: Showings of an image whose rows are passed on together, since each row that is passed on costs
#: 3 µs: some hundred kilobytes at most.
_TOGETHER = 100

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
# What is said of an image, and of a trial, is put together once, and not for each score.
_STATEMENT = """
WITH image AS MATERIALIZED (
    SELECT source.stimulus AS key, {image} AS line, {metadata} AS metadata FROM {images}
), trial AS MATERIALIZED (
    SELECT source.trial AS key, source.stimulus AS image, source.protocol_id, source.counting,
        source.asked_up_to, source.state AS outcome,
        row_number() OVER (PARTITION BY source.stimulus ORDER BY source.trial) / {together}
            AS batch,
        concat(image.line, {no_metadata}, {trial}) AS line
    FROM {trials} JOIN image ON image.key = source.stimulus
    LEFT JOIN {weights} ON weight.rater = source.rater_id
), scale (protocol_id, perspective_id, place, asks, low, high, line) AS MATERIALIZED (
    SELECT source.protocol_id, source.perspective_id, source.place, source.asks, source.low,
        source.high, {scale} FROM {scales}
)
SELECT string_agg(line, '' ORDER BY first, second, third, fourth) FROM (
    {branches}
) AS row (image, part, batch, first, second, third, fourth, line)
GROUP BY image, part, batch ORDER BY image, part, batch
"""
# OFFSET keeps PostgreSQL from looking each perspective's score up on its own.
_SCORES = """
    FROM (
        SELECT trial.image, trial.batch, trial.key AS trial, trial.protocol_id, trial.counting,
            trial.asked_up_to, trial.line, found.perspective_id, found.value, found.revision,
            found.created_at, found.superseded_at
        FROM trial JOIN annotation_score AS found ON found.trial_id = trial.key
        WHERE trial.outcome = 'submitted'
        OFFSET 0
    ) AS score
    JOIN scale ON scale.protocol_id = score.protocol_id
        AND scale.perspective_id = score.perspective_id
"""
#: The rows of each kind after what they are ordered by.
_BRANCHES = {
    Row.IMAGE: "SELECT image.key, 0, 0, 0, 0, false, 0, {image_row} FROM image",
    Row.PUBLISHED: """
    SELECT image.key, 1, 0, source.release, source.place, false, 0, {published_row}
    FROM image JOIN {published} ON source.stimulus = image.key
    """,
    # And those that were superseded, so that scores are read once.
    Row.SCORE: f"""
    SELECT score.image, 2, score.batch, score.trial, scale.place, score.superseded_at IS NOT NULL,
        score.revision,
        CASE WHEN score.superseded_at IS NULL THEN {{score_row}} ELSE {{superseded_row}} END
    {_SCORES}
    """,
    Row.SKIPPED: """
    SELECT trial.image, 2, trial.batch, trial.key, 0, false, 0, {skipped_row}
    FROM trial WHERE trial.outcome = 'skipped'
    """,
    Row.EXPLANATION: f"""
    SELECT score.image, 2, score.batch, score.trial, scale.place, false, 0, {{explanation_row}}
    {_SCORES}
    JOIN annotation_explanation AS reason ON reason.trial_id = score.trial
        AND reason.perspective_id = score.perspective_id AND reason.superseded_at IS NULL
    WHERE score.superseded_at IS NULL
    """,
}


# A trial's line begins with what is said of its image.
_SCORE_LINES = {
    Part.IMAGE: "score.line",
    Part.METADATA: "",
    Part.TRIAL: "",
    Part.SCALE: "scale.line",
}
#: What is put together already.
_LINES = {
    Row.IMAGE: {Part.IMAGE: "image.line", Part.METADATA: "image.metadata"},
    Row.PUBLISHED: {Part.IMAGE: "image.line"},
    Row.SCORE: _SCORE_LINES,
    Row.SUPERSEDED: _SCORE_LINES,
    Row.SKIPPED: {Part.IMAGE: "trial.line", Part.METADATA: "", Part.TRIAL: ""},
    Row.EXPLANATION: _SCORE_LINES,
}


class ScoreRows:
    """The rows of a study, in one view of the data that its user opens."""

    def __init__(self, study: Study, table: Table, writing: Writing) -> None:
        self._study = study
        self._table = table
        self._writing = writing
        branches = (text for row, text in _BRANCHES.items() if row in table.rows)
        self._text = _STATEMENT.replace("{branches}", " UNION ALL ".join(branches))
        self._parts = {
            "image": self._part(Part.IMAGE),
            "metadata": self._part(Part.METADATA),
            "no_metadata": self._nothing(Part.METADATA),
            "trial": self._part(Part.TRIAL),
            "scale": self._part(Part.SCALE),
            "scales": _scales(study),
            "together": str(_TOGETHER),
            "weights": _weights(rater_weights(study)),
            **{f"{row}_row": self._row(row) for row in table.rows},
        }

    def pieces(self, read: Callable[[int], None]) -> Iterator[bytes]:
        """The rows, image by image, at most some hundred kilobytes at a time; `read` is told how
        many images they are about so far."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{_MEMORY}'")
        after, done, number = 0, 0, _FIRST
        while images := self._next(after, number):
            size = 0
            for rows in copied_texts(self._statement(after, images[-1])):
                size += len(rows)
                yield rows
            done += len(images)
            read(done)
            after, number = images[-1], _following(len(images), size)

    def _next(self, after: int, number: int) -> list[int]:
        images = Stimulus.objects.filter(study=self._study, pk__gt=after).order_by("pk")
        return list(images.values_list("pk", flat=True)[:number])

    def _statement(self, after: int, last: int) -> str:
        """About the images with keys above `after`, up to `last`."""
        images = Stimulus.objects.filter(study=self._study, pk__gt=after, pk__lte=last)
        trials = Trial.objects.filter(
            study=self._study,
            stimulus__gt=after,
            stimulus__lte=last,
            state__in=[Trial.State.SUBMITTED, Trial.State.SKIPPED],
        ).annotate(counting=trial_counts())
        published = imported_scores(self._study.pk).filter(stimulus__gt=after, stimulus__lte=last)
        published = published.annotate(levels=Value(None, output_field=IntegerField()))
        return self._text.format(
            **self._parts,
            images=_source(images, _IMAGES),
            trials=_source(trials, _TRIALS),
            published=_source(published, _PUBLISHED),
        )

    def _part(self, part: Part) -> str:
        cells = self._writing.cells((column, column.sql) for column in columns_of(part))
        return f"concat({cells})"

    def _row(self, row: Row) -> str:
        """PARTS says of what there is something in it."""
        first = self._writing.first(columns_of(Part.ROW)[0], f"'{row}'")
        cells = [self._cells(row, part) for part in self._table.parts if part != Part.ROW]
        return f"concat({', '.join([first, *filter(None, cells)])}, E'{self._writing.end}')"

    def _cells(self, row: Row, part: Part) -> str:
        columns = columns_of(part)
        if part in _LINES[row]:
            return _LINES[row][part]
        if part in PARTS[row]:
            return self._writing.cells((column, column.sql) for column in columns)
        return self._nothing(part)

    def _nothing(self, part: Part) -> str:
        """Of a part that the table has."""
        return self._writing.nothing(columns_of(part) if part in self._table.parts else ())


def _following(images: int, size: int) -> int:
    """How many images the next statement is about, if so many gave so many bytes."""
    most = images * _FASTER
    return max(1, min(images * _BYTES // size, most)) if size else most


def _scales(study: Study) -> str:
    """Each perspective as each protocol asks for it, as a table `source`."""
    rows = [
        _composed(f"({', '.join(['%s'] * len(_SCALES))})", _scale(row.pk, perspective))
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
    return f"({_composed(*query.sql_with_params())}) AS source ({', '.join(fields)})"


def _weights(weights: Mapping[int, float]) -> str:
    """Those whose scores weigh less, as a table `weight`."""
    arrays = _composed("%s::int8[], %s::float8[]", (list(weights), list(weights.values())))
    return f"unnest({arrays}) AS weight (rater, value)"


def _composed(statement: str, values: Collection[Any]) -> str:
    """COPY takes no parameters."""
    text: str = connection.ops.compose_sql(statement, values)  # type: ignore[attr-defined] # PostgreSQL's
    return text
