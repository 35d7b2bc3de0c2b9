"""The first rows of an import as they were read, for the page that shows what a mapping makes of a
table."""

from collections.abc import Sequence
from typing import Any

from workbench.core.texts import storable

from ..generation.sidecars import Source
from ..importing.folder import FOUND_IN
from ..importing.manifest import ManifestRow
from ..mapping.own import CONSTANT
from ..mapping.scores import Score

#: Characters of a text that are shown.
_SHOWN = 200


def preview_json(rows: Sequence[ManifestRow]) -> list[dict[str, Any]]:
    return [
        {
            "row": row.row,
            "filename": row.filename,
            "prompt": storable(_cut(row.prompt)),
            "generator": row.generator,
            "split": row.split or "",
            "scores": [_score(score) for score in row.scores],
            "metadata": storable(
                _cut(", ".join(name for name in row.metadata if name != FOUND_IN))
            ),
            "found_in": _found_in(row.metadata.get(FOUND_IN)),
        }
        for row in rows
    ]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _found_in(metadata: Any) -> dict[str, str]:
    """Where the fields of an image without a manifest were found."""
    known = metadata if isinstance(metadata, dict) else {}
    return {name: known[name] for name in CONSTANT if known.get(name) in (*Source,)}


def _score(score: Score) -> dict[str, Any]:
    return {
        "perspective": score.perspective,
        "source": score.source,
        "mos": score.mos,
        "sd": score.sd,
        "raters": score.raters,
    }
