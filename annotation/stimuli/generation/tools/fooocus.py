"""Fooocus, in both its schemes, and RuinedFooocus: what the user typed, not the styled text."""

from typing import Any

from .. import notes
from ..reading import Reading, settings_of
from ..records import MAKER_NOTE, SOFTWARE, Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none
from .a1111 import reading_of
from .infotext import Infotext, parsed_infotext

_TOOL = "Fooocus"
_RUINED = "RuinedFooocus"
_SCHEMES = ("fooocus", "a1111")
_APART = ("prompt", "negative_prompt", "base_model", "seed", "Prompt", "Negative")


def read_fooocus(records: Records) -> Reading | None:
    record = mapping(parsed_json(records.main_text))
    if record.get("software") == _RUINED:
        return _reading(_RUINED, record, "Prompt", "Negative", "base_model_name")
    if record and (record.get("metadata_scheme") or _named(records, record)):
        return _reading(_TOOL, record, "prompt", "negative_prompt", "base_model")
    info = parsed_infotext(records.main_text)
    if info is not None and (_named(records, info.settings) or "Raw prompt" in info.settings):
        return _typed(info)
    return None


def _named(records: Records, record: dict[str, Any]) -> bool:
    names = (record.get("Version"), record.get("version"), records.exif.get(SOFTWARE))
    scheme = records.texts.get("fooocus_scheme") or records.exif.get(MAKER_NOTE)
    return scheme in _SCHEMES or any(str(name).startswith(_TOOL) for name in names)


def _reading(tool: str, record: dict[str, Any], prompt: str, negative: str, model: str) -> Reading:
    # Versions before 2.2 wrote the names as they stand on the screen.
    typed = record.get(prompt, record.get("Prompt"))
    unwanted = record.get(negative, record.get("Negative Prompt"))
    return Reading(
        tool=tool,
        prompt=text_or_none(typed),
        negative_prompt=text_or_none(unwanted),
        model=name_or_none(record.get(model, record.get("Base Model"))),
        seed=seed_or_none(record.get("seed", record.get("Seed"))),
        settings=settings_of(record, (*_APART, model)),
    )


def _typed(info: Infotext) -> Reading:
    plain = reading_of(info)
    unstyled = info.settings.get("Styles", "").replace(" ", "") == "[]"
    prompt = info.settings.get("Raw prompt", info.prompt if unstyled else None)
    negative = info.settings.get("Raw negative prompt", info.negative_prompt if unstyled else None)
    reading = Reading(
        tool=_TOOL,
        prompt=prompt,
        negative_prompt=negative,
        model=plain.model,
        seed=plain.seed,
        settings=plain.settings,
        notes=plain.notes,
    )
    return reading.noting(notes.STYLED_ONLY) if prompt is None else reading
