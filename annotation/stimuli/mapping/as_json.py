"""Mappings as JSON documents: written, read, and checked with the place of what is wrong."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import regex

from workbench.core.json_reader import JsonError, read_json
from workbench.core.tables import LINES, SPACES, Shape, decode, read_file
from workbench.core.texts import gettext_noop

from ...opinion.sources import ScoreKind, Source
from ...opinion.units import HIGHER, LOWER
from .cells import TextCell
from .document import BELOW, BY_COLUMN, BY_LINE, TEXTS, FilePart, TableMapping
from .errors import MappingError, absent, unknown, wrong
from .scores import ScoreCells, refuse_two_scales

#: Of the format of the document.
VERSION = 1
_LONGEST, _MOST = 300, 200
_LONGEST_SOURCE = 100
_MOST_GIVEN, _MOST_REPEATED = 10_000, 1_000_000

T = TypeVar("T")
Json = Mapping[str, Any]
Reader = Callable[[Any, str], Any]


def read_mapping(path: Path) -> TableMapping:
    """The mapping in the JSON file at `path`. Raises MappingError, TableError."""
    try:
        return from_json(read_json(decode(read_file(path), path.name)))
    except JsonError as error:
        raise wrong(path.name, error, "a JSON object") from error


def from_json(data: Any) -> TableMapping:
    """Raises MappingError, which says what is wrong and where."""
    document = _object(
        data,
        "",
        {
            "version": _version,
            "source": _short,
            **dict.fromkeys(TEXTS, _text_cell),
            "scores": _list(_score),
            "metadata": _list(_text),
            "files": _list(_file),
            "join": _choice(BY_LINE, BY_COLUMN, BELOW),
            "by": _text,
        },
        needed=("version", "source", "name"),
    )
    del document["version"]
    source = document["source"]
    document["scores"] = tuple(_cells(item, source) for item in document.get("scores", ()))
    mapping = TableMapping(**document)
    _refuse_contradictions(mapping)
    return mapping


def to_json(mapping: TableMapping) -> dict[str, Any]:
    """The document that `from_json` reads; what is as usual is left out."""
    document: dict[str, Any] = {"version": VERSION, "source": mapping.source}
    document |= {name: _cell_json(cell) for name, cell in mapping.texts()}
    document |= {
        "scores": [_score_json(item, mapping.source) for item in mapping.scores],
        "metadata": list(mapping.metadata),
        "files": [_file_json(part) for part in mapping.files],
        "join": mapping.join if mapping.files else None,
        "by": mapping.by,
    }
    return _filled(document)


def _cells(values: dict[str, Any], source: str) -> ScoreCells:
    minimum, maximum = values.pop("mos_range")
    scale = Source(
        values.pop("source", source),
        minimum,
        maximum,
        LOWER if values.pop("lower_better", False) else HIGHER,
        values.pop("kind", ScoreKind.OTHER.value),
    )
    return ScoreCells(source=scale, **values)


def _refuse_contradictions(mapping: TableMapping) -> None:
    if mapping.prompt is not None and mapping.group is not None:
        raise MappingError(
            gettext_noop("the mapping has a prompt and a group"),
            gettext_noop(
                "leave one out: the hold-out keeps images of one prompt together, and a group "
                "stands for the prompt of images that have none"
            ),
        )
    if (mapping.join == BY_COLUMN) != bool(mapping.by):
        raise wrong("by", mapping.by, f'a column if join is "{BY_COLUMN}", else nothing')
    refuse_two_scales(mapping.scores)
    taken = [(item.perspective, item.source.name) for item in mapping.scores]
    doubled = next((pair for pair in taken if taken.count(pair) > 1), None)
    if doubled:
        raise wrong("scores", " ".join(doubled), "one score of a perspective and a source")


def _object(
    data: Any, place: str, parts: Mapping[str, Reader], needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The parts of an object, each read by its reader."""
    if not isinstance(data, dict):
        raise wrong(place or "document", data, "a JSON object")
    for key in data:
        if key not in parts:
            raise unknown(_in(place, str(key)), ", ".join(parts))
    for key in needed:
        if key not in data:
            raise absent(_in(place, key))
    return {key: parts[key](value, _in(place, key)) for key, value in data.items()}


def _in(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _list(read: Reader) -> Reader:
    def reader(data: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(data, list) or len(data) > _MOST:
            raise wrong(place, data, f"a list of at most {_MOST}")
        return tuple(read(item, f"{place}[{number}]") for number, item in enumerate(data))

    return reader


def _choice(*known: str) -> Reader:
    def reader(data: Any, place: str) -> str:
        if data not in known:
            raise wrong(place, data, ", ".join(known))
        return str(data)

    return reader


def _version(data: Any, place: str) -> int:
    if data != VERSION or isinstance(data, bool):
        raise wrong(place, data, str(VERSION))
    return VERSION


def _text(data: Any, place: str) -> str:
    if not isinstance(data, str) or not data.strip() or len(data) > _LONGEST:
        raise wrong(place, data, f"a text of at most {_LONGEST} characters")
    return data


def _short(data: Any, place: str) -> str:
    if len(_text(data, place)) > _LONGEST_SOURCE:
        raise wrong(place, data, f"a text of at most {_LONGEST_SOURCE} characters")
    return str(data)


def _number(data: Any, place: str) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise wrong(place, data, "a number")
    return float(data)


def _range(data: Any, place: str) -> tuple[float, float]:
    """The ends of a scale."""
    ends = [_number(item, place) for item in data] if isinstance(data, list) else []
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise wrong(place, data, "[lowest, highest]")
    return ends[0], ends[1]


def _count(data: Any, place: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not 1 <= data <= _MOST_REPEATED:
        raise wrong(place, data, f"a whole number from 1 to {_MOST_REPEATED}")
    return data


def _raters(data: Any, place: str) -> str | int:
    return _text(data, place) if isinstance(data, str) else _count(data, place)


def _flag(data: Any, place: str) -> bool:
    if not isinstance(data, bool):
        raise wrong(place, data, "true or false")
    return data


def _words(data: Any, place: str) -> dict[str, str]:
    if not isinstance(data, dict) or len(data) > _MOST:
        raise wrong(place, data, "an object of texts")
    return {str(key): _text(value, _in(place, str(key))) for key, value in data.items()}


def _text_cell(data: Any, place: str) -> TextCell:
    parts = {
        "column": _text,
        "value": _text,
        "pattern": _text,
        "template": _template,
        "words": _words,
        "optional": _flag,
    }
    cell = TextCell(**_object(data, place, parts))
    if bool(cell.column) == bool(cell.value):
        raise wrong(place, data, "a column, or a value that all rows have")
    if cell.pattern:
        _refuse_pattern(cell.pattern, place)
    return cell


def _refuse_pattern(pattern: str, place: str) -> None:
    place, name = f"{place}.pattern", place
    try:
        groups = regex.compile(pattern).groupindex
    except regex.error as error:
        raise wrong(place, pattern, f"a regular expression ({error})") from error
    if name not in groups:
        raise wrong(place, pattern, f"a regular expression with a group (?P<{name}>…)")


def _template(data: Any, place: str) -> str:
    if "{}" not in _text(data, place):
        raise wrong(place, data, "a text with {}")
    return str(data)


def _score(data: Any, place: str) -> dict[str, Any]:
    parts: dict[str, Reader] = {
        **dict.fromkeys(("perspective", "mean", "sd", "variance"), _text),
        "source": _short,
        "counts": _list(_text),
        "raters": _raters,
        # As pyiqa's configurations call them.
        "mos_range": _range,
        "lower_better": _flag,
        "kind": _choice(*ScoreKind),
        "optional": _flag,
    }
    found = _object(data, place, parts, needed=("perspective", "mos_range"))
    if "mean" not in found and "counts" not in found:
        raise absent(f"{place}.mean")
    if "sd" in found and "variance" in found:
        raise wrong(place, "sd, variance", "one of them")
    if len(found.get("counts", (0, 0))) < 2:
        raise wrong(f"{place}.counts", data["counts"], "two columns or more")
    return found


def _file(data: Any, place: str) -> FilePart:
    parts: dict[str, Reader] = {
        "file": _file_name,
        "columns": _list(_text),
        "separator": _choice(SPACES, LINES),
        "sheet": _text,
        "rename": _words,
        "values": _words,
        "given": _given,
        "each": _count,
        "times": _count,
        "optional": _flag,
    }
    found = _object(data, place, parts)
    if ("file" in found) == ("given" in found):
        raise wrong(place, data, "a file, or a given column")
    shape = {key: found.pop(key) for key in ("columns", "separator", "sheet") if key in found}
    return FilePart(shape=Shape(**shape), **found)


def _file_name(data: Any, place: str) -> str:
    if "/" in _text(data, place) or "\\" in data or data in (".", ".."):
        raise wrong(place, data, "the name of a file, or a pattern of names, without folders")
    return str(data)


def _given(data: Any, place: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(data, dict) or not data:
        raise wrong(place, data, "an object of lists")
    for key, values in data.items():
        if not isinstance(values, list) or not 0 < len(values) <= _MOST_GIVEN:
            raise wrong(_in(place, key), values, f"a list of at most {_MOST_GIVEN} texts")
    return {
        key: tuple(_text(item, f"{place}.{key}[{number}]") for number, item in enumerate(values))
        for key, values in data.items()
    }


def _cell_json(cell: TextCell) -> dict[str, Any]:
    return _filled(
        {
            "column": cell.column,
            "value": cell.value,
            "pattern": cell.pattern,
            "template": cell.template if cell.template != "{}" else "",
            "words": dict(cell.words),
            "optional": cell.optional,
        }
    )


def _score_json(item: ScoreCells, source: str) -> dict[str, Any]:
    scale = item.source
    return _filled(
        {
            "perspective": item.perspective,
            "mean": item.mean,
            "sd": item.sd,
            "variance": item.variance,
            "counts": list(item.counts),
            "raters": item.raters,
            "source": scale.name if scale.name != source else "",
            "optional": item.optional,
            "mos_range": [scale.minimum, scale.maximum],
            "lower_better": scale.direction == LOWER,
            "kind": scale.score_kind,
        }
    )


def _file_json(part: FilePart) -> dict[str, Any]:
    return _filled(
        {
            "file": part.file,
            "columns": list(part.shape.columns),
            "separator": part.shape.separator,
            "sheet": part.shape.sheet,
            "rename": dict(part.rename),
            "values": dict(part.values),
            "given": {key: list(values) for key, values in part.given.items()},
            "each": part.each if part.each > 1 else 0,
            "times": part.times if part.times > 1 else 0,
            "optional": part.optional,
        }
    )


def _filled(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, or false."""
    return {key: value for key, value in parts.items() if value}
