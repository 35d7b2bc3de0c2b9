"""NovelAI: text chunks, an Exif comment of JSON within JSON, or the same hidden in alpha."""

import re
from typing import Any

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

_TOOL = "NovelAI"
_HASH = re.compile(r"\s+[0-9A-Fa-f]{8}$")
_APART = ("prompt", "uc", "seed", "signed_hash")


def read_novelai(records: Records) -> Reading | None:
    outer = _outer(records)
    if outer is None:
        return None
    comment = mapping(parsed_json(text_or_none(outer.get("Comment"))) or outer.get("Comment"))
    source = name_or_none(outer.get("Source"))
    return Reading(
        tool=_TOOL,
        prompt=_caption(comment, "v4_prompt", "prompt") or text_or_none(outer.get("Description")),
        negative_prompt=_caption(comment, "v4_negative_prompt", "uc"),
        model=_HASH.sub("", source) if source else None,
        seed=seed_or_none(comment.get("seed")),
        settings=settings_of(comment, _APART),
    )


def _outer(records: Records) -> dict[str, Any] | None:
    if records.texts.get("Software") == _TOOL:
        return dict(records.texts)
    for text in (records.comment, records.texts.get("parameters")):
        record = mapping(parsed_json(text))
        if record.get("Software") == _TOOL or str(record.get("Source")).startswith(_TOOL):
            return record
    return None


def _caption(comment: dict[str, Any], structured: str, plain: str) -> str | None:
    """The base caption; those of characters are kept apart."""
    caption = mapping(mapping(comment.get(structured)).get("caption"))
    base = text_or_none(caption.get("base_caption"))
    return text_or_none(comment.get(plain)) if base is None else base
