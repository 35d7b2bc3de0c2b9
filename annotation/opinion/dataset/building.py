"""Making the archive of a dataset release: tables in one view of the data, then pictures."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from django.core.files.storage import default_storage
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from workbench.core.errors import MintError
from workbench.core.statements import one_view

from ...models import DatasetRelease, OpinionRelease, ReleaseRecord, Score, Stimulus, Study
from ...models.stimulus import COUNTING_STATES
from ...studies.counting import counting_trials
from ..export.dictionary import tables
from ..export.document import protocols_of, study_document
from ..export.formats import FORMATS
from ..export.records import Database
from ..recording import recorded_scores
from ..release_facts import report_of
from ..reliability.selectors import rater_weights
from .archive import Archive
from .card import card
from .citation import citation_cff
from .croissant import croissant
from .facts import SPLITS, DatasetFacts, Described, StoredFile
from .folder import METADATA, PICTURE, picture_name, rows_of_split

#: The export's formats, and under which names their files lie in the archive.
_TABLES = {
    "csv": "scores.csv",
    "jsonl": "scores.jsonl",
    "parquet": "scores.parquet",
    "explanations": "explanations.csv",
    "images": "images.csv",
    "imagesparquet": "images.parquet",
}
_CHUNK = 1 << 20

Progress = Callable[[int, int], None]


class DatasetError(MintError):
    """A dataset release that cannot be made; the message says why."""

    code = "dataset_invalid"


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
    stored = _stored_pictures(dataset.study)
    with target.open("wb") as file, Archive(file, str(dataset)) as archive:
        with one_view():
            refuse_changed(dataset.release)
            folders = _write_tables(dataset, archive, stored)
        if dataset.pictures:
            _write_pictures(archive, folders, stored, progress)
        seal = archive.seal()
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
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


def _write_tables(
    dataset: DatasetRelease, archive: Archive, stored: Mapping[int, tuple[str, str]]
) -> dict[str, list[str]]:
    """Returns the names of the pictures of each split's folder."""
    source = Database(dataset.study, dataset.release)
    written = []
    with tempfile.TemporaryFile() as copy:
        for name, path in _TABLES.items():
            pieces = FORMATS[name].encode(source, raw=True)
            pieces = _copied(pieces, copy) if path == "images.parquet" else pieces
            written.append(archive.add(path, pieces))
        copy.seek(0)
        images = pyarrow.parquet.read_table(copy)
    names = {key: name for key, (name, _file) in stored.items()}
    folders = {split: rows_of_split(images, split, names) for split in SPLITS}
    for split, rows in folders.items():
        archive.add(f"{split}/{METADATA}", [_parquet(rows)])
    _write_renderings(dataset, archive, written, {key: len(rows) for key, rows in folders.items()})
    return {split: rows[PICTURE].to_pylist() for split, rows in folders.items()}


def _write_renderings(
    dataset: DatasetRelease,
    archive: Archive,
    written: list[StoredFile],
    images: Mapping[str, int],
) -> None:
    facts = _facts(dataset, images)
    document = study_document(dataset.study, dataset.release, protocols_of(dataset.release))
    texts = {
        "README.md": card(facts),
        "CITATION.cff": citation_cff(facts),
        "DICTIONARY.md": tables(facts.study),
        "croissant.json": _json(croissant(facts, written)),
        "study.json": _json(document),
    }
    for path, text in texts.items():
        archive.add(path, [text.encode()])


def _facts(dataset: DatasetRelease, images: Mapping[str, int]) -> DatasetFacts:
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
    )


def _period(study: Study) -> tuple[date, date] | None:
    found = counting_trials(study).aggregate(first=Min("submitted_at"), last=Max("submitted_at"))
    first, last = found["first"], found["last"]
    return (first.date(), last.date()) if first else None


def _stored_pictures(study: Study) -> dict[int, tuple[str, str]]:
    """Image's key → the name of its picture in the archive, and that in the storage."""
    rows = Stimulus.objects.filter(study=study, state__in=COUNTING_STATES).exclude(sha256="")
    return {
        key: (picture_name(digest, name), name)
        for key, digest, name in rows.values_list("pk", "sha256", "image")
    }


def _write_pictures(
    archive: Archive,
    folders: Mapping[str, list[str]],
    stored: Mapping[int, tuple[str, str]],
    progress: Progress,
) -> None:
    files = dict(stored.values())
    paths = [(split, name) for split, names in folders.items() for name in sorted(set(names))]
    for number, (split, name) in enumerate(paths, start=1):
        file = archive.add(f"{split}/{name}", _read(files[name]))
        if file.sha256 != name.partition(".")[0]:
            raise DatasetError(_("The file of picture %(name)s is damaged.") % {"name": name})
        progress(number, len(paths))


def _read(name: str) -> Iterator[bytes]:
    try:
        with default_storage.open(name) as file:
            yield from file.chunks(_CHUNK)
    except FileNotFoundError as error:
        raise DatasetError(_("The file %(name)s is gone.") % {"name": name}) from error


def _copied(pieces: Iterator[bytes], copy: IO[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        copy.write(piece)
        yield piece


def _parquet(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(rows, sink)
    return bytes(sink.getvalue())


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
