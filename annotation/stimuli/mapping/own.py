"""The mapping of a manifest: the workbench's own names of columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.core.texts import gettext_noop

from ...opinion.sources import Source
from .cells import TextCell
from .document import TableMapping
from .errors import MappingError
from .scores import ScoreCells

#: Published scores of which a manifest says no more.
MANIFEST = Source("manifest")
#: The columns that a manifest must have.
REQUIRED = ("filename", "prompt", "generator")
#: Those of them that may be the same for all rows, and in no column.
CONSTANT = ("prompt", "generator")
#: Whether the prompt says which scores to give.
CHECK_COLUMN = "attention_check"
#: Them by the mapping's fields.
FIELDS = {"filename": "name", "prompt": "prompt", "generator": "generator"}
_LONGEST = 300
#: What a person says of single images without a manifest: by their names, the `CONSTANT` fields.
Fills = Mapping[str, Mapping[str, str]]
#: Of them, and the characters of a prompt and of a generator's name.
_MOST_FILLS, _LONGEST_FILL = 10_000, {"prompt": 100_000, "generator": 200}


def manifest_mapping(perspectives: Sequence[str], source: Source = MANIFEST) -> TableMapping:
    """Of a manifest whose scores are from `perspectives` (keys), as `source` was published."""
    return TableMapping(
        source=source.name,
        name=TextCell("filename"),
        prompt=TextCell("prompt"),
        generator=TextCell("generator"),
        split=TextCell("split", optional=True),
        attention_check=TextCell(CHECK_COLUMN, optional=True),
        scores=tuple(
            ScoreCells(key, source, f"mos_{key}", f"sd_{key}", raters="raters", optional=True)
            for key in perspectives
        ),
    )


def renamed(
    mapping: TableMapping, columns: Mapping[str, str], constants: Mapping[str, str]
) -> TableMapping:
    """The mapping with other columns for a manifest's REQUIRED ones, or with texts that all rows
    have. Raises MappingError."""
    _refuse(columns, REQUIRED)
    refuse_constants(constants)
    cells: dict[str, Any] = {FIELDS[name]: TextCell(column) for name, column in columns.items()}
    cells |= {FIELDS[name]: TextCell(value=value) for name, value in constants.items()}
    return replace(mapping, **cells)


def refuse_constants(constants: Mapping[str, str]) -> None:
    """Raises MappingError for what cannot be given for many images at once."""
    _refuse(constants, CONSTANT)


def refuse_fills(fills: Fills) -> None:
    """Raises MappingError for what cannot be said of single images."""
    if len(fills) > _MOST_FILLS:
        raise MappingError(
            gettext_noop("more than %(most)d images are filled in one by one"),
            gettext_noop("write what is missing into a column of metadata.csv next to them"),
            most=_MOST_FILLS,
        )
    for name, said in fills.items():
        _refuse(dict.fromkeys(said, ""), CONSTANT)
        for key, text in said.items():
            if len(text) > _LONGEST_FILL[key]:
                raise MappingError(
                    gettext_noop('the %(key)s of "%(name)s" has more than %(most)d characters'),
                    gettext_noop("shorten it"),
                    key=key,
                    name=name[:100],
                    most=_LONGEST_FILL[key],
                )


def _refuse(given: Mapping[str, str], known: Sequence[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise MappingError(
            gettext_noop('"%(name)s" is no column of a manifest to be given'),
            gettext_noop("these are: %(known)s"),
            name=unknown[0][:100],
            known=", ".join(known),
        )
    if any(len(value) > _LONGEST for value in given.values()):
        raise MappingError(
            gettext_noop("a column's name, or what stands for it, is too long"),
            gettext_noop("it has at most %(most)d characters"),
            most=_LONGEST,
        )
