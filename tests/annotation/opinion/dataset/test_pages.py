"""The page of dataset releases."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import DatasetRelease, Stimulus, Study
from annotation.models.membership import MemberRole
from annotation.opinion.dataset.jobs import run_dataset_job
from annotation.opinion.dataset.rai import ASKED
from tests.factories import make_member, make_user
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db
ADDRESS = "/studies/demo/datasets/"


def said(study: Study, **fields: Any) -> dict[str, Any]:
    number = study.opinion_releases.get(name="first").number
    return {
        "release": number,
        "title": "Foxes",
        "licence": "CC-BY-4.0",
        "creators": "Doe, Jane\r\nA lab",
        "pictures": "on",
        "answer_dataBiases": "Few.",
        **fields,
    }


def test_one_is_asked_for_watched_and_downloaded(
    console: Client, study: Study, stimuli: list[Stimulus]
) -> None:
    page = console.get(ADDRESS).content.decode()
    assert all(question.split(":")[0] in page for question in ASKED.values())
    assert "hx-trigger" not in page
    assert console.post(ADDRESS, said(study)).status_code == 302
    job = DatasetRelease.objects.get()
    assert job.described["creators"] == ["Doe, Jane", "A lab"]
    assert job.described["answers"]["dataBiases"] == "Few."
    assert job.address == "http://testserver/studies/demo/"
    waiting = console.get(ADDRESS).content.decode()
    assert "every 1s" in waiting
    assert reverse("study-dataset-cancel", args=["demo", 1]) in waiting
    run_dataset_job(job.pk)
    job.refresh_from_db()
    page = console.get(ADDRESS).content.decode()
    assert job.content_sha256 in page
    assert reverse("api-dataset-archive", args=["demo", 1]) in page
    assert "hx-trigger" not in page
    # What was said of the last one need not be typed again.
    assert "A lab" in page
    assert "1 so far" in console.get(reverse("study-export", args=["demo"])).content.decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, "This field is required."),
        ({"creators": " \r\n"}, "This field is required."),
        ({"licence": "x" * 201}, "at most 200"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    console: Client, study: Study, stimuli: list[Stimulus], change: dict[str, Any], message: str
) -> None:
    page = console.post(ADDRESS, said(study, description="Of foxes.", **change))
    assert message in page.content.decode()
    assert "Of foxes." in page.content.decode()
    assert not DatasetRelease.objects.exists()


def test_a_second_one_has_to_wait_and_the_first_can_be_cancelled(
    console: Client, study: Study, stimuli: list[Stimulus]
) -> None:
    console.post(ADDRESS, said(study))
    assert "wait until it is done" in console.post(ADDRESS, said(study)).content.decode()
    console.post(reverse("study-dataset-cancel", args=["demo", 1]))
    assert DatasetRelease.objects.get().state == "cancelled"
    assert (
        "over already"
        in console.post(
            reverse("study-dataset-cancel", args=["demo", 1]), follow=True
        ).content.decode()
    )


def test_without_a_named_release_the_way_there_is_shown(console: Client, study: Study) -> None:
    page = console.get(ADDRESS).content.decode()
    assert "Keep the current ones under a name" in page
    assert reverse("study-export", args=["demo"]) in page


def test_a_viewer_sees_and_downloads_but_makes_none(
    client: Client, study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    viewer = make_user("viewer")
    make_member(study, viewer, MemberRole.VIEWER)
    client.force_login(viewer)
    assert "Make the dataset release" not in client.get(ADDRESS).content.decode()
    assert client.post(ADDRESS, said(study)).status_code == 403
