"""Console imports as jobs: who may run one, what a lost worker or queue does to it."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueError

from annotation.models import ImportJob, OpinionRelease, Stimulus, Study
from annotation.stimuli.imports import jobs as import_jobs
from annotation.stimuli.imports import service as importing
from annotation.stimuli.imports import staging
from annotation.stimuli.imports.service import ImportOptions
from annotation.stimuli.imports.starting import (
    ImportActiveError,
    request_import,
)
from annotation.stimuli.imports.store import study_lock
from annotation.stimuli.tasks import run_import, sweep_imports
from tests.annotation.stimuli.files import picture, row, scored, write_manifest, write_zip
from tests.conftest import SEND_TASK, Sent
from workbench.accounts.models import User
from workbench.core.jobs import leases
from workbench.core.uploads import UploadNotKeptError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_zip(
        tmp_path / "images.zip", {f"{number}.png": picture(number) for number in range(4)}
    )


def _request(study: Study, manifest: Path, archive: Path | None, **fields: Any) -> ImportJob:
    partial = fields.pop("partial", False)

    @contextmanager
    def opened() -> "Iterator[File[bytes] | None]":
        if archive is None:
            yield None
            return
        with archive.open("rb") as file:
            yield File(file, archive.name)

    with manifest.open("rb") as file, opened() as images:
        return request_import(
            study=study,
            actor=study.owner,
            manifest=File(file, manifest.name),
            images=images,
            partial=partial,
            options=ImportOptions(**fields),
        )


@pytest.fixture
def sweep(django_capture_on_commit_callbacks: Any) -> Callable[[], None]:
    """A sweep whose messages go out, as at the end of its transaction."""

    def run() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            sweep_imports()

    return run


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileSystemStorage:
    """The storage of uploads, empty."""
    storage = FileSystemStorage(tmp_path / "artifacts")
    monkeypatch.setattr(staging, "storages", {"artifacts": storage})
    return storage


def _staged(job: ImportJob) -> list[bool]:
    """Of those that the job still knows of."""
    names = (job.manifest.rpartition("/")[0], job.manifest, job.images)
    return [storages["artifacts"].exists(name) for name in names if name]


def test_a_job_is_sent_when_its_row_is_committed_and_imports(
    study: Study,
    folder: Path,
    archive: Path,
    sent: Sent,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = _request(study, folder / "manifest.csv", archive)
    assert sent == [(run_import.name, (job.pk,))]
    assert _staged(job) == [True] * 3

    run_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.imported) == ("succeeded", 4)
    assert (job.progress_done, job.progress_total) == (4, 4)
    assert (job.manifest_name, job.images_name) == ("manifest.csv", "images.zip")
    assert job.finished_at is not None
    assert Stimulus.objects.filter(study=study).count() == 4
    assert not any(_staged(job))


def test_a_job_that_ran_is_not_run_again(study: Study, folder: Path, archive: Path) -> None:
    job = _request(study, folder / "manifest.csv", archive)

    run_import(job.pk)
    run_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.imported, job.fence) == ("succeeded", 4, 1)


def test_bad_rows_are_kept_with_their_lines_and_fixes(
    study: Study, folder: Path, archive: Path
) -> None:
    manifest = write_manifest(folder / "manifest.csv", [row(0), row(1, filename="gone.png")])
    job = _request(study, manifest, archive)

    run_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.imported, job.rejected) == ("failed", 0, 1)
    (kept,) = job.rejected_rows
    assert (kept["row"], kept["line"], kept["filename"]) == (2, 3, "gone.png")
    assert kept["fix"] == "add it, or delete the row; there are %(some)s"
    assert "0.png" in kept["params"]["some"]


def test_the_good_rows_are_imported_if_that_was_chosen(
    study: Study, folder: Path, archive: Path
) -> None:
    manifest = write_manifest(folder / "manifest.csv", [row(0), row(1, filename="gone.png")])
    job = _request(study, manifest, archive, partial=True, purpose="gold")

    run_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.imported, job.rejected) == ("succeeded", 1, 1)
    assert Stimulus.objects.get().purpose == "gold"


def test_labels_need_no_archive(study: Study, folder: Path) -> None:
    manifest = write_manifest(folder / "manifest.csv", [row(0, mos_quality=50)])
    job = _request(
        study,
        manifest,
        None,
        labels_only=True,
        mapping=scored(1, 100, "lower", "dmos"),
    )

    run_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.imported, len(job.notes)) == ("succeeded", 1, 1)
    release = OpinionRelease.objects.get()
    assert (release.minimum, release.maximum) == (1, 100)
    assert (release.direction, release.score_kind) == ("lower", "dmos")


def test_a_manifest_that_cannot_be_read_is_refused_by_its_own_name(
    study: Study, folder: Path, archive: Path
) -> None:
    (folder / "my rows.csv").write_text("filename,text,generator\n")
    job = _request(study, folder / "my rows.csv", archive)

    run_import(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert job.refusal["params"]["name"] == "my_rows.csv"
    assert 'has no column "%(column)s"' in job.refusal["template"]


def test_one_import_at_a_time(study: Study, folder: Path, archive: Path) -> None:
    _request(study, folder / "manifest.csv", archive)

    with pytest.raises(ImportActiveError, match="is in progress"):
        _request(study, folder / "manifest.csv", archive)

    assert ImportJob.objects.count() == 1


def test_a_full_disk_keeps_nothing_of_an_upload_and_says_so(
    study: Study,
    folder: Path,
    archive: Path,
    artifacts: FileSystemStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save = FileSystemStorage.save

    def half(self: FileSystemStorage, name: str, content: "File[bytes]") -> str:
        """The archive is cut off when the disk is full."""
        if not name.endswith(".zip"):
            return save(self, name, content)
        save(self, name, ContentFile(b"PK half an archive"))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", half)
    with pytest.raises(UploadNotKeptError, match=r"No space left on device.*to free some space"):
        _request(study, folder / "manifest.csv", archive)
    assert not ImportJob.objects.exists()
    assert artifacts.listdir("imports") == ([], [])


def test_a_queue_that_is_away_leaves_the_job_to_the_sweeper(
    study: Study,
    folder: Path,
    archive: Path,
    sent: Sent,
    sweep: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def refuse(task: str, args: tuple[int, ...]) -> None:
        raise QueueError("connection refused")

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(SEND_TASK, refuse)
        job = _request(study, folder / "manifest.csv", archive)
        # The callbacks run when this block is left, before the patch is undone.
    sweep()
    assert sent == []

    ImportJob.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    sweep()

    assert sent == [(run_import.name, (job.pk,))]


def _die(study: Study, manifest: Path, archive: Path, attempts: int) -> ImportJob:
    """A job whose worker took it and was never heard of again."""
    job = _request(study, manifest, archive)
    ImportJob.objects.filter(pk=job.pk).update(
        state="running", attempts=attempts, lease_expires_at=timezone.now() - timedelta(minutes=1)
    )
    return job


def test_a_dead_worker_s_job_is_run_by_another(
    study: Study, folder: Path, archive: Path, sent: Sent, sweep: Callable[[], None]
) -> None:
    job = _die(study, folder / "manifest.csv", archive, attempts=1)

    sweep()
    assert sent == [(run_import.name, (job.pk,))]
    run_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.imported, job.fence) == ("succeeded", 4, 2)


def test_a_job_that_kills_every_worker_is_given_up(
    study: Study, folder: Path, archive: Path, sent: Sent, sweep: Callable[[], None]
) -> None:
    job = _die(study, folder / "manifest.csv", archive, attempts=leases.MAX_ATTEMPTS)

    sweep()

    job.refresh_from_db()
    assert (job.state, sent) == ("failed", [])
    assert "was interrupted" in job.refusal["template"]
    assert _staged(job) == [True] * 3, "it can be tried again"


def test_a_living_worker_s_job_is_left_alone(
    study: Study, folder: Path, archive: Path, sent: Sent, sweep: Callable[[], None]
) -> None:
    job = _die(study, folder / "manifest.csv", archive, attempts=1)
    ImportJob.objects.update(lease_expires_at=timezone.now() + timedelta(minutes=1))

    sweep()

    job.refresh_from_db()
    assert (job.state, sent) == ("running", [])


def test_a_worker_that_lost_its_job_writes_nothing(
    study: Study, folder: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _request(study, folder / "manifest.csv", archive)
    whole = importing.import_manifest

    def overtaken(**arguments: Any) -> object:
        ImportJob.objects.filter(pk=job.pk).update(fence=7)
        return whole(**arguments)

    monkeypatch.setattr(import_jobs, "import_manifest", overtaken)

    run_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.fence) == ("running", 7)
    assert not Stimulus.objects.exists()


def test_an_error_of_our_own_ends_the_job_and_is_raised(
    study: Study, folder: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _request(study, folder / "manifest.csv", archive)

    def fail(**arguments: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(import_jobs, "import_manifest", fail)

    with pytest.raises(ZeroDivisionError):
        run_import(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"


@pytest.mark.django_db(transaction=True)
def test_a_job_waits_for_a_command_that_imports_into_the_same_study(
    study: Study, folder: Path, archive: Path
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    job = _request(study, folder / "manifest.csv", archive)

    def in_another_process() -> None:
        run_import(job.pk)
        connection.close()

    with study_lock(study), ThreadPoolExecutor(1) as other:
        other.submit(in_another_process).result()
    job.refresh_from_db()
    assert job.state == "queued"
    run_import(job.pk)
    job.refresh_from_db()
    assert job.state == "succeeded"


def test_the_tasks_are_known_to_the_worker_under_the_names_that_beat_sends(
    settings: Any, owner: User
) -> None:
    from workbench.celery import app

    app.loader.import_default_modules()

    assert "annotation.stimuli.tasks.run_import" in app.tasks
    assert settings.CELERY_BEAT_SCHEDULE["sweep-imports"]["task"] in app.tasks
