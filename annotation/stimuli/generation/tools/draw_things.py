"""Draw Things: JSON in an XMP property; in others the text that the screen shows."""

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none
from .infotext import parsed_infotext

_TOOL = "Draw Things"
_APART = ("c", "uc", "model", "seed")


def read_draw_things(records: Records) -> Reading | None:
    record = mapping(parsed_json(records.xmp.get("exif:UserComment")))
    by_name = records.xmp.get("xmp:CreatorTool", "").startswith(_TOOL)
    if "c" in record and (by_name or "uc" in record):
        return Reading(
            tool=_TOOL,
            prompt=text_or_none(record.get("c")),
            negative_prompt=text_or_none(record.get("uc")),
            model=name_or_none(record.get("model")),
            seed=seed_or_none(record.get("seed")),
            settings=settings_of(record, _APART),
        )
    return _described(records.xmp.get("dc:description", "")) if by_name else None


def _described(text: str) -> Reading:
    """The prompt, a line that begins with "-" for the negative one, the settings."""
    info = parsed_infotext(text)
    if info is None:
        return Reading(tool=_TOOL)
    prompt, dash, negative = f"\n{info.prompt}".rpartition("\n-")
    return Reading(
        tool=_TOOL,
        prompt=(prompt if dash else info.prompt).strip(),
        negative_prompt=negative.strip() if dash else "",
        model=name_or_none(info.settings.get("Model")),
        seed=seed_or_none(info.settings.get("Seed")),
        settings=settings_of(info.settings, ("Model", "Seed")),
    )
