"""The tables with one row per sitting and per rater: their columns. Pure: no Django.

No name, no address and no platform's number of a participant is in them, nor what a browser tells
about where somebody is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ...protocol.plates import PLATES
from ...protocol.viewing import GREY_STEPS, Acuity
from .columns import Column, Kind
from .facts import Facts

_NOT_SAID = "the browser did not say"
_NOT_CHECKED = "it was not checked"
_PX = "CSS pixels"
_UTC = "UTC"

_SITTING = (
    Column("session", Kind.INTEGER, "Key of the session, as in the table of scores."),
    Column("rater", Kind.CODE, "The rater's code; never a name."),
    Column("protocol", Kind.INTEGER, "Number of its protocol, in the study's document."),
    Column("state", Kind.CODE, "How it ended: `done`, `withdrawn`, `stopped` (by the rules), "
           "`screened_out` (in practice), `expired`; or that it has not."),
    Column("seed", Kind.INTEGER, "Of all its random choices."),
    Column("consented_at_utc", Kind.TIME, "When the rater gave consent; of ratings that "
           "were imported, when they were.", _UTC),
    Column("begun_at_utc", Kind.TIME, "When the instructions had been read, moved by pauses.", _UTC,
           "it did not begin"),
    Column("last_answer_at_utc", Kind.TIME, "When the last answer was complete.", _UTC,
           "no image was answered"),
    Column("ended_at_utc", Kind.TIME, "When it ended.", _UTC, "it has not"),
    Column("minutes", Kind.NUMBER, "From its beginning to the last answer, without pauses.",
           "minutes"),
    Column("answered", Kind.INTEGER, "Images answered, in every role."),
    Column("skipped", Kind.INTEGER, "Images skipped."),
    Column("times_away", Kind.INTEGER, "How often the page was left during answers.", "",
           _NOT_SAID),
    Column("windows", Kind.INTEGER, "Different windows, zooms and screens during answers."),
    Column("stopped_by", Kind.JSON, "The rules that it failed and that ended it, as they were."),
)  # fmt: skip
_VIEWING = (
    Column("viewport_width", Kind.NUMBER, "Of the window's inside.", _PX, _NOT_SAID),
    Column("viewport_height", Kind.NUMBER, "Of the window's inside.", _PX, _NOT_SAID),
    Column("screen_width", Kind.NUMBER, "Of the screen.", _PX, _NOT_SAID),
    Column("screen_height", Kind.NUMBER, "Of the screen.", _PX, _NOT_SAID),
    Column("pixel_ratio", Kind.NUMBER, "Of the screen, the browser's zoom included.",
           "device pixels per CSS pixel", _NOT_SAID),
    Column("zoom", Kind.NUMBER, "How much the page was magnified.", "times", _NOT_SAID),
    Column("colour_depth", Kind.NUMBER, "Of the screen.", "bits", _NOT_SAID),
    Column("colour_gamut", Kind.CODE, "`srgb`, `p3` or `rec2020`.", "", _NOT_SAID),
    Column("browser", Kind.CODE, "Its family.", "", _NOT_SAID),
    Column("orientation", Kind.CODE, "`landscape` or `portrait`.", "", _NOT_SAID),
    Column("pointer", Kind.CODE, "`fine` (mouse, pen) or `coarse` (finger).", "", _NOT_SAID),
    Column("dark", Kind.BOOLEAN, "Whether the device asks for dark pages.", "", _NOT_SAID),
    Column("pixels_per_mm", Kind.NUMBER, "Measured with a bank card on the screen.",
           "CSS pixels per millimetre", _NOT_CHECKED),
    Column("greys_dark", Kind.NUMBER, f"Grey steps told apart near black, of {GREY_STEPS}.", "",
           _NOT_CHECKED),
    Column("greys_light", Kind.NUMBER, f"Grey steps told apart near white, of {GREY_STEPS}.", "",
           _NOT_CHECKED),
    Column("plates_read", Kind.INTEGER, f"Colour plates read rightly, of {len(PLATES)}; not a "
           "diagnosis.", "", _NOT_CHECKED),
    Column("acuity", Kind.CODE, "How well the rater says to see: "
           f"{', '.join(f'`{item}`' for item in Acuity)}.", "", _NOT_CHECKED),
)  # fmt: skip
_RATER = (
    Column("rater", Kind.CODE, "The rater's code, as in the table of scores; never a name."),
    Column("source", Kind.TEXT, "Whose subject they are, if their ratings were imported.", "",
           "they rated in this study"),
    Column("excluded", Kind.BOOLEAN, "Whether all their scores were taken out."),
    Column("excluded_at_utc", Kind.TIME, "When they were.", _UTC, "they were not"),
    Column("exclusion_reason", Kind.TEXT, "Why, in the words of whoever took them out.", "",
           "they were not"),
    Column("weight", Kind.NUMBER, "What their scores weigh in opinion scores, by the rules."),
    Column("sessions", Kind.INTEGER, "Sessions."),
    Column("minutes", Kind.NUMBER, "Of all sessions.", "minutes"),
    Column("answered", Kind.INTEGER, "Images answered, in every role."),
    Column("skipped", Kind.INTEGER, "Images skipped."),
    Column("ratings", Kind.INTEGER, "Images whose scores by this rater count."),
)  # fmt: skip
_SILENT = "the method says nothing of this rater"
#: What a method says of a rater from one perspective.
ESTIMATE = (
    ("bias", Kind.NUMBER, "How much higher than the others the rater scores, by the method.",
     "of the scale"),
    ("inconsistency", Kind.NUMBER, "How much the rater's scores scatter about that.",
     "of the scale"),
    ("verdict", Kind.CODE, "`kept` or `rejected` by the method, which then uses none of their "
     "scores.", ""),
    ("reason", Kind.TEXT, "Why.", ""),
)  # fmt: skip

#: What browsers call themselves in the table; anything else came from elsewhere.
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")
SESSIONS = (*_SITTING, *_VIEWING)


@lru_cache(maxsize=8)
def rater_columns(facts: Facts) -> tuple[Column, ...]:
    """For each perspective its own."""
    return (
        *_RATER,
        *(
            Column(f"{name}_{key}", kind, meaning, unit, _SILENT)
            for key in facts.keys
            for name, kind, meaning, unit in ESTIMATE
        ),
    )


def viewing(client: Mapping[str, Any]) -> dict[str, Any]:
    """What a session's browser reported, by column. It comes from outside and may hold anything;
    what is not understood is None."""
    checks = client.get("checks")
    known = {**client, **(checks if isinstance(checks, Mapping) else {})}
    found = {name: read(known.get(name)) for name, read in _SINGLE.items()}
    for name, (first, second) in _PAIRS.items():
        value = known.get(name)
        pair = value if isinstance(value, list) and len(value) == 2 else (None, None)
        found[first], found[second] = map(_number, pair)
    return {**found, "plates_read": _plates(known.get("plates"))}


def cells(record: Mapping[str, Any], columns: tuple[Column, ...]) -> Iterator[Any]:
    """As `typed_cells`; true and false are words, as in the other forms."""
    for value in typed_cells(record, columns):
        yield str(value).lower() if isinstance(value, bool) else value


def typed_cells(record: Mapping[str, Any], columns: tuple[Column, ...]) -> Iterator[Any]:
    """In the order of `columns`; numbers are floats."""
    for column in columns:
        value = record[column.name]
        yield float(value) if column.kind == Kind.NUMBER and value is not None else value


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6
    return value if known else None


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _plates(value: Any) -> int | None:
    if not isinstance(value, list) or len(value) != len(PLATES):
        return None
    return sum(1 for digit, plate in zip(value, PLATES, strict=True) if digit == plate.digit)


_SINGLE: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("pixel_ratio", "zoom", "colour_depth", "pixels_per_mm"), _number),
    **dict.fromkeys(("colour_gamut", "browser", "orientation", "pointer", "acuity"), _code),
    "dark": _flag,
}
_PAIRS = {
    "viewport": ("viewport_width", "viewport_height"),
    "screen": ("screen_width", "screen_height"),
    "greys": ("greys_dark", "greys_light"),
}
