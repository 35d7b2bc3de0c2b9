"""The tables with one row per score and per explanation: their columns, and from where each is.

Pure: no Django. `score_rows` makes its statements of this.
"""

from dataclasses import dataclass
from enum import StrEnum

from .columns import Column, Kind


class Part(StrEnum):
    """What a column is about. Each kind of row has some parts, and nothing in the others."""

    ROW = "row"
    IMAGE = "image"
    METADATA = "metadata"
    TRIAL = "trial"
    SCALE = "scale"
    SCORE = "score"
    REASON = "reason"
    PUBLISHED = "published"


class Row(StrEnum):
    """What a row is. An image has one row `image`, before its others."""

    IMAGE = "image"
    PUBLISHED = "published"
    SCORE = "score"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    EXPLANATION = "explanation"


#: Of what there is something in a row, next to what is in every one.
PARTS: dict[Row, set[Part]] = {
    Row.IMAGE: {Part.METADATA},
    Row.PUBLISHED: {Part.SCALE, Part.PUBLISHED},
    Row.SCORE: {Part.TRIAL, Part.SCALE, Part.SCORE},
    Row.SUPERSEDED: {Part.TRIAL, Part.SCALE, Part.SCORE},
    Row.SKIPPED: {Part.TRIAL},
    Row.EXPLANATION: {Part.TRIAL, Part.SCALE, Part.SCORE, Part.REASON},
}

_UTC = "UTC"
_NOT_SAID = "the browser did not say"
_NO_FILE = "the image has no file"
_SCALE = "on the scale from `scale_minimum` to `scale_maximum`"


@dataclass(frozen=True)
class ScoreColumn(Column):
    """A column of the table."""

    part: Part = Part.IMAGE
    #: An expression of what `score_rows` reads.
    sql: str = ""


def _of(
    part: Part,
    name: str,
    kind: Kind,
    meaning: str,
    *,
    sql: str = "",
    unit: str = "",
    null: str = "",
    rows: tuple[Row, ...] = (),
) -> ScoreColumn:
    """sql: the source's column of the same name if it is not given; rows: those that have the part
    likewise."""
    rows = rows or tuple(row for row in Row if part in PARTS[row])
    return ScoreColumn(name, kind, meaning, unit, null, rows, part, sql or f"source.{name}")


_IMAGE = (
    _of(Part.IMAGE, "stimulus", Kind.INTEGER, "Key of the image on the server."),
    _of(Part.IMAGE, "filename", Kind.TEXT, "The image's name in the study."),
    _of(Part.IMAGE, "sha256", Kind.CODE, "SHA-256 of the image's file, in hexadecimal.",
        sql="nullif(source.sha256, '')", null=_NO_FILE),
    _of(Part.IMAGE, "prompt", Kind.TEXT, "What the generator was asked for."),
    _of(Part.IMAGE, "generator", Kind.TEXT, "The text-to-image system."),
    _of(Part.IMAGE, "split", Kind.CODE, "`pool` or `holdout`, which no model is trained on."),
    _of(Part.IMAGE, "purpose", Kind.CODE, "`main`, `practice` or `gold`: known scores."),
    _of(Part.IMAGE, "attention_check", Kind.BOOLEAN,
        "Whether the prompt says which scores to give."),
    _of(Part.IMAGE, "state", Kind.CODE,
        "`in_use`; `withdrawn`, whose scores count; `excluded` or `purged`, whose scores do not."),
    _of(Part.IMAGE, "width", Kind.INTEGER, "Of the image's file.", unit="pixels", null=_NO_FILE),
    _of(Part.IMAGE, "height", Kind.INTEGER, "Of the image's file.", unit="pixels", null=_NO_FILE),
    _of(Part.METADATA, "metadata", Kind.JSON, "What else the manifest said of the image."),
)  # fmt: skip
_ROW = (
    _of(Part.ROW, "kind", Kind.CODE,
        "What the row is: `score`; `superseded`, a score that the rater replaced; `skipped`; "
        "`published`, a score that was imported; `image`, one for each image; `explanation`."),
)  # fmt: skip
_TRIAL = (
    _of(Part.TRIAL, "trial", Kind.INTEGER, "Key of the showing of the image to the rater."),
    _of(Part.TRIAL, "rater", Kind.CODE, "The rater's code; never a name."),
    _of(Part.TRIAL, "excluded", Kind.BOOLEAN,
        "Whether the rater's scores were taken out.", sql="source.rater_status = 'excluded'"),
    _of(Part.TRIAL, "weight", Kind.NUMBER,
        "What the rater's scores weigh in opinion scores, by the study's rules.",
        sql="coalesce(weight.value, 1)"),
    _of(Part.TRIAL, "session", Kind.INTEGER, "Key of the rater's session."),
    _of(Part.TRIAL, "protocol", Kind.INTEGER,
        "Number of the protocol by which it was asked, in the study's document.",
        sql="source.protocol_number"),
    _of(Part.TRIAL, "position", Kind.INTEGER, "Place in the session, from 0."),
    _of(Part.TRIAL, "block", Kind.INTEGER, "Block of the session; 0 is practice."),
    _of(Part.TRIAL, "role", Kind.CODE,
        "`main`, `practice`, `stabilisation`, `repeat` or `gold`; only `main` counts."),
    _of(Part.TRIAL, "draw", Kind.CODE,
        "How the image was drawn for the rater: `priority`, `audit` (at random), `holdout`, "
        "`plan`."),
    _of(Part.TRIAL, "leased_at_utc", Kind.TIME, "When the rater was given the image.",
        sql="source.leased_at", unit=_UTC),
    _of(Part.TRIAL, "displayed_at_utc", Kind.TIME, "When the image was first on the screen.",
        sql="source.displayed_at", unit=_UTC, null=_NOT_SAID),
    _of(Part.TRIAL, "submitted_at_utc", Kind.TIME, "When the answer was complete.",
        sql="source.submitted_at", unit=_UTC, null="the image was skipped"),
    _of(Part.TRIAL, "shown_ms", Kind.INTEGER,
        "How long the image was on the screen and the page visible.",
        sql="(source.behaviour ->> 'shown_ms')::int8", unit="milliseconds", null=_NOT_SAID),
    _of(Part.TRIAL, "away_ms", Kind.INTEGER,
        "How long the page was hidden or another window had the focus.",
        sql="(source.behaviour ->> 'away_ms')::int8", unit="milliseconds", null=_NOT_SAID),
    _of(Part.TRIAL, "displayed_width", Kind.INTEGER, "Of the image on the screen.",
        sql="(source.behaviour -> 'image_size' ->> 0)::int8", unit="CSS pixels", null=_NOT_SAID),
    _of(Part.TRIAL, "displayed_height", Kind.INTEGER, "Of the image on the screen.",
        sql="(source.behaviour -> 'image_size' ->> 1)::int8", unit="CSS pixels", null=_NOT_SAID),
    _of(Part.TRIAL, "pixel_ratio", Kind.NUMBER, "Of the screen, the browser's zoom included.",
        sql="(source.behaviour ->> 'pixel_ratio')::float8", unit="device pixels per CSS pixel",
        null=_NOT_SAID),
    _of(Part.TRIAL, "skip_reason", Kind.CODE, "Why the rater skipped the image, as a code.",
        sql="nullif(source.skip_reason, '')", rows=(Row.SKIPPED,)),
    _of(Part.TRIAL, "skip_note", Kind.TEXT, "The same in the rater's words.",
        sql="nullif(source.skip_note, '')", rows=(Row.SKIPPED,), null="the rater wrote nothing"),
)  # fmt: skip
_SCORE = (
    _of(Part.SCALE, "perspective", Kind.CODE, "Key of what was judged."),
    _of(Part.SCALE, "scale_kind", Kind.CODE, "Kind of the scale of this row's scores."),
    _of(Part.SCALE, "scale_minimum", Kind.NUMBER, "Its lower end."),
    _of(Part.SCALE, "scale_maximum", Kind.NUMBER, "Its upper end."),
    _of(Part.SCALE, "scale_levels", Kind.INTEGER, "How many different scores it has.",
        null="of an imported score"),
    _of(Part.SCALE, "scale_direction", Kind.CODE, "Which scores are better: `higher` or `lower`."),
    _of(Part.SCORE, "score", Kind.NUMBER, f"One rater's score, {_SCALE}.", sql="score.value"),
    _of(Part.SCORE, "revision", Kind.INTEGER, "Counts a rater's scores of one showing, from 1.",
        sql="score.revision"),
    _of(Part.SCORE, "counts", Kind.BOOLEAN,
        "Whether it is among the scores that the image's MOS is the mean of.",
        sql="score.counting AND score.superseded_at IS NULL"),
    _of(Part.SCORE, "scored_at_utc", Kind.TIME, "When the server kept it.",
        sql="score.created_at", unit=_UTC),
    _of(Part.SCORE, "superseded_at_utc", Kind.TIME, "When the rater replaced it.",
        sql="score.superseded_at", unit=_UTC, null="it is current"),
    _of(Part.SCORE, "explanation_asked", Kind.BOOLEAN, "Whether its reason was asked for.",
        sql="CASE WHEN score.superseded_at IS NULL THEN scale.asks AND coalesce("
            "(score.value - scale.low) / (scale.high - scale.low) <= score.asked_up_to + 1e-9, "
            "false) END"),
    _of(Part.REASON, "phrases", Kind.JSON,
        "The reason's closed answers: the question's key and the level that was chosen.",
        sql="reason.phrases", null="no reason was given"),
    _of(Part.REASON, "text", Kind.TEXT, "The reason in the rater's words.",
        sql="nullif(reason.text, '')", null="the rater wrote nothing"),
    _of(Part.REASON, "regions", Kind.JSON, "Boxes and strokes on the image.",
        sql="nullif(reason.regions, '[]')", unit="shares of width and height",
        null="none were marked"),
    _of(Part.REASON, "words", Kind.JSON, "Numbers of the prompt's words that were marked, from 0.",
        sql="nullif(reason.words, '[]')", null="none were marked"),
    _of(Part.REASON, "language", Kind.TEXT, "Language of the page on which the reason was given.",
        sql="reason.language", null="no reason was given"),
)  # fmt: skip
_PUBLISHED = (
    _of(Part.PUBLISHED, "published_mos", Kind.NUMBER, f"An imported opinion score, {_SCALE}.",
        sql="source.value"),
    _of(Part.PUBLISHED, "published_sd", Kind.NUMBER, "Its standard deviation of single scores.",
        sql="source.sd", unit="of the scale", null="nobody said"),
    _of(Part.PUBLISHED, "published_raters", Kind.INTEGER, "How many raters it is of.",
        sql="source.n", null="nobody said"),
    _of(Part.PUBLISHED, "published_source", Kind.TEXT, "Whose it is.", sql="source.source"),
)  # fmt: skip
#: Those of a part are next to each other, and parts in the order of `Part`.
COLUMNS: tuple[ScoreColumn, ...] = (*_ROW, *_IMAGE, *_TRIAL, *_SCORE, *_PUBLISHED)


def columns_of(part: Part) -> list[ScoreColumn]:
    return [column for column in COLUMNS if column.part == part]


@dataclass(frozen=True)
class Table:
    """A table of some parts of columns, with some kinds of rows."""

    parts: tuple[Part, ...]
    rows: tuple[Row, ...]

    @property
    def columns(self) -> list[ScoreColumn]:
        return [column for part in self.parts for column in columns_of(part)]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


SCORES = Table(
    tuple(part for part in Part if part != Part.REASON),
    tuple(row for row in Row if row != Row.EXPLANATION),
)
#: Apart from the scores: they are long, and few if a study asks for few.
EXPLANATIONS = Table(
    tuple(part for part in Part if part not in (Part.METADATA, Part.PUBLISHED)),
    (Row.EXPLANATION,),
)
