"""Single scores as sureal reads them: a JSON file per perspective. Pure: no Django.

Its content is a prompt, its subjects are raters. It has no weights: each score that counts is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow.compute as pc

from ..facts import DatasetFacts, StoredFile
from .base import FOLDER, FORMS, Files
from .said import about, json_text
from .tables import Tables, rows_of
from .values import means_of


@dataclass(frozen=True)
class Sureal:
    name: str = "sureal"
    version: str = "1"
    citation: str = "sureal 0.9.0, sureal/dataset_reader.py"
    label: str = "sureal: the single scores that count, per perspective, by rater"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        return "" if len(tables.counting) else "It needs a rater's score that counts."

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        for key in facts.study.keys:
            if videos := list(_videos(tables, key)):
                document = _document(facts, tables, key, videos)
                yield f"{FOLDER}/sureal/{key}.json", json_text(document)


def _document(
    facts: DatasetFacts, tables: Tables, key: str, videos: list[dict[str, Any]]
) -> dict[str, Any]:
    contents = {video["prompt"]: video["content_id"] for video in videos}
    scale = facts.study.scale(key)
    return {
        "dataset_name": f"{facts.name}-{key}",
        # Needed, and used for pictures alone.
        "yuv_fmt": "notyuv",
        "width": 0,
        "height": 0,
        # The best score: there are no references, whose scores it would be.
        "ref_score": scale["maximum"],
        "ref_videos": [
            {"content_id": number, "content_name": prompt, "path": ""}
            for prompt, number in contents.items()
        ],
        "dis_videos": videos,
        "about": about(facts, {key: means_of(facts, tables, key)}),
    }


def _videos(tables: Tables, key: str) -> Iterator[dict[str, Any]]:
    """Images that somebody rated; contents and images are numbered from 0."""
    images = {row["stimulus"]: row for row in rows_of(tables.main, _IMAGE)}
    scores = tables.counting.filter(pc.equal(tables.counting["perspective"], key))
    contents: dict[str, int] = {}
    rated = groupby(rows_of(scores, ["stimulus", "rater", "score"]), lambda row: row["stimulus"])
    number = 0
    for stimulus, rows in rated:
        image = images.get(stimulus)
        if image is None:
            continue
        yield {
            "asset_id": number,
            "content_id": contents.setdefault(image["prompt"], len(contents)),
            "path": tables.path_of(image),
            "os": {row["rater"]: row["score"] for row in rows},
            "prompt": image["prompt"],
            "generator": image["generator"],
        }
        number += 1


_IMAGE = ("stimulus", "split", "filename", "prompt", "generator")

FORMS.register(Sureal())
