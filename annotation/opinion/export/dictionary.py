"""The data dictionary of the exported tables, for files and for `docs/data.md`. Pure: no Django."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from . import images, scores
from .columns import Column
from .facts import Facts


def dictionary(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Table → its columns, for a study."""
    return {
        "scores": [_entry(column) for column in scores.SCORES.columns],
        "explanations": [_entry(column) for column in scores.EXPLANATIONS.columns],
        "images": [_entry(column) for column in images.columns(facts)],
    }


def markdown(columns: Iterable[Column]) -> Iterator[str]:
    """A table's lines."""
    yield "| column | kind | unit | what it says | nothing means |"
    yield "| --- | --- | --- | --- | --- |"
    for item in columns:
        null = item.null or "never nothing"
        yield f"| `{item.name}` | {item.kind} | {item.unit} | {item.meaning} | {null} |"


def _entry(column: Column) -> dict[str, Any]:
    names = Column.__dataclass_fields__
    return {name: value for name, value in asdict(column).items() if name in names and value}
