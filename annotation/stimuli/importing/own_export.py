"""Manifests that this product wrote: its export, in JSON Lines or as a table.

A table may have several rows of one image, which are read as one. What raters did is not imported:
of an export, a study gets its images back as they came, each with its side and its purpose, and
with the scores that were published about them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.json_reader import JsonError, read_json
from workbench.core.spreadsheets import formula_safe
from workbench.core.texts import gettext_noop

from ...opinion.units import UnitScale
from .problems import Problem
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
        "hold-out, purposes, attention checks, metadata and published scores were taken from it. "
        "Ratings, opinion scores and what else is about raters cannot be imported and were left "
        "out."
    )
)


def is_own_export(values: Mapping[str, Any]) -> bool:
    return values.keys() >= COLUMNS


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of one row, what is read of it: an image's ratings may be long."""
    names = ("metadata", "perspective", "published")
    return {
        key: value
        for key, value in values.items()
        if key in _TAKEN or key in names or key.startswith(("published_", "scale_"))
    }


def manifest_values(rows: Sequence[Mapping[str, Any]], scale: UnitScale) -> dict[str, Any]:
    """One image's rows of an export as a manifest would describe it: published scores on `scale`,
    no metadata. Raises Problem."""
    values = {key: _unguarded(rows[0][key]) for key in _TAKEN}
    try:
        for entry in (entry for row in rows for entry in _published(row)):
            for key, value in _on(scale, entry).items():
                # Of several sources, the first one's.
                values.setdefault(key, value)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Problem(
            gettext_noop("the published scores of the export cannot be read"),
            gettext_noop("export the study again, or delete its columns of published scores"),
        ) from error
    return values


def metadata_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata in a row of an export. Raises Problem."""
    found = row.get("metadata")
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
    """A text without the apostrophe by which a table keeps spreadsheets from taking it for a
    formula."""
    if isinstance(value, str) and value[:1] == "'" and formula_safe(value[1:]) != value[1:]:
        return value[1:]
    return value


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
