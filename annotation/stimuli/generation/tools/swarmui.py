"""SwarmUI (once StableSwarmUI)."""

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

_APART = ("prompt", "negativeprompt", "model", "seed")


def read_swarmui(records: Records) -> Reading | None:
    record = mapping(parsed_json(records.main_text)).get("sui_image_params")
    if not isinstance(record, dict):
        return None
    return Reading(
        tool="SwarmUI",
        prompt=text_or_none(record.get("prompt")),
        negative_prompt=text_or_none(record.get("negativeprompt")),
        model=name_or_none(record.get("model")),
        seed=seed_or_none(record.get("seed")),
        settings=settings_of(record, _APART),
    )
