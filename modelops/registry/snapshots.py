"""Label snapshots: releases of a study's opinion scores and its split at one moment, and the labels
that they gave as an immutable Parquet file."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.models import OpinionRelease, ScaleLink, Stimulus, Study
from annotation.opinion.imported import renew_content
from annotation.opinion.labels import Label, labels_from
from annotation.opinion.numbering import only_writer
from annotation.opinion.releases import frozen_release
from workbench.core.statements import one_view

from ..models import LabelSnapshot
from .artifacts import artifact_changed, publish_file, read_file
from .keeping import let_go

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

    The study's own opinion scores become a release that never changes. That release, the imported
    ones, the split and the labels are read in one view of the data, and stored together or not at
    all. The file is written before the row that makes it known, under a name made from its content.
    Raises ArtifactError if the disk is full.
    """
    with only_writer(study), one_view(read_only=False):
        own = frozen_release(study)
        rows = _rows(study, labels_from(study, own))
        content = _sha256_of(rows)
        same = LabelSnapshot.objects.filter(study=study, content_sha256=content).first()
        if same is None:
            return _write(study, own, rows, content)
        if own is not None:
            # Other opinion scores can give the same labels; the snapshot names the first ones.
            let_go(own)
        return same


def empty_snapshot(study: Study) -> LabelSnapshot:
    """Of no label: for a version that has learnt elsewhere."""
    content = _sha256_of([])
    same = LabelSnapshot.objects.filter(study=study, content_sha256=content).first()
    return same or _write(study, None, [], content)


def read_snapshot(snapshot: LabelSnapshot) -> list[Label]:
    """The labels as they were. Raises ArtifactError if the file is gone or was changed."""
    table = pq.read_table(pa.BufferReader(read_file(snapshot.artifact)))
    rows = table.to_pylist()
    if _sha256_of(rows) != snapshot.content_sha256:
        raise artifact_changed(snapshot.artifact)
    fields = ("stimulus", "split", "perspective", "source", "mos", "sd", "ratings")
    return [Label(**{field: row[field] for field in fields}) for row in rows]


def _write(
    study: Study, own: OpinionRelease | None, rows: list[dict[str, Any]], content: str
) -> LabelSnapshot:
    name = f"snapshots/{study.pk}/{content}.parquet"
    publish_file(name, _parquet(rows))
    split = {row["stimulus"]: row["split"] for row in rows}
    return LabelSnapshot.objects.create(
        study=study,
        release=own,
        published=_published(study, {row["source"] for row in rows}),
        split_sha256=_sha256_of(split.items()),
        content_sha256=content,
        artifact=name,
        stimuli=len(split),
        ratings=0 if own is None else own.ratings,
        holdout_stimuli=list(split.values()).count(Stimulus.Split.HOLDOUT),
    )


def _published(study: Study, sources: set[str]) -> list[dict[str, Any]]:
    """What `LabelSnapshot.published` says of the imported releases of these sources."""
    releases = study.opinion_releases.filter(kind=OpinionRelease.Kind.IMPORTED, source__in=sources)
    return [
        {
            "number": release.number,
            "source": release.source,
            "content_sha256": renew_content(release),
            "links": [_link(link) for link in release.links.order_by("perspective__position")],
        }
        for release in releases
    ]


def _link(link: ScaleLink) -> dict[str, Any]:
    """`target`: the number of a release; None for the study's raters."""
    return {
        "perspective": link.perspective.key,
        "target": link.target.number if link.target else None,
        "offset": link.offset,
        "slope": link.slope,
        "images": link.images,
        "rmse": link.rmse,
    }


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


def _sha256_of(items: Iterable[Any]) -> str:
    """Of the items as canonical JSON lines: they decide, not how a file stores them."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(json.dumps(item, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data
