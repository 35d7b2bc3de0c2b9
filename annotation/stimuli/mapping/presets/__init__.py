"""The layouts of published databases, each a document next to this file."""

import json
from functools import cache
from pathlib import Path

from workbench.core.texts import gettext_noop

from ..as_json import from_json
from ..document import TableMapping
from ..errors import MappingError

_FOLDER = Path(__file__).parent


@cache
def preset_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


@cache
def preset(name: str) -> TableMapping:
    """Raises MappingError if there is none of that name."""
    if name not in preset_names():
        raise MappingError(
            gettext_noop('there is no mapping "%(name)s"; there are %(known)s'),
            gettext_noop("name one of them, or give a mapping's file"),
            name=name[:100],
            known=", ".join(preset_names()),
        )
    return from_json(json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))
