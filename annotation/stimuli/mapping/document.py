"""A mapping of a table's columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from workbench.core.tables import PLAIN, Shape
from workbench.core.texts import gettext_noop

from ...opinion.sources import Source
from .cells import ROW_NUMBER, TextCell
from .errors import MappingError
from .scores import OVERALL, ScoreCells

#: The fields of an image that are texts, in the order in which they are read.
TEXTS = ("name", "prompt", "generator", "group", "split", "attention_check")
#: How several files are one table: side by side in the order of their lines; side by side by what a
#: column says; one below the other.
BY_LINE, BY_COLUMN, BELOW = "line", "column", "below"


@dataclass(frozen=True)
class FilePart:
    """One of the files that make a table: `file` is its name, or a pattern of names such as
    `*.txt`; or `given`, a column that is in no file."""

    file: str = ""
    shape: Shape = PLAIN
    #: Columns by the names that they have in the file → in the mapping.
    rename: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: What all its rows have: column → value.
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    given: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
    #: Each row counts so many times, and then all of them so many times.
    each: int = 1
    times: int = 1
    #: Whether the file may be absent.
    optional: bool = False


@dataclass(frozen=True)
class TableMapping:
    """What each column of a table is. What it does not name is kept as metadata."""

    #: Whose scores they are.
    source: str
    name: TextCell
    #: Images that are in the study need none of the three.
    generator: TextCell | None = None
    #: At most one of the two: images of one prompt, or of one group, are on one side of the
    #: hold-out.
    prompt: TextCell | None = None
    group: TextCell | None = None
    #: "pool" or "holdout"; other texts name no side.
    split: TextCell | None = None
    attention_check: TextCell | None = None
    scores: tuple[ScoreCells, ...] = ()
    #: Columns that look like scores and are metadata all the same.
    metadata: tuple[str, ...] = ()
    #: In which files it is; one of any name if empty.
    files: tuple[FilePart, ...] = ()
    join: str = BY_LINE
    #: The column by which files are joined.
    by: str = ""

    def texts(self) -> Iterator[tuple[str, TextCell]]:
        for name in TEXTS:
            cell: TextCell | None = getattr(self, name)
            if cell is not None:
                yield name, cell

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a table must have, each once."""
        texts = (cell.column for _name, cell in self.texts() if not cell.optional)
        scores = (column for item in self.scores for column in item.required)
        found = dict.fromkeys((*texts, *scores))
        return tuple(column for column in found if column not in ("", ROW_NUMBER))

    @cached_property
    def columns(self) -> frozenset[str]:
        """All columns that it names."""
        texts = {cell.column for _name, cell in self.texts()}
        return frozenset(texts | self.numbers) - {""}

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(column for item in self.scores for column in item.columns)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(dict.fromkeys(item.source for item in self.scores))

    def of_study(self, perspectives: Sequence[str]) -> tuple["TableMapping", list[ScoreCells]]:
        """The mapping with the scores from these perspectives (keys) alone, and those left out. The
        overall score is that of a study's only perspective. Raises MappingError if it has scores
        and none is the study's."""
        scores = tuple(_overall(item, perspectives) for item in self.scores)
        kept = tuple(item for item in scores if item.perspective in perspectives)
        if scores and not kept:
            raise MappingError(
                gettext_noop(
                    "the mapping's scores are about %(mapping)s, the study asks for %(study)s"
                ),
                gettext_noop(
                    "say which perspective a score is about (--perspective overall=quality), or "
                    "change the mapping"
                ),
                mapping=", ".join(dict.fromkeys(item.perspective for item in scores)),
                study=", ".join(perspectives),
            )
        left = [item for item in scores if item.perspective not in perspectives]
        return replace(self, scores=kept), left

    def with_perspectives(self, names: Mapping[str, str]) -> "TableMapping":
        """With other names of perspectives: theirs → the study's. Raises MappingError."""
        known = {item.perspective for item in self.scores}
        for name in names:
            if name not in known:
                raise MappingError(
                    gettext_noop('the mapping has no scores about "%(name)s"; it has %(known)s'),
                    gettext_noop("name one of them"),
                    name=name[:100],
                    known=", ".join(sorted(known)) or "–",
                )
        scores = (
            replace(item, perspective=names.get(item.perspective, item.perspective))
            for item in self.scores
        )
        return replace(self, scores=tuple(scores))


def on_scale(
    mapping: TableMapping,
    *,
    source: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    direction: str | None = None,
    kind: str | None = None,
) -> TableMapping:
    """The mapping with what is given changed in all of its scores."""
    changes = {
        "name": source,
        "minimum": minimum,
        "maximum": maximum,
        "direction": direction,
        "score_kind": kind,
    }
    given: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    scores = (replace(item, source=replace(item.source, **given)) for item in mapping.scores)
    return replace(mapping, source=source or mapping.source, scores=tuple(scores))


def _overall(item: ScoreCells, perspectives: Sequence[str]) -> ScoreCells:
    if item.perspective == OVERALL and len(perspectives) == 1:
        return replace(item, perspective=perspectives[0])
    return item
