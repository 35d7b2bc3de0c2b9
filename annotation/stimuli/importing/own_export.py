"""Manifests that this product wrote: its export, in JSON Lines or as a table.

A table may have several rows of one image, which are read as one. What raters did is not imported:
of an export, a study gets its images back as they came, each with its side and its purpose, and
with the scores that were published about them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from workbench.core.json_reader import JsonError, read_json
from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ...opinion.units import UnitScale
from .remarks import Remark

#: What every form of the export begins with; no other manifest has all of these columns.
COLUMNS = frozenset(
    ("stimulus", "filename", "prompt", "generator", "split", "purpose", "attention_check", "sha256")
)
#: Those that an import takes as they are.
_TAKEN = ("filename", "prompt", "generator", "split", "purpose", "attention_check")
RECOGNISED = Remark(
    gettext_noop(
        "The manifest is an export of this product. File names, prompts, generators, sides of the "
        "hold-out, purposes, attention checks, metadata and, if it has them, published scores "
        "were taken from it. Ratings, opinion scores and what else is about raters cannot be "
        "imported and were left out."
    )
)


#: What a cell of a table begins with that has an apostrophe more than its text.
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")


class Row(Protocol):
    """A row of a manifest as it was written (a dataclass)."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def problem(self) -> Problem | None: ...


R = TypeVar("R", bound=Row)


class Exported(dict[str, Any]):
    """One image of an export by the names of a manifest's columns; its metadata are apart, as they
    may have the same names."""

    def __init__(self, values: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.metadata = metadata


def read_exported(records: Iterator[R], scale: UnitScale, remarks: list[Remark]) -> Iterator[R]:
    """The rows of an export as those of a manifest, each image once, with published scores on
    `scale`, after what is to be said of them; other rows as they are."""
    exported: dict[str, list[R]] = {}
    for record in records:
        if record.problem is None and record.values.keys() >= COLUMNS:
            kept = replace(record, values=_kept(record.values))
            exported.setdefault(str(record.values["filename"]), []).append(kept)
        else:
            yield record
    if exported:
        remarks.append(RECOGNISED)
    for rows in exported.values():
        yield _image(rows, scale)


def _image(rows: Sequence[R], scale: UnitScale) -> R:
    first = rows[0].values
    # Only of a table are all cells texts.
    table = isinstance(first["stimulus"], str)
    values = {key: _unguarded(first[key]) if table else first[key] for key in _TAKEN}
    try:
        scores = _scores([row.values for row in rows], scale)
        return replace(rows[0], values=Exported(values | scores, _metadata(first)))
    except Problem as problem:
        return replace(rows[0], problem=problem)


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is read of a row: an image's ratings may be long."""
    names = (*COLUMNS, "perspective", "published")
    starts = ("metadata", "published_", "scale_")
    return {k: v for k, v in values.items() if k in names or k.startswith(starts)}


def _metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of an object, as text in a table, or of columns of their own."""
    if "metadata" not in row:
        start = "metadata_"
        return {k.removeprefix(start): _unguarded(v) for k, v in row.items() if k.startswith(start)}
    found = row["metadata"]
    try:
        found = read_json(found) if isinstance(found, str) and found.strip() else found
    except JsonError:
        found = [found]
    if not found:
        return {}
    if not isinstance(found, dict):
        raise Problem(
            gettext_noop("the metadata of the export is not a JSON object"),
            gettext_noop("export the study again, or empty the cell"),
        )
    return found


def _unguarded(value: Any) -> Any:
    """A text without the apostrophe that keeps spreadsheets from taking it for a formula."""
    if isinstance(value, str) and value[:1] == "'" and value[1:].startswith(_GUARDED):
        return value[1:]
    return value


def _scores(rows: Sequence[Mapping[str, Any]], scale: UnitScale) -> dict[str, Any]:
    """The columns of published scores; of several sources, the first one's. Raises Problem."""
    values: dict[str, Any] = {}
    try:
        for entry in (entry for row in rows for entry in _published(row)):
            values = _on(scale, entry) | values
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Problem(
            gettext_noop("the published scores of the export cannot be read"),
            gettext_noop("export the study again, or empty their cells"),
        ) from error
    return values


def _published(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The published scores in a row: listed, or the one that the row is about."""
    if isinstance(row.get("published"), list):
        return list(row["published"])
    if row.get("published_mos") in (None, ""):
        return []
    return [
        {
            "perspective": row["perspective"],
            **{key: row[f"published_{key}"] for key in ("mos", "sd", "raters")},
            "scale": {key: row[f"scale_{key}"] for key in ("minimum", "maximum", "direction")},
        }
    ]


def _on(scale: UnitScale, entry: Mapping[str, Any]) -> dict[str, Any]:
    published = entry["scale"]
    own = UnitScale(
        float(published["minimum"]), float(published["maximum"]), str(published["direction"])
    )
    perspective = entry["perspective"]
    mos = scale.value(own.of(float(entry["mos"])))
    values: dict[str, Any] = {
        # A conversion may miss the end of a scale by a rounding.
        f"mos_{perspective}": min(max(mos, scale.minimum), scale.maximum)
    }
    if entry["sd"] not in (None, ""):
        sd = own.spread(float(entry["sd"])) * scale.range
        values[f"sd_{perspective}"] = min(sd, scale.range)
    if entry["raters"] not in (None, ""):
        values["raters"] = entry["raters"]
    return values
