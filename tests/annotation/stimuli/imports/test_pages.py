"""The import page, through Django's client."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.models import ImportJob, Stimulus, Study
from annotation.stimuli.tasks import run_import
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip
from workbench.accounts.models import User
from workbench.core.jobs.heartbeats import say_alive

pytestmark = pytest.mark.usefixtures("sent")

HTMX = {"HX-Request": "true"}


@pytest.fixture
def form_page(study: Study) -> str:
    return reverse("study-import", args=[study.slug])


def _upload(folder: Path, **fields: Any) -> dict[str, Any]:
    archive = write_zip(folder / "i.zip", {f"{number}.png": picture(number) for number in range(4)})
    return {
        "manifest": SimpleUploadedFile("m.csv", (folder / "manifest.csv").read_bytes()),
        "images": SimpleUploadedFile("i.zip", archive.read_bytes()),
        "purpose": "main",
        "mos_minimum": "0",
        "mos_scale": "1",
        "direction": "higher",
        "score_kind": "other",
        **fields,
    }


def test_the_page_shows_the_form_to_the_owner(client: Client, owner: User, form_page: str) -> None:
    client.force_login(owner)

    response = client.get(form_page)

    assert response.status_code == 200
    assert b'type="file"' in response.content
    assert b"Check and import" in response.content


def test_a_lab_administrator_may_import_too(
    client: Client, administrator: User, form_page: str
) -> None:
    client.force_login(administrator)

    assert client.get(form_page).status_code == 200


def test_an_outsider_is_told_that_the_study_does_not_exist(
    client: Client, outsider: User, study: Study, form_page: str, folder: Path
) -> None:
    client.force_login(outsider)
    job = ImportJob.objects.create(study=study, manifest="x")

    assert client.get(form_page).status_code == 404
    assert client.post(form_page, _upload(folder)).status_code == 404
    assert client.get(reverse("study-import-job", args=[study.slug, job.pk])).status_code == 404


def test_a_stranger_is_sent_to_the_login(client: Client, form_page: str) -> None:
    response = client.get(form_page)

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_an_upload_becomes_a_job_whose_page_shows_its_outcome(
    client: Client, owner: User, study: Study, form_page: str, folder: Path
) -> None:
    client.force_login(owner)

    response = client.post(form_page, _upload(folder))

    job = ImportJob.objects.get()
    address = reverse("study-import-job", args=[study.slug, job.pk])
    assert (response.status_code, response["Location"]) == (302, address)
    waiting = client.get(address).content
    assert b'hx-trigger="every 1s"' in waiting
    assert b"Waiting for a worker" in waiting
    assert b"No worker is running: none has ever been seen." in waiting
    say_alive("celery@here", "worker", ["model"])
    assert b"No worker" in client.get(address, headers=HTMX).content
    say_alive("celery@there", "worker", ["default"])
    assert b"No worker" not in client.get(address, headers=HTMX).content

    run_import(job.pk)

    done = client.get(address, headers=HTMX).content
    assert b"hx-trigger" not in done
    assert b"<html" not in done
    assert Stimulus.objects.filter(study=study).count() == 4
    assert b"m.csv" in client.get(form_page).content


def test_progress_is_counted_on_the_page(
    client: Client, owner: User, study: Study, form_page: str, folder: Path
) -> None:
    client.force_login(owner)
    client.post(form_page, _upload(folder))
    ImportJob.objects.update(progress_total=40, progress_done=10)

    content = client.get(
        reverse("study-import-job", args=[study.slug, ImportJob.objects.get().pk]), headers=HTMX
    ).content

    assert b'max="40" value="10"' in content
    assert b"10 of 40 rows checked" in content


def test_bad_rows_are_listed_with_line_and_fix(
    client: Client, owner: User, study: Study, form_page: str, folder: Path
) -> None:
    client.force_login(owner)
    write_manifest(
        folder / "manifest.csv", [row(0), row(1, filename="<b>.png"), row(2, generator="")]
    )
    client.post(form_page, _upload(folder))
    job = ImportJob.objects.get()
    run_import(job.pk)

    content = client.get(reverse("study-import-job", args=[study.slug, job.pk])).content.decode()

    assert "1 of 3 rows can be imported" in content
    assert "image &quot;&lt;b&gt;.png&quot; not found in the archive" in content
    assert "add it, or delete the row" in content
    assert "generator is empty" in content
    assert '<td class="number">3</td><td class="number">4</td>' in content


def test_a_manifest_with_a_missing_column_is_refused_with_the_fix(
    client: Client, owner: User, study: Study, form_page: str, folder: Path
) -> None:
    client.force_login(owner)
    (folder / "manifest.csv").write_text("filename,text,generator\n0.png,x,G\n")
    client.post(form_page, _upload(folder))
    job = ImportJob.objects.get()
    run_import(job.pk)

    content = client.get(reverse("study-import-job", args=[study.slug, job.pk])).content.decode()

    assert "m.csv has no column &quot;prompt&quot;" in content
    assert "name the columns filename, prompt, generator in the first line" in content


def test_images_are_needed_unless_labels_are_wanted(
    client: Client, owner: User, form_page: str, folder: Path
) -> None:
    client.force_login(owner)
    upload = _upload(folder)
    del upload["images"]

    assert b"Add the ZIP of the images" in client.post(form_page, upload).content
    assert not ImportJob.objects.exists()

    upload["manifest"].seek(0)
    assert client.post(form_page, {**upload, "labels_only": "on"}).status_code == 302
    assert ImportJob.objects.get().labels_only


def test_a_scale_needs_two_ends(client: Client, owner: User, form_page: str, folder: Path) -> None:
    client.force_login(owner)
    page = client.post(form_page, _upload(folder, mos_minimum="5")).content.decode()
    assert "The highest score must be above the lowest." in page
    assert not ImportJob.objects.exists()
    client.post(form_page, _upload(folder, mos_minimum="1", mos_scale="5", direction="lower"))
    job = ImportJob.objects.get()
    assert job.mapping["scores"][0]["mos_range"] == [1, 5]
    assert job.mapping["scores"][0]["lower_better"]


def test_a_second_import_while_one_is_in_progress_is_refused(
    client: Client, owner: User, form_page: str, folder: Path
) -> None:
    client.force_login(owner)
    client.post(form_page, _upload(folder))

    response = client.post(form_page, _upload(folder), headers=HTMX)

    assert b"is in progress; wait until it is done" in response.content
    assert ImportJob.objects.count() == 1


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(
    client: Client, owner: User, form_page: str, folder: Path, settings: Any
) -> None:
    client.force_login(owner)
    settings.IMPORT_UPLOAD_BYTES = 1000

    response = client.post(form_page, _upload(folder))

    assert response.status_code == 413
    assert "Together the files are larger than 1000\xa0bytes" in response.content.decode()
    assert not ImportJob.objects.exists()


def test_htmx_is_sent_on_by_a_header(
    client: Client, owner: User, study: Study, form_page: str, folder: Path
) -> None:
    client.force_login(owner)

    response = client.post(form_page, _upload(folder), headers=HTMX)

    job = ImportJob.objects.get()
    assert response["HX-Redirect"] == reverse("study-import-job", args=[study.slug, job.pk])


def test_an_upload_without_the_csrf_token_is_refused(
    owner: User, form_page: str, folder: Path
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)

    assert client.post(form_page, _upload(folder)).status_code == 403


def test_a_job_of_another_study_is_not_shown(
    client: Client, owner: User, study: Study, form_page: str, folder: Path
) -> None:
    from tests.factories import make_study

    client.force_login(owner)
    client.post(form_page, _upload(folder))
    other = make_study(owner, "other")

    address = reverse("study-import-job", args=[other.slug, ImportJob.objects.get().pk])

    assert client.get(address).status_code == 404
