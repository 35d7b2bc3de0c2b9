"""Civitai's own generator: AUTOMATIC1111's text with resources, or a graph with a record in it."""

import re
from typing import Any

from .. import notes
from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none
from .a1111 import reading_of
from .infotext import parsed_infotext

_TOOL = "Civitai"
_RESOURCES = "Civitai resources"
#: A model's number in Civitai's catalogue, in place of its name.
_CATALOGUE = re.compile(r"urn:air:", re.IGNORECASE)


def read_civitai(records: Records) -> Reading | None:
    info = parsed_infotext(records.main_text)
    if info is not None and _RESOURCES in info.settings:
        resources = parsed_json(info.settings[_RESOURCES])
        name, version = _checkpoint(resources)
        plain = reading_of(info)
        model = name or plain.model
        reading = Reading(
            tool=_TOOL,
            prompt=plain.prompt,
            negative_prompt=plain.negative_prompt,
            model=model,
            seed=plain.seed,
            generator=f"{name} {version}" if name and version else "",
            settings=plain.settings,
        )
        return reading if model else reading.noting(notes.HASH_ONLY)
    return _beside_graph(records)


def _checkpoint(resources: Any) -> tuple[str | None, str | None]:
    """Name and version of the resource of type checkpoint."""
    for resource in resources if isinstance(resources, list) else []:
        if str(mapping(resource).get("type", "")).casefold() in ("checkpoint", "model"):
            return (
                name_or_none(resource.get("modelName")),
                name_or_none(resource.get("modelVersionName")),
            )
    return None, None


def _beside_graph(records: Records) -> Reading | None:
    """Images made by ComfyUI on Civitai's servers: the record is a text within the graph's JSON, or
    a chunk next to it. The graph names models by catalogue numbers."""
    graph = mapping(parsed_json(records.comment))
    extra = mapping(parsed_json(text_or_none(graph.get("extraMetadata"))))
    extra = extra or mapping(parsed_json(records.texts.get("extraMetadata")))
    if "prompt" not in extra:
        return None
    return Reading(
        tool=_TOOL,
        prompt=text_or_none(extra.get("prompt")),
        negative_prompt=text_or_none(extra.get("negativePrompt")) or "",
        seed=seed_or_none(extra.get("seed")),
        settings=settings_of(extra, ("prompt", "negativePrompt", "seed")),
    )


def is_catalogue_number(model: str) -> bool:
    """Whether `model` is a number in Civitai's or TensorArt's catalogue, which names nothing."""
    return bool(_CATALOGUE.match(model) or re.match(r"EMS-\d+-EMS\b", model))
