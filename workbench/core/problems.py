"""What can be wrong with what a person gives: a sentence and its fix, both translated when they are
shown.

The sentences are templates with named values, so that a stored report can be read in any language:
`problem.sentence(gettext)`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Self

from .errors import MintError
from .texts import storable


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` for JSON that the database holds; paths and exceptions as their text."""
    return {
        key: value if _is_number(value) else storable(str(value)) for key, value in params.items()
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


class Problem(MintError):  # noqa: N818 -- as often listed as raised; not an error alone
    """One thing that is wrong (`template % params`) and how to fix it."""

    def __init__(self, template: str, fix: str, **params: Any) -> None:
        super().__init__(f"{template % params}; {fix % params}")
        self.template = template
        self.fix = fix
        self.params = params

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.template) % self.params

    def advice(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.fix) % self.params

    def to_json(self) -> dict[str, Any]:
        return {"template": self.template, "fix": self.fix, "params": plain(self.params)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["template"], data["fix"], **data["params"])
