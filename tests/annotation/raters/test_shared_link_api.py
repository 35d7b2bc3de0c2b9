"""The shared link, and raters by name, by API."""

from typing import Any

import pytest
from django.test import Client

from annotation.models import RaterIdentity, SharedLink, Study
from annotation.models.membership import MemberRole
from annotation.raters.invitations import shared_link_from_token
from tests.factories import make_member
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

LINK = "/api/v1/studies/demo/shared-link/"
PEOPLE = "/api/v1/studies/demo/identities/"


@pytest.fixture
def browser(client: Client, owner: User, study: Study) -> Client:
    client.force_login(owner)
    return client


def put(client: Client, **body: Any) -> Any:
    return client.put(LINK, body, content_type="application/json")


def test_a_shared_link_is_opened_read_rotated_and_closed(browser: Client, study: Study) -> None:
    assert browser.get(LINK).status_code == 404
    opened = put(browser, quota=5).json()
    assert (opened["is_open"], opened["quota"], opened["used"]) == (True, 5, 0)
    assert browser.get(LINK).json() == opened
    token = opened["address"].rstrip("/").rpartition("/")[2]
    assert shared_link_from_token(token).study == study
    rotated = browser.post(f"{LINK}rotation/").json()
    assert rotated["address"] != opened["address"]
    closed = put(browser, quota=6, is_open=False).json()
    assert (closed["is_open"], closed["quota"]) == (False, 6)
    # Where its visitors come from can be set now.
    assert browser.get("/api/v1/studies/demo/recruitment/").status_code == 200


def test_a_quota_below_those_who_joined_changes_nothing(browser: Client, study: Study) -> None:
    SharedLink.objects.create(study=study, quota=3, used=3)
    answer = put(browser, quota=2)
    assert (answer.status_code, answer.json()["code"]) == (400, "quota_invalid")
    assert SharedLink.objects.get().quota == 3


def test_people_are_invited_by_name(browser: Client, study: Study) -> None:
    people = [{"name": "Ann Lee", "email": "ann@lab.example"}, {"name": "Bo"}]
    made = browser.post(PEOPLE, {"people": people}, content_type="application/json")
    assert made.status_code == 201
    assert all("/rate/" in rater["link"] for rater in made.json())
    codes = [rater["code"] for rater in made.json()]
    assert browser.get(PEOPLE).json()["results"] == [
        {"rater": codes[0], "name": "Ann Lee", "email": "ann@lab.example"},
        {"rater": codes[1], "name": "Bo", "email": ""},
    ]


@pytest.mark.parametrize(
    ("people", "code"),
    [
        ([], "invalid"),
        ([{}], "people_invalid"),
        ([{"email": "ann"}], "people_invalid"),
        ([{"email": "ann@lab.example"}, {"email": "ANN@lab.example"}], "people_invalid"),
        ([{"nom": "Ann"}], "invalid"),
    ],
)
def test_who_cannot_be_invited_is_named_and_nobody_is(
    browser: Client, people: list[Any], code: str
) -> None:
    answer = browser.post(PEOPLE, {"people": people}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not RaterIdentity.objects.exists()


def test_a_manager_invites_but_learns_no_names(
    client: Client, study: Study, outsider: User
) -> None:
    make_member(study, outsider, MemberRole.MANAGER)
    client.force_login(outsider)
    body = {"people": [{"name": "Ann"}]}
    assert client.post(PEOPLE, body, content_type="application/json").status_code == 201
    assert client.get(PEOPLE).status_code == 403
