"""Imports asked for by API: files and choices in a form, a job in the answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import ImportJob, Stimulus, Study
from annotation.stimuli.tasks import run_import
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip
from workbench.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]

API = "/api/v1/studies/demo/imports/"
RENAMED = {
    "version": 1,
    "source": "mine",
    "name": {"column": "file"},
    "prompt": {"column": "text"},
    "generator": {"value": "SDXL 1.0"},
}


@pytest.fixture
def send(study: Study, owner: User, tmp_path: Path) -> Callable[..., Any]:
    """Two images, with a manifest if there are rows."""
    client = APIClient()
    client.force_authenticate(owner)
    archive = write_zip(tmp_path / "images.zip", {f"{n}.png": picture(n) for n in range(2)})

    def sending(rows: list[dict[str, Any]] | None, *, images: bool = True, **fields: Any) -> Any:
        files: dict[str, Any] = {}
        if images:
            files["images"] = archive.open("rb")
        if rows:
            files["manifest"] = write_manifest(tmp_path / "manifest.csv", rows).open("rb")
        try:
            return client.post(API, {**fields, **files}, format="multipart")
        finally:
            for file in files.values():
                file.close()

    return sending


def done(answer: Any) -> ImportJob:
    assert answer.status_code == 202, answer.content
    job = ImportJob.objects.get(pk=answer.json()["id"])
    assert answer.headers["Location"] == f"http://testserver{API}{job.pk}/"
    run_import(job.pk)
    job.refresh_from_db()
    return job


def test_a_manifest_with_its_images_is_imported(send: Callable[..., Any]) -> None:
    answer = send([row(0), row(1)])
    assert answer.json()["state"] == "queued"
    assert (done(answer).state, Stimulus.objects.count()) == ("succeeded", 2)


def test_a_mapping_is_given_as_a_document(send: Callable[..., Any]) -> None:
    rows = [{"file": f"{n}.png", "text": f"a {n}"} for n in range(2)]
    done(send(rows, mapping=json.dumps(RENAMED), purpose="practice"))
    assert set(Stimulus.objects.values_list("prompt__text", "generator__name", "purpose")) == {
        ("a 0", "SDXL 1.0", "practice"),
        ("a 1", "SDXL 1.0", "practice"),
    }


def test_images_alone_take_what_is_said_of_all(send: Callable[..., Any]) -> None:
    job = done(send(None, constants='{"prompt": "a cat", "generator": "SDXL 1.0"}'))
    assert job.state == "succeeded", job.refusal
    assert set(Stimulus.objects.values_list("prompt__text", flat=True)) == {"a cat"}


def test_a_dry_run_keeps_nothing_and_says_what_it_would_do(send: Callable[..., Any]) -> None:
    job = done(send([row(0), row(1)], mapping="suggested"))
    assert (job.dry_run, job.state, len(job.preview)) == (True, "succeeded", 2)
    assert not Stimulus.objects.exists()


@pytest.mark.parametrize(
    ("rows", "fields", "code", "says"),
    [
        (None, {"images": False}, "rule", "Add a ZIP of images, a manifest, or both."),
        ([row(0)], {"images": False}, "rule", "choose to keep rows as labels"),
        ([row(0)], {"constants": '{"prompt": "x"}'}, "rule", "Only for images without"),
        (None, {"constants": "{"}, "rule", "JSON parse error"),
        (None, {"constants": "[1]"}, "rule", "Expected a dictionary"),
        (None, {"constants": '{"seed": "1"}'}, "mapping_invalid", "no column of a manifest"),
        (None, {"purpose": "fun"}, "invalid", "is not a valid choice"),
        (None, {"beauty": "1"}, "invalid", "There is no such field."),
        ([row(0)], {"mapping": "nothing"}, "mapping_invalid", "nothing"),
        ([row(0)], {"mapping": '{"version": 1}'}, "mapping_invalid", "source"),
        ([row(0)], {"mapping": "{" * 99}, "mapping_invalid", "a JSON object"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_kept(
    send: Callable[..., Any], rows: Any, fields: dict[str, Any], code: str, says: str
) -> None:
    answer = send(rows, **fields)
    assert answer.status_code == 400
    assert (answer.json()["code"], says in str(answer.json())) == (code, True)
    assert not ImportJob.objects.exists()


def test_only_one_import_at_a_time_is_taken(send: Callable[..., Any]) -> None:
    send([row(0)])
    answer = send([row(1)])
    assert (answer.status_code, answer.json()["code"]) == (409, "import_active")
    assert ImportJob.objects.count() == 1


def test_too_large_an_upload_is_refused_before_it_is_read(
    client: Client, study: Study, owner: User, settings: Any
) -> None:
    """Also of somebody who is signed in by a browser, whose CSRF token may be in the body."""
    settings.IMPORT_UPLOAD_BYTES = 100
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    answer = browser.post(API, {"mapping": "x" * 200})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
