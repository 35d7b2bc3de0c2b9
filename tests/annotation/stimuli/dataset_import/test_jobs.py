"""Studies of dataset releases by page and API, in the background: all of it, or nothing."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from annotation.models import DatasetImport, Stimulus, Study
from annotation.stimuli.dataset_import.jobs import run_dataset_import, sweep_dataset_imports
from annotation.stimuli.dataset_import.service import _Writing
from annotation.stimuli.imports.store import ImportStore
from tests.annotation.stimuli.files import write_zip
from tests.conftest import Sent
from workbench.accounts.models import User
from workbench.core.jobs import leases

from .conftest import data_of, files_of, released

pytestmark = pytest.mark.django_db(transaction=True)
NEW, API = "/studies/from-dataset/", "/api/v1/dataset-imports/"


def _file(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes(), "application/zip")


def _pictures(archive: Path, to: Path, leave_out: int = 0) -> Path:
    """A ZIP of an archive's pictures under other names, without some of those that count."""
    found = [(path, data) for path, data in files_of(archive).items() if path.endswith(".png")]
    found.sort(key=lambda one: one[0].startswith("practice"))
    return write_zip(to, {f"x/{n}.png": data for n, (_path, data) in enumerate(found[leave_out:])})


def _done(answer: Any) -> DatasetImport:
    assert answer.status_code in (202, 302), answer.content.decode()
    job = DatasetImport.objects.get(state="queued")
    run_dataset_import(job.pk)
    job.refresh_from_db()
    return job


@pytest.fixture(autouse=True)
def _nothing_uploaded() -> None:
    """Tests before these ask for imports that no worker runs."""
    shutil.rmtree(storages["artifacts"].path("imports"), ignore_errors=True)


def _uploads() -> list[str]:
    root = Path(storages["artifacts"].path("imports"))
    return [str(path) for path in root.rglob("*") if path.is_file()]


def test_an_archive_becomes_a_study_by_page_and_by_api(
    archive: Path, study: Study, owner: User, client: Client, sent: Sent
) -> None:
    client.force_login(owner)
    job = _done(client.post(NEW, {"archive": _file(archive)}))
    assert (job.state, job.error) == ("succeeded", "")
    counted = (job.number_of_images, job.without_file, job.raters, job.ratings)
    assert counted == (5, 1, 3, 12)
    assert job.data_sha256 == data_of(archive)
    assert job.study is not None
    assert (job.study.status, job.study.slug) == ("closed", "demo-2")
    shown = client.get(job.get_absolute_url()).content.decode()
    assert job.data_sha256 in shown
    assert 'href="/studies/demo-2/"' in shown

    answer = client.post(API, {"archive": _file(archive), "slug": "by-api"})
    assert answer.headers["Location"].endswith(f"{API}{answer.json()['id']}/")
    job = _done(answer)
    found = client.get(answer.headers["Location"]).json()
    assert (found["state"], found["study"], found["ratings"]) == ("succeeded", "by-api", 12)
    assert [item["study"] for item in client.get(API).json()["results"]] == ["by-api", "demo-2"]
    taken = client.post(NEW, {"archive": _file(archive), "slug": "by-api"}).content.decode()
    assert "There is a study of this short name" in taken
    assert _uploads() == []
    # And it goes with its study.
    shutil.rmtree(default_storage.path(f"studies/{job.study_id}"))
    client.post("/studies/by-api/delete/", {"confirm": "by-api"})
    assert not DatasetImport.objects.filter(pk=job.pk).exists()


def test_pictures_that_are_not_in_the_archive_are_known_by_their_hashes(
    archive: Path, study: Study, owner: User, client: Client, tmp_path: Path, sent: Sent
) -> None:
    client.force_login(owner)
    study.datasets.filter(state="succeeded").first()
    bare = released(study, owner, name="second", pictures=False)
    assert not any(path.endswith(".png") for path in files_of(bare))
    files = set(Path(default_storage.path("")).rglob("*.*"))
    job = _done(client.post(NEW, {"archive": _file(bare)}))
    assert job.state == "failed"
    assert "give its 3 pictures as well, as a ZIP or a folder" in job.error
    some = _pictures(archive, tmp_path / "some.zip", leave_out=1)
    job = _done(client.post(NEW, {"archive": _file(bare), "images": _file(some)}))
    assert "Of the 3 pictures of the dataset release 1 are not among those" in job.error
    assert ".png” (SHA-256 " in job.error
    assert not Study.objects.exclude(pk=study.pk).exists()
    assert set(Path(default_storage.path("")).rglob("*.*")) == files
    assert _uploads() == []

    every = _pictures(archive, tmp_path / "every.zip")
    job = _done(client.post(API, {"archive": _file(bare), "images": _file(every)}))
    assert (job.state, job.data_sha256) == ("succeeded", data_of(archive)), job.error
    images = Stimulus.objects.filter(study=job.study)
    assert sorted(images.values_list("sha256", flat=True)) == sorted(
        "" if state == "excluded" else sha256
        for sha256, state in Stimulus.objects.filter(study=study).values_list("sha256", "state")
    )


def test_one_that_is_cancelled_or_killed_leaves_nothing(
    archive: Path,
    study: Study,
    owner: User,
    outsider: User,
    client: Client,
    sent: Sent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.force_login(owner)
    files = set(Path(default_storage.path("")).rglob("*.*"))
    client.post(API, {"archive": _file(archive)})
    job = DatasetImport.objects.get()
    again = client.post(API, {"archive": _file(archive)})
    assert (again.status_code, again.json()["code"]) == (409, "import_active")
    assert b"under way; wait" in client.post(NEW, {"archive": _file(archive)}).content
    write = _Writing.write

    def cancelled_meanwhile(self: _Writing) -> Any:
        made = write(self)
        # Somebody else's connection sees how far it is, though nothing is committed.
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_isolation')")
        assert leases.cancel(DatasetImport, job.pk)
        return made

    monkeypatch.setattr(_Writing, "write", cancelled_meanwhile)
    run_dataset_import(job.pk)
    monkeypatch.undo()
    assert not Study.objects.exclude(pk=study.pk).exists()
    assert set(Path(default_storage.path("")).rglob("*.*")) == files

    # One whose worker was killed with files written: the next try deletes them, and makes it.
    DatasetImport.objects.update(state="running", begun=10**6, lease_expires_at=job.created_at)
    with ImportStore(Study(pk=10**6)) as store:
        default_storage.save(f"studies/{10**6}/images/aa/aa.png", ContentFile(b"x"))
        store.keep()
    default_storage.save(f"studies/{10**6}/importing", ContentFile(b"x"))
    sweep_dataset_imports()
    run_dataset_import(job.pk)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    assert not default_storage.exists(f"studies/{10**6}/images/aa/aa.png")

    address = f"{API}{job.pk}/cancel/"
    assert client.post(address).json()["code"] == "import_over"
    client.force_login(outsider)
    assert client.get(f"{API}{job.pk}/").status_code == 404
    assert client.get(job.get_absolute_url()).status_code == 404
    assert client.get(API).json()["results"] == []


def test_a_file_that_is_no_dataset_release_is_named(
    owner: User, client: Client, sent: Sent, settings: Any
) -> None:
    client.force_login(owner)
    answer = client.post(NEW, {"archive": SimpleUploadedFile("x.zip", b"PK nothing")})
    job = _done(answer)
    assert (job.state, job.study) == ("failed", None)
    assert "The file is no dataset release" in client.get(job.get_absolute_url()).content.decode()
    waiting = client.post(API, {"archive": SimpleUploadedFile("x.zip", b"PK nothing")}).json()
    assert client.post(f"{API}{waiting['id']}/cancel/").json()["state"] == "cancelled"
    assert _uploads() == []
    settings.IMPORT_UPLOAD_BYTES = 100
    large = SimpleUploadedFile("x.zip", bytes(200))
    assert client.post(NEW, {"archive": large}).status_code == 413
    assert client.post(API, {"archive": large}).json()["code"] == "too_large"
