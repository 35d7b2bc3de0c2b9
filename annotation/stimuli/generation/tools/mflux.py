"""mflux: JSON in the Exif comment."""

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

_APART = ("prompt", "negative_prompt", "model", "base_model", "seed")


def read_mflux(records: Records) -> Reading | None:
    record = mapping(parsed_json(records.comment))
    if "mflux_version" not in record:
        return None
    return Reading(
        tool="mflux",
        prompt=text_or_none(record.get("prompt")),
        negative_prompt=text_or_none(record.get("negative_prompt")) or "",
        model=name_or_none(record.get("model")) or name_or_none(record.get("base_model")),
        seed=seed_or_none(record.get("seed")),
        settings=settings_of(record, _APART),
    )
