"""A new personal link for a rater whose link others know: by page, API and command."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotation.models import AuditEntry, Rater, Study
from annotation.raters.access import link_token, rater_link
from annotation.raters.services import replace_link
from tests.annotation.rating.api.client import RaterClient
from tests.factories import make_stimuli, make_study
from workbench.accounts.models import User


def replaced_by(rater: Rater) -> list[str | None]:
    entries = AuditEntry.objects.filter(
        study=rater.study, action="rater.link_replaced", detail__rater=rater.code
    )
    return [entry.actor.username if entry.actor else None for entry in entries]


def test_a_session_goes_on_with_the_new_link_alone(study: Study, rater: Rater, owner: User) -> None:
    make_stimuli(study, 3)
    old = RaterClient(rater).start()
    trial = old.claim()["trials"][0]["id"]
    replace_link(rater=rater, actor=owner)

    refused = old.submit(trial)
    assert (old.status, refused["code"]) == (401, "link_replaced")
    new = RaterClient(rater)
    assert new.claim()["trials"][0]["id"] == trial
    assert new.submit(trial)["trial"]["state"] == "submitted"
    assert rater.sessions.count() == 1


def test_the_old_page_says_that_there_is_a_newer_link(rater: Rater, owner: User) -> None:
    old = rater_link(rater)
    replace_link(rater=rater, actor=owner)
    response = Client().get(old)
    assert response.status_code == 404
    assert "This link has been replaced" in response.content.decode()
    assert Client().get(rater_link(rater)).status_code == 200


def test_every_older_link_stays_closed(rater: Rater, owner: User) -> None:
    tokens = [link_token(rater)]
    for _again in range(3):
        tokens.append(link_token(replace_link(rater=rater, actor=owner)))
    assert len(set(tokens)) == 4
    statuses = []
    for token in tokens:
        client = RaterClient(token=token)
        client.get("session/")
        statuses.append(client.status)
    assert statuses == [401, 401, 401, 200]


def test_the_raters_page_replaces_the_link_and_says_who_did(
    client: Client, rater: Rater, owner: User
) -> None:
    client.force_login(owner)
    old = rater_link(rater)
    page = client.post(reverse("study-rater-link", args=["demo", rater.code]), follow=True)
    rater.refresh_from_db()
    text = page.content.decode()
    assert old not in text
    assert rater_link(rater) in text
    assert "Link replaced" in text
    assert replaced_by(rater) == ["owner"]


def test_the_api_answers_with_the_new_link(client: Client, rater: Rater, owner: User) -> None:
    client.force_login(owner)
    answer = client.post(f"/api/v1/studies/demo/raters/{rater.code}/link/").json()
    rater.refresh_from_db()
    assert answer["code"] == rater.code
    assert answer["link"] == f"http://testserver{rater_link(rater)}"
    assert replaced_by(rater) == ["owner"]


def test_another_studys_rater_is_not_found(client: Client, rater: Rater, owner: User) -> None:
    make_study(owner, "other")
    client.force_login(owner)
    before = rater_link(rater)
    for address in (
        reverse("study-rater-link", args=["other", rater.code]),
        reverse("api-rater-link", args=["other", rater.code]),
    ):
        assert client.post(address).status_code == 404
    rater.refresh_from_db()
    assert rater_link(rater) == before


def test_the_command_prints_the_new_link(rater: Rater) -> None:
    out = io.StringIO()
    call_command("replace_link", "demo", rater.code.lower(), stdout=out)
    rater.refresh_from_db()
    assert rater_link(rater) in out.getvalue()
    assert replaced_by(rater) == [None]


def test_the_command_names_a_rater_that_is_not_there(study: Study) -> None:
    with pytest.raises(CommandError, match='"demo" has no rater NOBODY'):
        call_command("replace_link", "demo", "nobody")
