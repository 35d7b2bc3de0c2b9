"""The first rows of an import as they were read, for the page that shows what a mapping makes of a
table."""

from collections.abc import Sequence
from typing import Any

from workbench.core.texts import storable

from ..importing.manifest import ManifestRow
from ..mapping.scores import Score

#: Characters of a text that are shown.
_SHOWN = 200


def preview_json(rows: Sequence[ManifestRow]) -> list[dict[str, Any]]:
    return [
        {
            "row": row.row,
            "filename": row.filename,
            "prompt": storable(row.prompt[:_SHOWN]),
            "generator": row.generator,
            "split": row.split or "",
            "scores": [_score(score) for score in row.scores],
            "metadata": storable(", ".join(row.metadata))[:_SHOWN],
        }
        for row in rows
    ]


def _score(score: Score) -> dict[str, Any]:
    return {
        "perspective": score.perspective,
        "source": score.source,
        "mos": score.mos,
        "sd": score.sd,
        "raters": score.raters,
    }
