"""A mapping in the console: chosen by name, made of a few fields, and changed after a look."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from workbench.core.json_reader import JsonError, read_json

from ..mapping.as_json import from_json
from ..mapping.document import TableMapping, on_scale
from ..mapping.errors import wrong
from ..mapping.own import CONSTANT, FIELDS, REQUIRED, manifest_mapping, renamed
from ..mapping.presets import preset
from .saved import OWN, SUGGESTED


def named_mapping(
    name: str,
    perspectives: Sequence[str],
    published: Mapping[str, Any],
    saved: Mapping[str, TableMapping] = MappingProxyType({}),
) -> TableMapping | None:
    """The mapping of that name with the scale and source that were filled in (`on_scale`); None if
    it is to be suggested. saved: those that the study keeps. Raises MappingError."""
    if name == SUGGESTED:
        return None
    given = {key: value for key, value in published.items() if value not in ("", None)}
    if name in ("", OWN):
        return on_scale(manifest_mapping(perspectives), **given)
    return on_scale(saved[name] if name in saved else preset(name), **given)


def mapping_fields(mapping: TableMapping) -> dict[str, list[tuple[str, str]]]:
    """The names of columns, and what all rows have, to be filled in."""
    cells = {name: getattr(mapping, FIELDS[name]) for name in REQUIRED}
    return {
        "columns": [(name, cell.column if cell else "") for name, cell in cells.items()],
        "constants": [(name, cells[name].value if cells[name] else "") for name in CONSTANT],
    }


def changed_mapping(mapping: TableMapping | None, given: Mapping[str, str]) -> TableMapping:
    """The mapping as the fields `column_…` and `constant_…` or the document `mapping` say. Raises
    MappingError."""
    document = given.get("mapping", "").strip()
    if document:
        try:
            mapping = from_json(read_json(document))
        except JsonError as error:
            raise wrong("document", error, "a JSON object") from error
    if mapping is None:
        raise wrong("document", "", "a JSON object")
    fields = mapping_fields(mapping)
    return renamed(
        mapping,
        _changed(given, "column", fields["columns"]),
        _changed(given, "constant", fields["constants"]),
    )


def _changed(
    given: Mapping[str, str], prefix: str, known: Sequence[tuple[str, str]]
) -> dict[str, str]:
    values = {name: given.get(f"{prefix}_{name}", "").strip() for name, _value in known}
    return {name: values[name] for name, value in known if values[name] and values[name] != value}
