"""A dataset release from its request to its archive."""

import csv
import errno
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage, storages
from django.db import IntegrityError, InternalError, transaction

from annotation.models import AuditEntry, DatasetRelease, Rater, Stimulus, Study
from annotation.opinion.dataset import pictures, storing
from annotation.opinion.dataset.archive import Archive
from annotation.opinion.dataset.asking import cancel_dataset, described
from annotation.opinion.dataset.building import build
from annotation.opinion.dataset.errors import DatasetActiveError, DatasetError, DatasetOverError
from annotation.opinion.dataset.facts import StoredFile
from annotation.opinion.dataset.jobs import run_dataset_job
from annotation.opinion.dataset.pictures import _read
from annotation.removal.deleting import delete_study
from tests.annotation.opinion.export.rated import rate
from tests.annotation.opinion.export.reading import means_and_mos
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

from .asked import SAID, ask
from .made_up import picture

pytestmark = pytest.mark.django_db


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name.removeprefix("demo-1.0.0/"): archive.read(name) for name in archive.namelist()}


def archived(job: DatasetRelease) -> dict[str, bytes]:
    """What a worker makes of it, by path."""
    run_dataset_job(job.pk)
    job.refresh_from_db()
    with storages["artifacts"].open(job.archive) as file:
        return unpacked(file.read())


def test_an_archive_has_rows_that_agree_pictures_and_hashes(
    study: Study, owner: User, stimuli: list[Stimulus], tmp_path: Path
) -> None:
    job = ask(study, owner)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.progress_done) == ("succeeded", "", 3)
    with storages["artifacts"].open(job.archive) as file:
        data = file.read()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (job.size, job.archive_sha256)
    found = unpacked(data)
    sums = found.pop("SHA256SUMS")
    assert hashlib.sha256(sums).hexdigest() == job.content_sha256
    listed = dict(line.split("  ")[::-1] for line in sums.decode().splitlines())
    assert listed == {path: hashlib.sha256(data).hexdigest() for path, data in found.items()}
    assert found[f"holdout/{hashlib.sha256(picture(2)).hexdigest()}.png"] == picture(2)
    assert sum(path.startswith("pool/") for path in found) == 3
    means, mos = means_and_mos(found["scores.csv"].decode(), found["images.csv"].decode())
    assert means == mos
    assert len(mos) == 3
    document = json.loads(found["croissant.json"])
    assert document["rai:annotationsPerItem"] == "2 to 2 raters per image, median 2."
    assert csv.DictReader(io.StringIO(found["images.csv"].decode())).fieldnames
    # Made again, it is the same.
    again = build(job, tmp_path / "again.zip", lambda done, total: None)
    assert vars(again) == {name: getattr(job, name) for name in vars(again)}
    told = AuditEntry.objects.get(action="dataset.succeeded")
    assert told.detail == {"number": 1, "version": "1.0.0"}
    # It never changes.
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        DatasetRelease.objects.filter(pk=job.pk).update(size=1)


def test_without_pictures_the_hashes_stay(
    study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    job = ask(study, owner, pictures=False)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    with storages["artifacts"].open(job.archive) as file, zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    assert not any(name.endswith(".png") for name in names)
    assert "demo-1.0.0/pool/metadata.parquet" in names


def test_scores_that_changed_since_are_refused(
    study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    job = ask(study, owner)
    with pytest.raises(DatasetActiveError):
        ask(study, owner)
    rate(make_rater(study, code="late"), stimuli[0], {"quality": 5})
    with pytest.raises(DatasetError, match="under a new name"):
        ask(study, owner)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "under a new name" in job.error
    assert not job.archive


def test_a_picture_that_is_gone_is_named(
    study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    job = ask(study, owner)
    default_storage.delete(str(Stimulus.objects.get(pk=stimuli[0].pk).image))
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "is gone" in job.error


def test_all_that_another_server_needs_is_in_it(
    study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    """Also images that raters were checked with, outside the splits, if somebody saw them."""
    gold, unseen = make_stimuli(study, [8, 9], purpose="gold")
    rate(Rater.objects.get(code="one0"), gold, {"quality": 1}, 1, role="gold")
    found = archived(ask(study, owner))
    assert {path for path in found if path.startswith("gold/")} == {
        "gold/metadata.parquet",
        f"gold/{gold.sha256}.png",
    }
    assert not any(unseen.sha256 in path for path in found)
    raters = csv.DictReader(io.StringIO(found["raters.csv"].decode()))
    sessions = csv.DictReader(io.StringIO(found["sessions.csv"].decode()))
    codes = set(Rater.objects.values_list("code", flat=True))
    assert {row["rater"] for row in raters} == {row["rater"] for row in sessions} == codes
    # In others' forms, too, each of which is in the list of hashes.
    assert {"forms/README.md", "datasheet.html", "datacite.json", "ro-crate-metadata.json"} <= set(
        found
    )
    records = [json.loads(line) for line in found["records.jsonl"].splitlines()]
    assert {item["sha256"] for item in records} >= {item.sha256 for item in (gold, unseen)}
    document = json.loads(found["study.json"])
    assert document["perspectives"][0]["key"] == "quality"
    assert document["protocols"][0]["content"]["texts"]["consent"] == "I agree."
    assert document["settings"]["instructions"] == "Rate each image."
    assert document["settings"]["target_ratings"] == study.target_ratings
    assert document["dataset"]["licence"] == "CC-BY-4.0"
    assert document["dataset"]["images"] == {"pool": 2, "holdout": 1, "practice": 0, "gold": 1}


def test_one_that_waits_can_be_cancelled_and_leaves_nothing(
    study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    job = ask(study, owner)
    cancel_dataset(job=job, actor=owner)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.archive) == ("cancelled", "")
    with pytest.raises(DatasetOverError):
        cancel_dataset(job=job, actor=owner)
    # Another one may be made, and has another number.
    assert ask(study, owner).number == job.number + 1


def test_one_that_is_being_made_can_be_cancelled(
    study: Study, owner: User, stimuli: list[Stimulus], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(study, owner)

    def cancelled(name: str) -> Iterator[bytes]:
        if DatasetRelease.objects.filter(pk=job.pk, state="running").exists():
            cancel_dataset(job=job, actor=owner)
        yield from _read(name)

    monkeypatch.setattr(pictures, "_read", cancelled)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.archive) == ("cancelled", "")
    assert not storages["artifacts"].exists(f"datasets/{study.pk}")


def test_a_full_disk_is_said(
    study: Study, owner: User, stimuli: list[Stimulus], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Archive, path: str, pieces: Iterable[bytes]) -> StoredFile:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Archive, "add", full)
    job = ask(study, owner)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.archive) == ("failed", "")
    assert job.error == "The archive could not be stored: No space left on device"


def test_a_disk_that_is_full_as_the_archive_is_stored_keeps_no_half(
    study: Study, owner: User, stimuli: list[Stimulus], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Half(File):  # type: ignore[type-arg] # bytes
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield self.read(10)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    job = ask(study, owner)
    monkeypatch.setattr(storing, "File", Half)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.archive) == ("failed", "")
    assert storages["artifacts"].listdir(f"datasets/{study.pk}") == ([], [])


def test_archives_go_with_their_study(study: Study, owner: User, stimuli: list[Stimulus]) -> None:
    names = []
    for included in (True, False):
        job = ask(study, owner, pictures=included)
        run_dataset_job(job.pk)
        job.refresh_from_db()
        names.append(job.archive)
    # Of a worker that died before it could say so.
    names.append(storages["artifacts"].save(f"{names[0]}.left", ContentFile(b"PK")))
    delete_study(study=study, actor=owner, confirm=study.slug)
    assert not any(storages["artifacts"].exists(name) for name in names)
    assert not DatasetRelease.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": " "}, "title"),
        ({"creators": [""]}, "creator"),
        ({"answers": {"dataColour": "blue"}}, "dataColour"),
        ({"description": "x" * 5001}, "too long"),
    ],
)
def test_what_is_said_of_it_is_checked(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        described({**SAID, **change})
