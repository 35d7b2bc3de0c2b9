"""Imports that are cancelled, and those that are tried again with their files."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from annotation.models import AuditEntry, ImportJob, Stimulus, Study
from annotation.stimuli.imports import jobs
from annotation.stimuli.imports.again import (
    ImportOverError,
    NothingToRetryError,
    cancel_import,
    retry_import,
)
from annotation.stimuli.imports.service import ImportOptions
from annotation.stimuli.imports.starting import ImportActiveError, request_import
from annotation.stimuli.tasks import run_import, sweep_imports
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip
from workbench.accounts.models import User
from workbench.core.jobs import leases

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]

API = "/api/v1/studies/demo/imports/"


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def ask(study: Study, tmp_path: Path) -> Callable[..., ImportJob]:
    """An import of the rows, with four images."""

    def asking(rows: list[dict[str, Any]]) -> ImportJob:
        manifest = write_manifest(tmp_path / "manifest.csv", rows)
        members = {f"{number}.png": picture(number) for number in range(4)}
        archive = write_zip(tmp_path / "images.zip", members)
        with manifest.open("rb") as file, archive.open("rb") as images:
            return request_import(
                study=study,
                actor=study.owner,
                manifest=File(file, manifest.name),
                images=File(images, archive.name),
                partial=False,
                options=ImportOptions(),
            )

    return asking


def renamed(number: int) -> dict[str, str]:
    return {"file": f"{number}.png", "text": f"prompt {number}", "model": "one"}


def kept(job: ImportJob) -> bool:
    job.refresh_from_db()
    return bool(job.manifest) and storages["artifacts"].exists(job.manifest)


def count(study: Study) -> int:
    return Stimulus.objects.filter(study=study).count()


def test_the_good_rows_of_a_failed_import_go_in_without_sending_it_again(
    console: Client, study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([row(0), row(1), row(2, prompt="")])
    run_import(job.pk)
    assert kept(job)
    page = console.get(f"/studies/demo/import/{job.pk}/").content.decode()
    assert "Import the 2 good rows" in page

    answer = console.post(f"/studies/demo/import/{job.pk}/retry/", {"partial": "on"})

    new = ImportJob.objects.get(state="queued")
    assert answer["Location"] == f"/studies/demo/import/{new.pk}/"
    assert not kept(job), "the files are the new job's"
    run_import(new.pk)
    new.refresh_from_db()
    assert (new.state, new.imported, new.rejected) == ("succeeded", 2, 1)
    assert not kept(new)
    with pytest.raises(NothingToRetryError):
        retry_import(job=job, actor=None)


def test_columns_of_other_names_are_named_and_the_import_goes_on(
    console: Client, study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([renamed(number) for number in range(3)])
    run_import(job.pk)
    page = console.get(f"/studies/demo/import/{job.pk}/").content.decode()
    assert "its columns are file, text, model" in page
    assert 'name="column_prompt"' in page
    console.post(
        f"/studies/demo/import/{job.pk}/retry/",
        {"column_filename": "file", "column_prompt": "TEXT", "column_generator": "model"},
    )
    run_import(ImportJob.objects.get(state="queued").pk)
    assert sorted(Stimulus.objects.values_list("filename", "prompt__text", "generator__name")) == [
        (f"{number}.png", f"prompt {number}", "one") for number in range(3)
    ]


def test_what_is_the_same_for_all_rows_needs_no_column(
    console: Client, study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([{"filename": "0.png", "prompt": "a cat"}, {"filename": "1.png", "prompt": "a dog"}])
    run_import(job.pk)
    mapping = console.get(f"{API}{job.pk}/").json()["mapping"]
    body = {"mapping": {**mapping, "generator": {"value": "SDXL 1.0"}}}
    answer = console.post(f"{API}{job.pk}/retry/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["mapping"]) == (201, body["mapping"])
    run_import(answer.json()["id"])
    assert set(Stimulus.objects.values_list("generator__name", flat=True)) == {"SDXL 1.0"}


def test_what_is_no_column_is_refused(
    console: Client, ask: Callable[..., ImportJob], study: Study
) -> None:
    job = ask([renamed(0)])
    run_import(job.pk)
    for changed in ({"mos_quality": {"column": "x"}}, {"prompt": {"column": "x" * 301}}):
        body = {"mapping": {**job.mapping, **changed}}
        answer = console.post(f"{API}{job.pk}/retry/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "mapping_invalid")
    assert kept(job)


def test_only_one_import_at_a_time_is_tried_again(
    study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([renamed(0)])
    run_import(job.pk)
    ask([row(1)])
    with pytest.raises(ImportActiveError):
        retry_import(job=job, actor=None)
    assert kept(job)


def test_of_several_failures_the_latest_keeps_its_files_for_a_week(
    study: Study, ask: Callable[..., ImportJob]
) -> None:
    first = ask([renamed(0)])
    run_import(first.pk)
    second = ask([renamed(1)])
    run_import(second.pk)
    assert (kept(first), kept(second)) == (False, True)
    sweep_imports()
    assert kept(second)
    ImportJob.objects.update(finished_at=timezone.now() - timedelta(days=8))
    sweep_imports()
    assert not kept(second)


def test_an_import_that_waits_is_cancelled_with_its_files(
    console: Client, study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([row(0)])
    console.post(f"/studies/demo/import/{job.pk}/cancel/")
    job.refresh_from_db()
    assert (job.state, kept(job)) == ("cancelled", False)
    run_import(job.pk)
    assert count(study) == 0
    assert AuditEntry.objects.get().action == "import.cancelled"
    page = console.get(f"/studies/demo/import/{job.pk}/").content.decode()
    assert "Cancelled: nothing was imported" in page


def test_a_worker_finds_that_its_import_was_cancelled(
    study: Study, ask: Callable[..., ImportJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask([row(number) for number in range(4)])
    sign = jobs._SignOfLife.__call__

    def cancelled_meanwhile(self: Any, done: int, total: int) -> None:
        if done == 2:
            cancel_import(job=ImportJob.objects.get(pk=job.pk), actor=None)
        self._next = 0.0
        sign(self, done, total)

    monkeypatch.setattr(jobs._SignOfLife, "__call__", cancelled_meanwhile)
    run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, count(study), kept(job)) == ("cancelled", 0, False)


def test_a_cancellation_before_the_rows_are_kept_takes_them_back(
    study: Study, ask: Callable[..., ImportJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled in the very transaction that writes: its last word finds that."""
    job = ask([row(0)])
    written = jobs._SignOfLife.rows_are_written

    def cancelled_first(self: Any) -> None:
        leases.cancel(ImportJob, job.pk)
        written(self)

    monkeypatch.setattr(jobs._SignOfLife, "rows_are_written", cancelled_first)
    run_import(job.pk)
    job.refresh_from_db()
    # The cancellation went back with the rows, as it was of the same transaction.
    assert (job.state, count(study), kept(job)) == ("running", 0, True)


def test_rows_that_are_written_cannot_be_cancelled(
    console: Client, study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([row(0)])
    ImportJob.objects.filter(pk=job.pk).update(state="running", stage=leases.WRITTEN)
    with pytest.raises(ImportOverError):
        cancel_import(job=job, actor=None)
    answer = console.post(f"{API}{job.pk}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "import_over")


def test_after_a_success_the_page_leads_on(
    console: Client, study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([row(0)])
    run_import(job.pk)
    page = console.get(f"/studies/demo/import/{job.pk}/").content.decode()
    assert "Look at the images" in page
    assert "Next step: Invite raters" in page


def test_the_list_of_imports_follows_one_that_is_under_way(
    console: Client, study: Study, ask: Callable[..., ImportJob]
) -> None:
    job = ask([row(0)])
    ImportJob.objects.update(state="running", progress_done=3, progress_total=9)
    page = console.get("/studies/demo/import/").content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "3/9" in page
    ImportJob.objects.update(state="failed")
    assert 'hx-trigger="every 2s"' not in console.get("/studies/demo/import/").content.decode()
    (found,) = console.get(API).json()["results"]
    assert (found["id"], found["state"], found["files_kept"]) == (job.pk, "failed", True)
    assert console.get(f"{API}{job.pk}/").json() == found


def test_the_command_names_columns_too(study: Study, tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture(0))
    manifest = write_manifest(tmp_path / "m.csv", [{"file": "0.png", "text": "a cat"}])
    call_command(
        "import_stimuli",
        "demo",
        str(manifest),
        *("--column", "filename=file", "--column", "prompt=text", "--constant", "generator=one"),
        stdout=StringIO(),
        stderr=StringIO(),
    )
    assert Stimulus.objects.get().prompt.text == "a cat"
    with pytest.raises(CommandError, match="write COLUMN=NAME"):
        call_command("import_stimuli", "demo", str(manifest), "--column", "prompt")
    with pytest.raises(CommandError, match="no column of a manifest"):
        call_command("import_stimuli", "demo", str(manifest), "--constant", "filename=x")
