"""Stability Matrix: a JSON record and the same as text, next to the graph it sent to ComfyUI."""

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none
from .a1111 import reading_of
from .infotext import parsed_infotext

_TOOL = "Stability Matrix"
_APART = ("PositivePrompt", "NegativePrompt", "ModelName", "Seed")


def read_stability_matrix(records: Records) -> Reading | None:
    if "parameters-json" not in records.texts and "smproj" not in records.texts:
        return None
    record = mapping(parsed_json(records.texts.get("parameters-json")))
    if record:
        return Reading(
            tool=_TOOL,
            prompt=text_or_none(record.get("PositivePrompt")),
            negative_prompt=text_or_none(record.get("NegativePrompt")),
            model=name_or_none(record.get("ModelName")),
            seed=seed_or_none(record.get("Seed")),
            settings=settings_of(record, _APART),
        )
    info = parsed_infotext(records.texts.get("parameters"))
    plain = Reading() if info is None else reading_of(info)
    return Reading(
        _TOOL,
        plain.prompt,
        plain.negative_prompt,
        plain.model,
        plain.seed,
        settings=plain.settings,
    )
