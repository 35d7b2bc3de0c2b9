"""A dataset release from its request to its archive."""

import csv
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.db import IntegrityError, InternalError, transaction

from annotation.models import DatasetRelease, Stimulus, Study
from annotation.opinion.dataset.asking import (
    DatasetActiveError,
    ask_for_dataset,
    described,
)
from annotation.opinion.dataset.building import DatasetError
from annotation.opinion.dataset.jobs import run_dataset_job
from annotation.opinion.releases import make_release
from tests.annotation.opinion.export.rated import rate
from tests.annotation.opinion.export.reading import means_and_mos
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

from .made_up import picture

pytestmark = pytest.mark.django_db(transaction=True)
SAID = {"title": "Foxes", "licence": "CC-BY-4.0", "creators": ["Doe, Jane"]}


@pytest.fixture
def stimuli(study: Study) -> list[Stimulus]:
    """Three rated images, the last of which is held out, with pictures, in a kept release."""
    found = make_stimuli(study, 3)
    for number, stimulus in enumerate(found):
        data = picture(number)
        name = default_storage.save(f"test/{number}.png", ContentFile(data))
        split = "holdout" if number == 2 else "pool"
        values = {"image": name, "sha256": hashlib.sha256(data).hexdigest(), "split": split}
        Stimulus.objects.filter(pk=stimulus.pk).update(**values, width=8, height=8)
        for rater in ("one", "two"):
            rate(make_rater(study, code=f"{rater}{number}"), stimulus, {"quality": 2 + number})
    make_release(study, name="first", method="mos")
    return found


def ask(study: Study, owner: User, **fields: Any) -> DatasetRelease:
    number = study.opinion_releases.get(name="first").number
    asked = {"number": number, "said": described(SAID), "pictures": True, **fields}
    return ask_for_dataset(study=study, actor=owner, **asked)


def test_an_archive_has_rows_that_agree_pictures_and_hashes(
    study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    job = ask(study, owner)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.progress_done) == ("succeeded", "", 3)
    with storages["artifacts"].open(job.archive) as file:
        data = file.read()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (job.size, job.archive_sha256)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = {
            name.removeprefix("demo-1.0.0/"): archive.read(name) for name in archive.namelist()
        }
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
    default_storage.delete(Stimulus.objects.get(pk=stimuli[0].pk).image.name)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "is gone" in job.error


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
