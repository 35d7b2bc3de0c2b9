"""Content Credentials (C2PA): who made the image, by the names in its manifests. No signature is
checked, and a prompt is never there."""

import re
from collections.abc import Iterator
from typing import Any

from .. import notes
from ..reading import Reading
from ..records import Records
from ..values import mapping, name_or_none
from .jumbf import Box, values_of

_MAKERS = (("openai", "OpenAI"), ("chatgpt", "OpenAI"), ("google", "Google AI"))
_GENERAL = re.compile(
    r"\b(openai|chatgpt|google|adobe|microsoft|media|service|generative|ai|api|generator)\b", re.I
)
_MADE_BY_AI = "trainedalgorithmicmedia"
_CREATED = "c2pa.created"


def read_credentials(records: Records) -> Reading | None:
    boxes = values_of(records.credentials) if records.credentials else []
    manifests = list(dict.fromkeys(box.labels[1] for box in boxes if len(box.labels) > 2))
    actions = [action for box in boxes for action in _actions(box)]
    if not manifests:
        return None
    # The active manifest is the last one; those before it are of what the image was made from.
    maker = _maker([box for box in boxes if box.labels[1:2] == (manifests[-1],)])
    tool = _tool(maker)
    by_ai = any(_MADE_BY_AI in str(action.get("digitalSourceType")).lower() for action in actions)
    if not tool or not (by_ai or tool in dict(_MAKERS).values()):
        return None
    model = _model(actions, (maker, tool))
    return Reading(tool=tool, model=model).noting(notes.CREDENTIALS)


def _actions(box: Box) -> Iterator[dict[str, Any]]:
    if box.labels[-1].startswith("c2pa.actions"):
        actions = mapping(box.value).get("actions")
        yield from (mapping(action) for action in (actions if isinstance(actions, list) else []))


def _maker(boxes: list[Box]) -> str:
    """The name of the claim's generator: of the program, before its version."""
    claim = next(
        (mapping(box.value) for box in boxes if box.labels[-1].startswith("c2pa.claim")), {}
    )
    info = claim.get("claim_generator_info")
    if isinstance(info, list):
        info = info[0] if info else None
    return name_or_none(mapping(info).get("name") or claim.get("claim_generator")) or ""


def _tool(maker: str) -> str:
    known = next((tool for part, tool in _MAKERS if part in maker.lower()), None)
    return known or re.split(r"/| c2pa-rs", maker)[0].replace("_", " ").strip()


def _model(actions: list[dict[str, Any]], makers: tuple[str, ...]) -> str | None:
    """The software that created the image, if its name is not the maker's."""
    for action in reversed(actions):
        agent = action.get("softwareAgent")
        name = name_or_none(mapping(agent).get("name") or agent)
        if action.get("action") != _CREATED or name is None:
            continue
        version = name_or_none(mapping(agent).get("version"))
        if _names_a_model(name) and not any(_letters(name) in _letters(one) for one in makers):
            return f"{name} {version}" if version else name
    return None


def _names_a_model(name: str) -> bool:
    """Whether more than a maker and general words remain of it."""
    return bool(re.sub(r"[\W_]+", "", _GENERAL.sub("", name)))


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", re.split(r"/\d", name)[0]).casefold()
