"""Made-up tables of a dataset release, as its archive has them."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from annotation.opinion.dataset.facts import DatasetFacts, StoredFile
from annotation.opinion.dataset.forms import Tables, files_of
from annotation.opinion.export.columns import Column
from annotation.opinion.export.facts import Facts
from annotation.opinion.export.formats import FORMATS, Record
from annotation.opinion.export.formats.arrow import schema_of
from annotation.opinion.export.people import SESSIONS
from annotation.opinion.export.scores import EXPLANATIONS, SCORES
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.forms import ExplanationForm
from tests.annotation.opinion.dataset.made_up import facts
from tests.annotation.opinion.export.formats.records import UNPREDICTED, Records, opinion, record
from workbench.core.tables import csv_lines, csv_start

KEYS = ("quality", "authenticity", "correspondence")
STUDY = Facts("demo", "Demo", default_perspectives(), "What counts counts.", ("index", "style"))
Row = Mapping[str, Any]


def image(number: int, scores: Mapping[str, Any] | None = None, **fields: Any) -> Record:
    """scores: perspective → fields of its opinion score, if anybody rated."""
    given = scores or {}
    predicted = dict.fromkeys(KEYS, UNPREDICTED) | fields.pop("predicted", {})
    mos = {key: {**opinion(), **given.get(key, {})} for key in KEYS}
    sha256 = f"{number:064x}"
    sized = {"sha256": sha256, "width": 8, "height": 8}
    return record(number, **sized, mos=mos, predicted=predicted, **fields)


def rated(mean: float, *, n: int = 2, sd: float | None = 0.5) -> Row:
    return {"mos": mean, "score": mean, "n": n, "sd": sd, "counts": [0] * 5}


def score(stimulus: int, rater: str, value: float, **fields: Any) -> Row:
    return {
        "kind": "score",
        "stimulus": stimulus,
        "trial": stimulus * 10 + len(rater),
        "rater": rater,
        "perspective": "quality",
        "scale_minimum": 1.0,
        "scale_maximum": 5.0,
        "scale_direction": "higher",
        "score": value,
        "counts": True,
        "shown_ms": 1500,
        **fields,
    }


def reason(stimulus: int, rater: str, value: float, **fields: Any) -> Row:
    phrases = fields.pop("phrases", {})
    return {
        **score(stimulus, rater, value),
        "kind": "explanation",
        "phrases": json.dumps(phrases),
        "language": "en",
        **fields,
    }


def tables(
    images: Iterable[Record],
    scores: Iterable[Row] = (),
    reasons: Iterable[Row] = (),
    sittings: Iterable[Row] = (),
    *,
    study: Facts = STUDY,
    form: ExplanationForm = AIGCIQA2023_FORM,
    names: Mapping[int, str] | None = None,
) -> Tables:
    """Read from files as an archive has them; pictures are named by their hashes."""
    found = list(images)
    source = Records(found, study)
    image_rows = [
        {"kind": "image", "stimulus": item["stimulus"], "metadata": json.dumps(item["metadata"])}
        for item in found
    ]
    named = {item["stimulus"]: f"{item['sha256']}.png" for item in found}
    return Tables.read(
        io.BytesIO(b"".join(FORMATS["imagesparquet"].encode(source, raw=True))),
        io.BytesIO(_parquet([*image_rows, *scores], SCORES.columns)),
        io.BytesIO(_csv(reasons)),
        io.BytesIO(_parquet(sittings, SESSIONS)),
        form=form,
        names=named if names is None else names,
    )


def written(made: Tables, **fields: Any) -> dict[str, bytes]:
    """Path → content, as a worker writes them."""
    stored: list[StoredFile] = []
    found = {}
    for path, pieces in files_of(dataset(**fields), made, stored):
        found[path] = b"".join(pieces)
        stored.append(StoredFile(path, len(found[path]), "0" * 64))
    return found


def dataset(**fields: Any) -> DatasetFacts:
    return facts(**{"study": STUDY, **fields})


def _parquet(rows: Iterable[Row], columns: Sequence[Column]) -> bytes:
    target = io.BytesIO()
    whole = [{column.name: row.get(column.name) for column in columns} for row in rows]
    pyarrow.parquet.write_table(pa.Table.from_pylist(whole, schema_of(columns, {})), target)
    return target.getvalue()


def _csv(rows: Iterable[Row]) -> bytes:
    lines = [[_cell(row.get(name)) for name in EXPLANATIONS.names] for row in rows]
    return (csv_start(EXPLANATIONS.names, raw=True) + csv_lines(lines, raw=True)).encode()


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
