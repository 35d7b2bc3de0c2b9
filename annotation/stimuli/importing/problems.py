"""What can be wrong with an import: its images, and its rows."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from workbench.core.problems import Problem, plain
from workbench.core.texts import storable


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
