"""Pages of a query by a row's place in its order, not by its number: no row is left out or told
twice because others come or go meanwhile, and the last page costs what the first one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.db.models.expressions import Col

M = TypeVar("M", bound=Model)

_NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Key:
    """One column of an order. PostgreSQL takes null as the largest value unless it is told."""

    expression: Any
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True)
class Place:
    """Of a row: its value of each key. `back`: the page before it is asked for, not that after."""

    values: list[Any]
    back: bool = False


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows of one page, and where those after and before it begin; None if there are none."""

    rows: list[M]
    next: Place | None
    previous: Place | None


def keys_of(rows: QuerySet[M]) -> list[Key]:
    """The order of a query, made total by the primary key."""
    given: Sequence[Any] = rows.query.order_by or rows.model._meta.ordering or ()
    total = bool(given) and given[-1] in ("pk", "-pk")
    return [_key(item) for item in (given if total else (*given, "pk"))]


def read_page(rows: QuerySet[M], limit: int, place: Place | None = None) -> Page[M]:
    """At most `limit` rows after (or before) the place, or the first ones."""
    keys, back = keys_of(rows), place is not None and place.back
    if back:
        keys = [Key(key.expression, not key.descending, not key.nulls_first) for key in keys]
    found = rows.annotate(**{_name(at): key.expression for at, key in enumerate(keys)})
    found = found.order_by(*(_ordered(at, key) for at, key in enumerate(keys)))
    if place is not None:
        found = found.filter(_after(found, keys, place.values))
    read = list(found[: limit + 1])
    page, more = read[:limit], len(read) > limit
    if back:
        page.reverse()
    return Page(
        page,
        next=Place(_values(page[-1], keys)) if page and (more or back) else None,
        previous=Place(_values(page[0], keys), back=True)
        if page and (more if back else place)
        else None,
    )


def _key(item: Any) -> Key:
    if isinstance(item, str):
        descending = item.startswith("-")
        return Key(F(item.removeprefix("-")), descending, nulls_first=descending)
    if isinstance(item, OrderBy):
        first = item.nulls_first or (item.descending and not item.nulls_last)
        return Key(item.expression, item.descending, bool(first))
    return Key(item)


def _name(at: int) -> str:
    return f"key_{at}"


def _ordered(at: int, key: Key) -> OrderBy:
    nulls = {"nulls_first": True} if key.nulls_first else {"nulls_last": True}
    return OrderBy(F(_name(at)), descending=key.descending, **nulls)


def _values(row: M, keys: Sequence[Key]) -> list[Any]:
    """As JSON has them, without loss."""
    found = [getattr(row, _name(at)) for at in range(len(keys))]
    return [item.isoformat() if isinstance(item, datetime) else item for item in found]


def _after(rows: QuerySet[M], keys: Sequence[Key], values: Sequence[Any]) -> Q:
    found, same = _NOTHING, Q()
    for at, (key, value) in enumerate(zip(keys, values, strict=True)):
        found |= same & _beyond(rows, at, key, value)
        same &= _is(at, value)
    # An index is read from there on; the rest it could not use.
    return found & (_beyond(rows, 0, keys[0], values[0]) | _is(0, values[0]))


def _is(at: int, value: Any) -> Q:
    name = _name(at)
    return Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})


def _beyond(rows: QuerySet[M], at: int, key: Key, value: Any) -> Q:
    name = _name(at)
    if value is None:
        return Q(**{f"{name}__isnull": False}) if key.nulls_first else _NOTHING
    further = Q(**{f"{name}__{'lt' if key.descending else 'gt'}": value})
    if key.nulls_first or not _may_be_null(rows, name):
        return further
    return further | Q(**{f"{name}__isnull": True})


def _may_be_null(rows: QuerySet[M], name: str) -> bool:
    """A column of another table may be null even if there it is not: there may be no such row."""
    column: Any = rows.query.annotations[name]
    own = isinstance(column, Col) and column.target.model is rows.model
    return not own or bool(column.target.null)
