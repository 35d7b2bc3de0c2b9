"""Constraint helpers: what the code assumes, the database enforces."""

from collections.abc import Iterable

from django.db.models import CheckConstraint, Q


def one_of(table: str, field: str, values: Iterable[str]) -> CheckConstraint:
    """`field` holds one of `values`, also for writes that bypass the models."""
    return CheckConstraint(
        condition=Q(**{f"{field}__in": [str(value) for value in values]}),
        name=f"{table}_{field}_valid",
    )
