"""Choices of a model's field from an enumeration of the pure core, which knows no translations."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from django.utils.functional import Promise

_Kind = TypeVar("_Kind", bound=StrEnum)


def choices_of(
    kind: type[_Kind], labels: Mapping[_Kind, str | Promise]
) -> list[tuple[str, str | Promise]]:
    """Each member of `kind` with its label, in order; KeyError if one has none."""
    return [(member.value, labels[member]) for member in kind]
