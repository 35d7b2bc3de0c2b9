"""Tasks and annotations of Label Studio, and the labelling interface that they belong to. Pure.

Scores are `Number`s, not `Rating`s, which are whole ones alone. Controls have names that no key of
a task's data has: exports put both into one row. A rater's code is a text of the annotation, since
`completed_by` names an account of the server. Every annotation says when it was made: the exporter
sorts by that.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.sax.saxutils import quoteattr

from ..facts import DatasetFacts, StoredFile
from .base import FOLDER, FORMS, Files
from .said import about, json_array, json_text, release_in_words, text
from .tables import Tables, rows_of
from .values import means_of

_FOLDER = f"{FOLDER}/label-studio"
_IMAGE = ("stimulus", "filename", "sha256", "prompt", "generator", "split")
#: The controls' names; an image's is the object's.
OBJECT, RATER = "picture", "rater_code"


@dataclass(frozen=True)
class LabelStudio:
    name: str = "label-studio"
    version: str = "1"
    citation: str = "Label Studio, tasks in JSON; label-studio-sdk 2.1.2"
    label: str = "Label Studio: tasks with the annotations that count, means and predictions"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        return "" if len(tables.main) else "It needs an image whose scores count."

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        yield f"{_FOLDER}/interface.xml", text(_interface(facts))
        yield f"{_FOLDER}/tasks.json", json_array(_tasks(facts, tables))
        values = {key: means_of(facts, tables, key) for key in facts.study.keys}
        yield f"{_FOLDER}/about.json", json_text(about(facts, values))


def control(key: str) -> str:
    """The name of a perspective's control."""
    return f"score_{key}"


def _interface(facts: DatasetFacts) -> Iterator[str]:
    yield f"<!-- {release_in_words(facts).replace('--', '–')} -->"
    yield "<View>"
    yield f'  <Image name="{OBJECT}" value="$image"/>'
    for item in facts.study.perspectives:
        scale = item.scale
        yield f"  <Header value={quoteattr(item.question)}/>"
        yield (
            f'  <Number name="{control(item.key)}" toName="{OBJECT}" min="{scale.minimum:g}" '
            f'max="{scale.maximum:g}" step="{scale.step:g}"/>'
        )
    yield f'  <TextArea name="{RATER}" toName="{OBJECT}"/>'
    yield "</View>"


def _tasks(facts: DatasetFacts, tables: Tables) -> Iterator[dict[str, Any]]:
    """One per main image, whether it has annotations or not."""
    given = groupby(rows_of(tables.counting), lambda row: row["stimulus"])
    stimulus, rows = next(given, (None, iter(())))
    predicted = [f"predicted_{key}" for key in facts.study.keys]
    means = {key: means_of(facts, tables, key).scores.tolist() for key in facts.study.keys}
    for place, image in enumerate(rows_of(tables.main, (*_IMAGE, "predicted_by", *predicted))):
        while stimulus is not None and stimulus < image["stimulus"]:
            stimulus, rows = next(given, (None, iter(())))
        own = rows if stimulus == image["stimulus"] else iter(())
        of_image = {key: numbers[place] for key, numbers in means.items()}
        by_model = {key: image[f"predicted_{key}"] for key in facts.study.keys}
        predictions = {f"mean of {facts.report.name}": of_image, image["predicted_by"]: by_model}
        yield {
            "id": image["stimulus"],
            "data": _data(facts, tables, image),
            "annotations": [_annotation(list(trial)) for _key, trial in groupby(own, _trial)],
            "predictions": list(_predictions(predictions)),
        }


def _data(facts: DatasetFacts, tables: Tables, image: dict[str, Any]) -> dict[str, Any]:
    path = f"{facts.name}/{tables.path_of(image)}"
    return {
        # Where Label Studio serves local files: the folder above the archive's is its root.
        "image": f"/data/local-files/?d={path}",
        **{name: image[name] for name in _IMAGE if name != "stimulus"},
        "release": facts.report.name,
        "dataset": facts.name,
    }


def _trial(row: dict[str, Any]) -> int:
    key: int = row["trial"]
    return key


def _annotation(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of one rater's scores of one showing."""
    first = rows[0]
    scores = [_number(control(row["perspective"]), row["score"]) for row in rows]
    when = first["submitted_at_utc"]
    return {
        "id": first["trial"],
        "created_at": when.isoformat() if when else "",
        "lead_time": None if first["shown_ms"] is None else first["shown_ms"] / 1000,
        "result": [*scores, _result(RATER, "textarea", {"text": [first["rater"]]})],
    }


def _predictions(
    found: Mapping[str, Mapping[str, float | None]],
) -> Iterator[dict[str, Any]]:
    """Whose → perspective → score; those that are not there are left out."""
    for whose, scores in found.items():
        known = {key: score for key, score in scores.items() if score is not None}
        result = [
            _number(control(key), score) for key, score in known.items() if not math.isnan(score)
        ]
        if result:
            yield {"model_version": whose, "result": result}


def _number(name: str, value: float) -> dict[str, Any]:
    return _result(name, "number", {"number": value})


def _result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": OBJECT, "type": kind, "value": value}


FORMS.register(LabelStudio())
