"""What `strict` reads, as JSON Schema: the API's documentation says of a dataclass what is read."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

Schema = dict[str, Any]
#: The least and the most of numbers by their place, such as `share` or `gold.threshold`.
Limits = Mapping[str, tuple[float, float]]

_SCALARS = {bool: "boolean", int: "integer", float: "number", str: "string"}


def schema_of(cls: type, limits: Limits | None = None) -> Schema:
    """The objects from which `strict_from_json` makes a `cls`, apart from what it checks itself."""
    return _object(cls, limits or {}, "", has_default=False)


def _object(cls: Any, limits: Limits, place: str, *, has_default: bool) -> Schema:
    hints = get_type_hints(cls)
    asked = [
        field.name
        for field in fields(cls)
        if field.default is MISSING and field.default_factory is MISSING
    ]
    shape: Schema = {
        "type": "object",
        "properties": {
            field.name: _value(hints[field.name], limits, place + field.name, field.default)
            for field in fields(cls)
        },
        "additionalProperties": False,
    }
    # What is left out of an object that has a default itself is taken from there.
    return shape if has_default or not asked else {**shape, "required": asked}


def _value(kind: Any, limits: Limits, place: str, default: Any) -> Schema:
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _value(get_args(kind)[0], limits, place, MISSING)}
    if get_origin(kind) is Mapping:
        inner = _value(get_args(kind)[1], limits, place, MISSING)
        return {"type": "object", "additionalProperties": inner}
    if is_dataclass(kind):
        return _object(kind, limits, f"{place}.", has_default=default is not MISSING)
    shape: Schema = _choice(kind) if issubclass(kind, StrEnum) else {"type": _SCALARS[kind]}
    if place in limits:
        shape["minimum"], shape["maximum"] = limits[place]
    if default is not MISSING:
        # As JSON has it: that of a StrEnum is a text.
        shape["default"] = str(default) if isinstance(default, StrEnum) else default
    return shape


def _choice(kind: type[StrEnum]) -> Schema:
    return {"type": "string", "enum": [str(item) for item in kind]}
