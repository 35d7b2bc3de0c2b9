"""What a list's address may choose: rows, their order, and the fields that are told of each.

A list names columns; how a value is read follows from the column.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import BooleanField, DateTimeField, Field, IntegerField, Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.utils.translation import gettext as _
from drf_spectacular.drainage import set_override
from rest_framework import serializers

M = TypeVar("M", bound=Model)

#: More than a column of PostgreSQL holds names nothing.
_LARGEST = 2**63 - 1
_LONGEST = 300
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
_COMPARISONS = {"gte": "At or after.", "lt": "Before.", "icontains": "Part of it."}


class Instant(serializers.DateTimeField):
    """A time as RFC 3339 has it: one without its zone could mean any of two dozen."""

    def to_internal_value(self, value: Any) -> Any:
        if not _RFC_3339.fullmatch(str(value)):
            self.fail("invalid", format="2026-11-28T18:53:00Z")
        return super().to_internal_value(value)


class ListQuerySerializer(serializers.Serializer[Any]):
    """`filters`: name → lookup, such as `{"since": "created_at__gte"}`. `orders`: columns.
    `told`: the fields of a row."""

    def __init__(
        self,
        model: type[Model],
        filters: Mapping[str, str],
        orders: Sequence[str],
        told: Sequence[str],
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self._filters = filters
        for name, lookup in filters.items():
            self.fields[name] = _field(model, lookup)
        if orders:
            both = [way + name for name in orders for way in ("", "-")]
            self.fields["order"] = serializers.ChoiceField(
                choices=both, required=False, help_text="`-`: the largest or latest first."
            )
        self.fields["fields"] = _fields_field(told)

    def chosen(self, rows: QuerySet[M]) -> QuerySet[M]:
        """After `is_valid`: the rows that are asked for, in the order that is asked for."""
        given = self.validated_data
        rows = rows.filter(
            **{lookup: given[name] for name, lookup in self._filters.items() if name in given}
        )
        return rows.order_by(given["order"]) if "order" in given else rows

    def keep_fields(self, row: Any) -> None:
        """Leaves a serializer those that are asked for. Raises ValidationError for others."""
        if "fields" not in self.validated_data:
            return
        wanted = {name.strip() for name in self.validated_data["fields"].split(",")}
        unknown = sorted(wanted - set(row.fields))
        if unknown:
            raise serializers.ValidationError(
                {"fields": [_("There is no such field.") + f" ({name})" for name in unknown]}
            )
        for name in set(row.fields) - wanted:
            del row.fields[name]


def _fields_field(told: Sequence[str]) -> serializers.CharField:
    """Its pattern is told in the schema; what is wrong with a value is said name by name."""
    field = serializers.CharField(
        required=False, help_text="Fields of each row, between commas; left out: all."
    )
    name = f" *({'|'.join(told)}) *"
    set_override(field, "field", {"type": "string", "pattern": f"^{name}(,{name})*$"})
    return field


def _field(model: type[Model], lookup: str) -> Any:
    """How a value is read that a column is compared with."""
    *path, last = lookup.split(LOOKUP_SEP)
    parts = path if last in _COMPARISONS else [*path, last]
    shared: dict[str, Any] = {"required": False, "help_text": _COMPARISONS.get(last, "")}
    column = _column(model, parts)
    if column.choices:
        return serializers.ChoiceField(
            choices=[key for key, _label in column.flatchoices], **shared
        )
    if isinstance(column, DateTimeField):
        return Instant(**shared)
    if isinstance(column, BooleanField):
        return serializers.BooleanField(**shared)
    if isinstance(column, IntegerField):
        return serializers.IntegerField(min_value=0, max_value=_LARGEST, **shared)
    # Compared as it is sent: nothing is like white space.
    return serializers.CharField(max_length=_LONGEST, trim_whitespace=False, **shared)


def _column(model: type[Model], parts: Sequence[str]) -> "Field[Any, Any]":
    name, *rest = parts
    found: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if rest:
        return _column(found.related_model, rest)
    return found.target_field if found.is_relation else found  # type: ignore[no-any-return]
