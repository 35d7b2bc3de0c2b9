"""What an import says of all rows together: on its page, in the API, next to the form."""

from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import ImportJob, Study
from annotation.stimuli.imports.jobs import run_import_job
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip
from tests.factories import make_study
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(owner: User) -> Study:
    return make_study(owner, holdout_share=0.2)


@pytest.fixture
def job(study: Study, console: Client, tmp_path: Path) -> ImportJob:
    """Of ten images of one prompt in two spellings, and one that is absent."""
    rows = [{**row(n), "prompt": "A cat." if n % 2 else "a cat"} for n in range(11)]
    manifest = write_manifest(tmp_path / "m.csv", rows)
    images = write_zip(tmp_path / "i.zip", {f"{n}.png": picture(n) for n in range(10)})
    with manifest.open("rb") as table, images.open("rb") as archive:
        console.post(
            f"/studies/{study.slug}/import/",
            {
                "manifest": table,
                "images": archive,
                "purpose": "main",
                "mos_minimum": 0,
                "mos_scale": 1,
                "direction": "higher",
                "score_kind": "other",
                "partial": "on",
            },
        )
    job = study.import_jobs.get()
    run_import_job(job_id=job.pk)
    job.refresh_from_db()
    return job


SAID = (
    "Hold-out: 2 of 10 new images were held out one by one",
    "Prompts: 2 texts are 1 prompts.",
    "The study has only one prompt",
)


def test_the_page_of_an_import_says_what_it_held_out(
    study: Study, console: Client, job: ImportJob
) -> None:
    page = console.get(f"/studies/{study.slug}/import/{job.pk}/").content.decode()

    assert all(start in page for start in SAID)


def test_the_form_and_the_overview_show_both_sides(
    study: Study, console: Client, job: ImportJob
) -> None:
    for address in ("import", "holdout"):
        page = console.get(f"/studies/{study.slug}/{address}/").content.decode()
        assert "Prompts on both sides" in page
        assert "<dt>Images held out</dt><dd>2</dd>" in page
        assert "The study has only one prompt" in page


def test_a_study_without_images_has_no_hold_out_to_show(study: Study, console: Client) -> None:
    assert "holdout-title" not in console.get(f"/studies/{study.slug}/import/").content.decode()


def test_the_api_gives_the_same(study: Study, owner: User, job: ImportJob) -> None:
    api = APIClient()
    api.force_authenticate(owner)

    (listed,) = api.get(f"/api/v1/studies/{study.slug}/imports/").json()["results"]

    assert listed == api.get(f"/api/v1/studies/{study.slug}/imports/{job.pk}/").json()
    assert (listed["state"], listed["imported"], listed["rejected"]) == ("succeeded", 10, 1)
    assert all(any(line.startswith(start) for line in listed["remarks"]) for start in SAID)
    (rejected,) = listed["rejected_rows"]
    assert rejected["row"] == 11
    assert rejected["problem"] == 'image "10.png" not found in the archive'
    assert "delete the row" in rejected["fix"]
    assert listed["refusal"] == ""


def test_the_api_says_why_nothing_was_imported(study: Study, owner: User) -> None:
    refusal = {"template": "%(name)s is empty", "fix": "fill it", "params": {"name": "m.csv"}}
    job = ImportJob.objects.create(
        study=study, manifest_name="m.csv", state="failed", refusal=refusal
    )
    api = APIClient()
    api.force_authenticate(owner)

    found = api.get(f"/api/v1/studies/{study.slug}/imports/{job.pk}/").json()

    assert found["refusal"] == "m.csv is empty; fill it"
    assert api.get(f"/api/v1/studies/{study.slug}/imports/{job.pk + 1}/").status_code == 404
