"""InvokeAI: a JSON record since 3; before, one with the negative prompt in square brackets, and a
command line."""

import re
from typing import Any

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

_TOOL = "InvokeAI"
_APART = ("positive_prompt", "negative_prompt", "model", "seed")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_COMMAND = re.compile(r'\s*"(?P<prompt>.*)"(?P<options>[^"]*)$', re.DOTALL)
_SEED = re.compile(r"\s(?:-S|--seed[= ])\s*(\d+)")


def read_invokeai(records: Records) -> Reading | None:
    texts = records.texts
    if "invokeai_metadata" in texts:
        return _third(mapping(parsed_json(texts["invokeai_metadata"])))
    if "sd-metadata" in texts:
        return _second(mapping(parsed_json(texts["sd-metadata"])))
    if "Dream" in texts:
        return _command(texts["Dream"])
    return Reading(tool=_TOOL) if "invokeai_graph" in texts else None


def _third(record: dict[str, Any]) -> Reading:
    model = record.get("model")
    named = mapping(model)
    # Flux and others have no negative prompt: the record of what they were given is complete.
    negative = text_or_none(record.get("negative_prompt"))
    return Reading(
        tool=_TOOL,
        prompt=text_or_none(record.get("positive_prompt")),
        negative_prompt=negative or "",
        model=name_or_none(named.get("name") or named.get("model_name") or model),
        seed=seed_or_none(record.get("seed")),
        settings=settings_of(record, _APART),
    )


def _second(record: dict[str, Any]) -> Reading:
    image = mapping(record.get("image"))
    prompt, negative = _split(_joined(image.get("prompt")))
    return Reading(
        tool=_TOOL,
        prompt=prompt,
        negative_prompt=negative,
        model=name_or_none(record.get("model_weights")),
        seed=seed_or_none(image.get("seed")),
        settings=settings_of(image, ("prompt", "seed")),
    )


def _joined(prompt: Any) -> str:
    """Before 2.3 a list of weighted parts."""
    if isinstance(prompt, list):
        parts = (text_or_none(mapping(part).get("prompt")) for part in prompt)
        return "\n".join(part for part in parts if part)
    return text_or_none(prompt) or ""


def _command(text: str) -> Reading:
    found = _COMMAND.match(text)
    if found is None:
        return Reading(tool=_TOOL)
    prompt, negative = _split(found["prompt"])
    seed = _SEED.search(found["options"])
    return Reading(
        tool=_TOOL,
        prompt=prompt,
        negative_prompt=negative,
        seed=seed_or_none(seed[1]) if seed else None,
    )


def _split(text: str) -> tuple[str, str]:
    """The prompt, and what stood in square brackets."""
    negative = [part.strip() for part in _BRACKETS.findall(text)]
    prompt = re.sub(r"[^\S\n]+", " ", _BRACKETS.sub(" ", text)) if negative else text
    return prompt.strip(), " ".join(part for part in negative if part)
