"""Label snapshots: the labels of a study at one moment, as an immutable Parquet file."""

import hashlib
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.models import Stimulus, Study
from annotation.opinion.labels import Label, label_set
from annotation.opinion.releases import renew_live

from ..models import LabelSnapshot
from .artifacts import artifact_changed, publish_file, read_file

FORMAT_VERSION = "1"
_SCHEMA = pa.schema(
    [
        ("stimulus", pa.int64()),
        ("filename", pa.string()),
        ("image_sha256", pa.string()),
        ("prompt_sha256", pa.string()),
        ("split", pa.string()),
        ("perspective", pa.string()),
        ("source", pa.string()),
        ("mos", pa.float64()),
        ("sd", pa.float64()),
        ("ratings", pa.int64()),
    ],
    metadata={"format": "mint-label-snapshot", "version": FORMAT_VERSION},
)


def take_snapshot(study: Study) -> LabelSnapshot:
    """A snapshot of the study's labels now; the existing one if they are the same.

    Counts and labels are of one moment. The file is written before the row that makes it known,
    under a name made from its content. Raises ArtifactError if the disk is full.
    """
    # A training depends on them: they include every change, whether or not it was noticed.
    renew_live(study, always=True)
    found = label_set(study)
    rows = _rows(study, found.labels)
    content = _content_sha256(rows)
    name = f"snapshots/{study.pk}/{content}.parquet"
    same = LabelSnapshot.objects.filter(study=study, content_sha256=content)
    if not same.exists():
        publish_file(name, _parquet(rows))
    snapshot, _created = same.get_or_create(
        study=study,
        content_sha256=content,
        defaults={
            "artifact": name,
            "stimuli": len({row["stimulus"] for row in rows}),
            "ratings": found.ratings,
            "holdout_stimuli": len({r["stimulus"] for r in rows if r["split"] == "holdout"}),
        },
    )
    return snapshot


def read_snapshot(snapshot: LabelSnapshot) -> list[Label]:
    """The labels as they were. Raises ArtifactError if the file is gone or was changed."""
    table = pq.read_table(pa.BufferReader(read_file(snapshot.artifact)))
    rows = table.to_pylist()
    if _content_sha256(rows) != snapshot.content_sha256:
        raise artifact_changed(snapshot.artifact)
    fields = ("stimulus", "split", "perspective", "source", "mos", "sd", "ratings")
    return [Label(**{field: row[field] for field in fields}) for row in rows]


def _rows(study: Study, labels: list[Label]) -> list[dict[str, Any]]:
    facts = Stimulus.objects.filter(study=study).values_list(
        "pk", "filename", "sha256", "prompt__text_sha256"
    )
    stimuli = {pk: (filename, image, prompt) for pk, filename, image, prompt in facts}
    return [
        {
            "stimulus": label.stimulus,
            "filename": stimuli[label.stimulus][0],
            "image_sha256": stimuli[label.stimulus][1],
            "prompt_sha256": stimuli[label.stimulus][2],
            "split": label.split,
            "perspective": label.perspective,
            "source": label.source,
            "mos": label.mos,
            "sd": label.sd,
            "ratings": label.ratings,
        }
        for label in labels
    ]


def _content_sha256(rows: list[dict[str, Any]]) -> str:
    """Of the rows as canonical JSON lines, so that it depends on the labels and not on the file."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data
