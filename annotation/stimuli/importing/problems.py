"""What can be wrong with an import: a sentence and its fix, both translated when they are shown.

The sentences are templates with named values, so that a stored report can be read in any language:
`row.sentence(gettext)`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from workbench.core.errors import MintError
from workbench.core.texts import storable


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


class ManifestError(Problem):
    """The manifest as a whole cannot be read."""


class ArchiveError(Problem):
    """The archive or folder of images as a whole cannot be read, or must not be."""


class ImageError(Problem):
    """One image is missing, is not an image, or must not be decoded."""


@dataclass(frozen=True)
class RowNote:
    """A note about one row: `row` counts data rows, `line` is where it starts."""

    row: int
    line: int
    filename: str
    template: str
    fix: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: int, line: int, filename: str, problem: Problem) -> Self:
        return cls(row, line, filename, problem.template, problem.fix, problem.params)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.template) % self.params

    def advice(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.fix) % self.params

    @property
    def message(self) -> str:
        return f"row {self.row} (line {self.line}): {self.sentence()}"

    def to_json(self) -> dict[str, Any]:
        params = plain(self.params)
        return {**asdict(self), "filename": storable(self.filename), "params": params}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


class RowError(RowNote):
    """Why a row cannot be imported."""
