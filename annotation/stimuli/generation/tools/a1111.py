"""AUTOMATIC1111 and its relatives, which write the same text and name themselves in it."""

import re

from .. import notes
from ..reading import Reading, settings_of
from ..records import Records
from ..values import name_or_none, seed_or_none
from .infotext import Infotext, parsed_infotext

A1111 = "AUTOMATIC1111"
_APART = ("Seed", "Model")
#: By the beginning of `Version`; the first that fits.
_VERSIONS = (
    (re.compile(r"f\d+\.\d+\.\d+v\d+-v"), "reForge"),
    (re.compile(r"f\d"), "Forge"),
    (re.compile(r"neo\b", re.IGNORECASE), "Forge Neo"),
    (re.compile(r"classic\b", re.IGNORECASE), "Forge Classic"),
    (re.compile(r"v?\d|[0-9a-f]{7,40}$"), A1111),
)
#: `Fooocus v2.5.5` is Fooocus.
_NUMBER = re.compile(r"[\s\-_]*\bv?\d.*$", re.DOTALL)


def read_a1111(records: Records) -> Reading | None:
    info = parsed_infotext(records.main_text)
    return None if info is None else reading_of(info, with_graph="prompt" in records.texts)


def reading_of(info: Infotext, *, with_graph: bool = False) -> Reading:
    """What the text says. If a graph stands next to a text that names no tool, a node of ComfyUI
    wrote both."""
    settings = info.settings
    model = name_or_none(settings.get("Model")) or name_or_none(settings.get("Unet"))
    reading = Reading(
        tool=_tool(settings, "ComfyUI" if with_graph else A1111),
        prompt=info.prompt,
        negative_prompt=info.negative_prompt,
        model=model,
        seed=seed_or_none(settings.get("Seed")),
        settings=settings_of(settings, _APART),
    )
    return reading.noting(notes.HASH_ONLY) if not model and "Model hash" in settings else reading


def _tool(settings: dict[str, str], unnamed: str) -> str:
    if settings.get("App"):
        return settings["App"]
    version = settings.get("Version", "").strip()[:100]
    if not version:
        return unnamed
    known = next((tool for pattern, tool in _VERSIONS if pattern.match(version)), None)
    return known or _NUMBER.sub("", version) or unnamed
