"""Dataclasses from JSON: unknown, missing or mistyped fields are named, never guessed."""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def strict_from_json(cls: type[T], data: object, what: str, error: type[Exception]) -> T:
    """The dataclass `cls` from the JSON object `data`.

    A field is a bool, an int (2.0 is one), a finite float, a str, a StrEnum, another such
    dataclass, a `tuple[X, ...]` of one of these, which is a list in JSON, or a `Mapping[str, X]`.
    One that is left out has its default; in a dataclass within a dataclass, that of the outer
    field. Raises `error` with a message that begins with `what` and names the field, what is wrong
    with it and what it may be; limits of numbers are for the dataclass to check.
    """
    read: T = _Reader(error).read(cls, data, what, None)
    return read


class _Reader:
    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def read(self, cls: Any, data: object, place: str, default: object) -> Any:
        if not isinstance(data, Mapping):
            raise self._error(f"{place}: {data!r} is not an object")
        known = _fields_of(cls)
        unknown = sorted(map(str, data.keys() - known.keys()))
        if unknown:
            raise self._error(
                f"{place}: there is no {unknown[0]!r}; it has {', '.join(known) or 'none'}"
            )
        given = {
            name: self._value(kind, data[name], f"{place}: {name}", field.default)
            for name, (field, kind) in known.items()
            if name in data
        }
        for name, (field, _kind) in known.items():
            if name in given:
                continue
            if default is not None:
                given[name] = getattr(default, name)
            elif field.default is MISSING and field.default_factory is MISSING:
                raise self._error(f"{place}: {name} is missing")
        return cls(**given)

    def _value(self, kind: Any, value: object, place: str, default: object) -> Any:
        if get_origin(kind) is tuple:
            return self._tuple(get_args(kind)[0], value, place)
        if get_origin(kind) is Mapping:
            return self._mapping(get_args(kind)[1], value, place)
        if is_dataclass(kind) and isinstance(kind, type):
            inner: Any = kind
            return self.read(inner, value, place, None if default is MISSING else default)
        if issubclass(kind, StrEnum):
            return self._choice(kind, value, place)
        read, wanted = _SCALARS[kind]
        try:
            return read(value)
        except (TypeError, ValueError) as error:
            raise self._error(f"{place} is {value!r}, {wanted}") from error

    def _tuple(self, kind: Any, value: object, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise self._error(f"{place} is {value!r}, not a list")
        items = enumerate(value, start=1)
        return tuple(self._value(kind, item, f"{place} {n}", MISSING) for n, item in items)

    def _mapping(self, kind: Any, value: object, place: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise self._error(f"{place}: {value!r} is not an object")
        return {
            str(key): self._value(kind, item, f"{place}: {key}", MISSING)
            for key, item in value.items()
        }

    def _choice(self, kind: type[StrEnum], value: object, place: str) -> StrEnum:
        if not isinstance(value, str) or value not in set(kind):
            raise self._error(f"{place} is {value!r}; give one of {', '.join(kind)}")
        return kind(value)


@cache
def _fields_of(cls: Any) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(cls)
    return {field.name: (field, hints[field.name]) for field in fields(cls)}


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _float(value: object) -> float:
    """A whole number stays one: it is finite, and may be too large to become a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return value


def _int(value: object) -> int:
    number = _float(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


#: How a field of each type is read, and what is said about a value of another type.
_SCALARS: dict[type, tuple[Callable[[object], Any], str]] = {
    bool: (_bool, "neither true nor false"),
    int: (_int, "not a whole number"),
    float: (_float, "not a number"),
    str: (_str, "not a text"),
}
