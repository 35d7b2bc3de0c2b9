"""The data dictionary of the exported tables, for files and for `docs/data.md`. Pure: no Django."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from ...protocol.perspectives import PerspectiveSettings
from ...protocol.scales import ACR5
from . import images, people, scores
from .columns import Column
from .facts import Facts


def dictionary(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Table → its columns, for a study."""
    return {
        "scores": [_entry(column) for column in scores.SCORES.columns],
        "explanations": [_entry(column) for column in scores.EXPLANATIONS.columns],
        "images": [_entry(column) for column in images.columns(facts)],
        "sessions": [_entry(column) for column in people.SESSIONS],
        "raters": [_entry(column) for column in people.rater_columns(facts)],
    }


def markdown(columns: Iterable[Column]) -> Iterator[str]:
    """A table's lines."""
    yield "| column | kind | unit | what it says | nothing means | in rows |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for item in columns:
        cells = (f"`{item.name}`", item.kind, item.unit, item.meaning, item.null)
        yield f"| {' | '.join(cells)} | {', '.join(item.rows) or 'all'} |"


def document() -> str:
    """The dictionary for `docs/data.md`, in Markdown: `key` stands for a perspective's key, and for
    one of metadata."""
    return tables(Facts("", "", (PerspectiveSettings("key", "key", "", ACR5),), metadata=("key",)))


def tables(facts: Facts) -> str:
    """A study's dictionary in Markdown: the columns of each table."""
    known = set(scores.SCORES.names)
    found = {
        "Scores": scores.SCORES.columns,
        "Explanations: those of the scores' table, and": [
            item for item in scores.EXPLANATIONS.columns if item.name not in known
        ],
        "Images": images.columns(facts),
        "Sessions": people.SESSIONS,
        "Raters": people.rater_columns(facts),
    }
    parts = (f"### {title}\n\n" + "\n".join(markdown(part)) for title, part in found.items())
    return "\n\n".join(parts) + "\n"


def _entry(column: Column) -> dict[str, Any]:
    names = Column.__dataclass_fields__
    return {name: value for name, value in asdict(column).items() if name in names and value}
