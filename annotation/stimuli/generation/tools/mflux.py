"""mflux: JSON in the Exif comment; XMP, which some programs keep when they drop that."""

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

_TOOL = "mflux"
_APART = ("prompt", "negative_prompt", "model", "base_model", "seed")


def read_mflux(records: Records) -> Reading | None:
    record = mapping(parsed_json(records.main_text))
    if "mflux_version" not in record:
        return _by_xmp(records)
    return Reading(
        tool=_TOOL,
        prompt=text_or_none(record.get("prompt")),
        negative_prompt=text_or_none(record.get("negative_prompt")) or "",
        model=name_or_none(record.get("model")) or name_or_none(record.get("base_model")),
        seed=seed_or_none(record.get("seed")),
        settings=settings_of(record, _APART),
    )


def _by_xmp(records: Records) -> Reading | None:
    """mflux is known to put the prompt into the caption."""
    xmp = records.xmp
    if not xmp.get("xmp:CreatorTool", "").lower().startswith(_TOOL):
        return None
    return Reading(
        tool=_TOOL,
        prompt=xmp.get("dc:description"),
        model=name_or_none(xmp.get("mflux:model")),
        seed=seed_or_none(xmp.get("mflux:seed")),
    )
