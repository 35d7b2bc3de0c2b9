"""The table with one row per image: its columns, and a record's cells. Pure: no Django.

No cell holds a structure: metadata have columns of their own, and those of their values that are
structures are left to the nested form.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ...protocol.draw import Draw
from ...protocol.perspectives import PerspectiveSettings
from .columns import Column, Kind
from .facts import Facts
from .scores import Part, columns_of

#: Scales of more levels have no column for each.
_MOST_LEVELS = 11
_UNRATED = "no score counts"
_UNKNOWN = "no score counts, or too few do"
#: A loader of image folders takes a column whose name ends so for one of pictures.
_PICTURES = "_file_name"

_IMAGE = tuple(columns_of(Part.IMAGE))
_REASON = Column(
    "state_reason",
    Kind.TEXT,
    "Why the image was taken out, in the words of whoever did.",
    null="it was not, or nobody said",
)
_UNSEEN = "there is no model, or it has not seen the image"
_MODEL = (
    Column(
        "predicted_by",
        Kind.TEXT,
        "The model in use when the file was made, with the number of its version. It may have "
        "learnt from the ratings of pool images, never from those of hold-out ones.",
        null=_UNSEEN,
    ),
    Column(
        "predicted_ratings",
        Kind.INTEGER,
        "Ratings that the study's scores rested on when the prediction learnt from them.",
        null=_UNSEEN,
    ),
    Column("predicted_learnt_at_utc", Kind.TIME, "When that was.", null=_UNSEEN),
    Column(
        "predicted_stale",
        Kind.BOOLEAN,
        "Whether thirty or more ratings have come since: then it is about to be made again.",
        null=_UNSEEN,
    ),
)
#: Name in a record, and what the columns of a perspective say, all on its scale.
_PREDICTED = (
    ("predicted", "What the model expects the MOS to be."),
    ("predicted_sd", "How far the true score may be from that: √(posterior² + misfit²)."),
    ("predicted_posterior_sd", "Of the prediction; ratings lessen it."),
    ("predicted_misfit_sd", "Of the true score around what such a model can expect at best."),
    ("predicted_rater_sd", "Of one rater's score around the true one."),
    ("predicted_label_sd", "Of the mean of the scores that count: rater / √n; empty without any."),
)
_UNPREDICTED = "no model has predicted it"
_DRAWS = tuple(
    Column(
        f"ratings_{draw}",
        Kind.INTEGER,
        f"Answers in main trials for which the image was drawn by `{draw}`.",
    )
    for draw in Draw
)
#: The mean of the ratings that count, then what the study's method makes of them: name in a record,
#: then the column that a perspective has.
_OPINION = (
    ("mos", "mos", Kind.NUMBER, "Plain mean of the scores that count, weighed.", _UNRATED),
    ("sd", "sd", Kind.NUMBER, "Their standard deviation (n − 1).", _UNKNOWN),
    ("n", "n", Kind.INTEGER, "How many scores count.", ""),
    ("scale_minimum", "minimum", Kind.NUMBER, "Lower end of the scale of scores and MOS.", ""),
    ("scale_maximum", "maximum", Kind.NUMBER, "Upper end of the scale of scores and MOS.", ""),
    ("score", "opinion_score", Kind.NUMBER, "What the method makes of them.", _UNRATED),
    ("standard_error", "opinion_standard_error", Kind.NUMBER, "Its standard error.", _UNKNOWN),
    ("low", "opinion_low", Kind.NUMBER, "Lower end of its 95 % interval.", _UNKNOWN),
    ("high", "opinion_high", Kind.NUMBER, "Upper end of its 95 % interval.", _UNKNOWN),
    ("method", "opinion_method", Kind.CODE, "The method.", ""),
    ("version", "opinion_version", Kind.CODE, "The method's version.", ""),
    ("release", "opinion_release", Kind.INTEGER, "Number of the release.", ""),
    ("minimum", "opinion_minimum", Kind.NUMBER, "Lower end of the method's scale.", _UNRATED),
    ("maximum", "opinion_maximum", Kind.NUMBER, "Upper end of the method's scale.", _UNRATED),
)


@lru_cache(maxsize=8)
def columns(facts: Facts) -> tuple[Column, ...]:
    """Of the study's images: for each perspective and each key of metadata its own."""
    return (
        *_IMAGE,
        _REASON,
        *_DRAWS,
        *_MODEL,
        *(column for item in facts.perspectives for column in perspective_columns(item)),
        *(metadata_column(key) for key in facts.metadata),
    )


def perspective_columns(perspective: PerspectiveSettings) -> Iterator[Column]:
    for _name, column, kind, meaning, null in _OPINION:
        yield Column(f"{column}_{perspective.key}", kind, meaning, null=null)
    for level in range(1, _levels(perspective) + 1):
        name, meaning = f"level_{level}_{perspective.key}", f"Scores that count at level {level}."
        yield Column(name, Kind.INTEGER, meaning, null=_UNRATED)
    for name, meaning in _PREDICTED:
        yield Column(f"{name}_{perspective.key}", Kind.NUMBER, meaning, null=_UNPREDICTED)


def metadata_column(key: str) -> Column:
    name = f"metadata_{key}"
    if name.endswith(_PICTURES):
        name += "_text"
    meaning = "What the manifest's further column said; numbers, such as seeds, are texts too."
    return Column(name, Kind.TEXT, meaning, null="it said nothing, or a structure")


def cells(record: Mapping[str, Any], facts: Facts) -> Iterator[Any]:
    """In the order of `columns`; numbers that JSON has as whole ones are floats."""
    values = _values(record, facts)
    for column, value in zip(columns(facts), values, strict=True):
        yield float(value) if column.kind == Kind.NUMBER and value is not None else value


def _values(record: Mapping[str, Any], facts: Facts) -> Iterator[Any]:
    yield from (record[column.name] for column in _IMAGE)
    yield record["state_reason"]
    yield from (record["draws"].get(draw, 0) for draw in Draw)
    yield from (record[column.name] for column in _MODEL)
    for perspective in facts.perspectives:
        opinion = record["mos"][perspective.key]
        scale = {f"scale_{name}": opinion["scale"][name] for name in ("minimum", "maximum")}
        yield from ({**opinion, **scale}[name] for name, *_column in _OPINION)
        yield from opinion["counts"] or [None] * _levels(perspective)
        yield from (record["predicted"][perspective.key][name] for name, _meaning in _PREDICTED)
    yield from (_plain(record["metadata"].get(key)) for key in facts.metadata)


def _levels(perspective: PerspectiveSettings) -> int:
    levels = perspective.scale.levels
    return levels if levels <= _MOST_LEVELS else 0


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, dict | list) else json.dumps(value)
