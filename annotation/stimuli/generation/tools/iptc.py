"""IPTC Photo Metadata 2025.1: what any tool or picture desk may write about a generated image."""

from .. import notes
from ..reading import Reading
from ..records import Records

_PROMPT = "Iptc4xmpExt:AIPromptInformation"
_SYSTEM = "Iptc4xmpExt:AISystemUsed"
_VERSION = "Iptc4xmpExt:AISystemVersionUsed"
_SOURCE = "Iptc4xmpExt:DigitalSourceType"
_MADE_BY_AI = "trainedAlgorithmicMedia"
_CREDIT = "Made with "


def read_iptc(records: Records) -> Reading | None:
    xmp = records.xmp
    prompt = xmp.get(_PROMPT)
    system = xmp.get(_SYSTEM, "")
    if prompt or system:
        version = xmp.get(_VERSION, "")
        model = f"{system} {version}" if version and not system.endswith(version) else system
        return Reading(tool=system, prompt=prompt, model=model if system else None)
    return _source_alone(records)


def _source_alone(records: Records) -> Reading | None:
    """Google's images say no more than this, and whom to credit."""
    if not records.xmp.get(_SOURCE, "").endswith(f"/{_MADE_BY_AI}"):
        return None
    credit = records.xmp.get("photoshop:Credit", "")
    tool = credit.removeprefix(_CREDIT) if credit.startswith(_CREDIT) else ""
    return Reading(tool=tool).noting(notes.AI_WITHOUT_NAMES)
