"""Making the archive of a dataset release: tables in one view of the data, then pictures."""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from workbench.core.statements import one_view

from ...models import DatasetRelease, OpinionRelease, ReleaseRecord, Score, Study
from ...protocol.forms import ExplanationForm
from ...studies.counting import counting_trials
from ...studies.protocols import stored_document
from ...studies.services import SETTINGS
from ..export.document import protocols_of, study_document
from ..export.records import Database
from ..recording import recorded_scores
from ..release_facts import report_of
from ..reliability.selectors import rater_weights
from .archive import Archive
from .content import data_sha256
from .errors import DatasetError
from .facts import ASIDE, SPLITS, DatasetFacts, Described
from .folder import METADATA, PICTURE, rows_of
from .pictures import Progress, Stored, stored_pictures, write_pictures
from .renderings import renderings
from .tables import read_tables, write_tables


@dataclass(frozen=True)
class Built:
    """A complete archive."""

    size: int
    archive_sha256: str
    content_sha256: str


def build(dataset: DatasetRelease, target: Path, progress: Progress) -> Built:
    """Writes the archive to `target`; progress: told pictures done and all.

    Raises DatasetError if the scores have changed since the release was made or a picture is gone,
    OSError if the disk is full.
    """
    stored = stored_pictures(dataset.study)
    with target.open("wb") as file, Archive(file, str(dataset)) as archive:
        with one_view(), tempfile.TemporaryDirectory(dir=target.parent) as folder:
            refuse_changed(dataset.release)
            paths = _write_files(dataset, archive, Path(folder), stored)
        if dataset.pictures:
            write_pictures(archive, paths, stored, progress)
        seal = archive.seal()
    with target.open("rb") as made:
        digest = hashlib.file_digest(made, "sha256").hexdigest()
    return Built(target.stat().st_size, digest, seal.sha256)


def refuse_changed(release: OpinionRelease) -> None:
    """The single scores that count, and what they weigh, have to be those of the release: rows and
    opinion scores go together. Raises DatasetError."""
    record = ReleaseRecord.objects.get(release=release)
    counting = Score.objects.filter(
        trial__in=counting_trials(release.study).order_by(), superseded_at=None
    )
    keys = np.fromiter(counting.order_by("pk").values_list("pk", flat=True), np.int64)
    weights = {str(key): value for key, value in rater_weights(release.study).items() if value != 1}
    if not np.array_equal(keys, recorded_scores(record)) or weights != record.weights:
        raise DatasetError(
            _(
                "Other scores count now than when the opinion scores “%(name)s” were kept. Keep "
                "the current ones under a new name, and make the dataset of those."
            )
            % {"name": release.name}
        )


def _write_files(
    dataset: DatasetRelease, archive: Archive, folder: Path, stored: Mapping[int, Stored]
) -> dict[int, str]:
    """All but the pictures. Returns image's key → path of its picture in the archive."""
    write_tables(Database(dataset.study, dataset.release), archive, folder)
    names = {key: item.name for key, item in stored.items()}
    tables = read_tables(folder, _form(dataset.release), names)
    rows = {name: rows_of(tables.images, name, names) for name in (*SPLITS, *ASIDE)}
    for name, found in rows.items():
        if len(found) or name in SPLITS:
            archive.add(f"{name}/{METADATA}", [_parquet(found)])
    images = {name: len(found) for name, found in rows.items()}
    facts = _facts(dataset, images, data_sha256(folder))
    for path, pieces in renderings(facts, tables, _document(dataset), archive.files):
        archive.add(path, pieces)
    return _paths(rows)


def _form(release: OpinionRelease) -> ExplanationForm:
    """By which its reasons were given, the latest if there were several."""
    latest = release.protocols.order_by("-number").first()
    return stored_document(latest.pk).form if latest else release.study.form


def _document(dataset: DatasetRelease) -> dict[str, Any]:
    """The study's, with all its settings: another server makes a study of it."""
    study, release = dataset.study, dataset.release
    settings = {name: getattr(study, name) for name in SETTINGS if name != "perspectives"}
    return {**study_document(study, release, protocols_of(release)), "settings": settings}


def _paths(rows: Mapping[str, pa.Table]) -> dict[int, str]:
    return {
        key: f"{folder}/{name}"
        for folder, found in rows.items()
        for key, name in zip(found["stimulus"].to_pylist(), found[PICTURE].to_pylist(), strict=True)
    }


def _facts(dataset: DatasetRelease, images: Mapping[str, int], data: str) -> DatasetFacts:
    report = report_of(dataset.release)
    return DatasetFacts(
        study=Database(dataset.study).facts,
        described=Described(**dataset.described),
        # A kept release's digest is that of its scores.
        report=replace(report, digest=dataset.release.content_sha256),
        number=dataset.number,
        published=dataset.created_at.date(),
        images=images,
        pictures=dataset.pictures,
        period=_period(dataset.study),
        address=dataset.address,
        data_sha256=data,
    )


def _period(study: Study) -> tuple[date, date] | None:
    found = counting_trials(study).aggregate(first=Min("submitted_at"), last=Max("submitted_at"))
    first, last = found["first"], found["last"]
    return (first.date(), last.date()) if first else None


def _parquet(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(rows, sink)
    return bytes(sink.getvalue())
