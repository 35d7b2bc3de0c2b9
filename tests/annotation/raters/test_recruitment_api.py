"""Crowd platforms by API and command: what a link reads, where people go back, whom to pay."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.translation import override

from annotation.models import AuditEntry, Participant, SharedLink, Study
from annotation.protocol.errors import ProtocolError
from annotation.protocol.recruitment import PLATFORMS, Recruitment
from annotation.raters import invitations
from annotation.raters.invitations import RecruitmentError, set_recruitment
from tests.factories import make_rater
from workbench.accounts.models import User

ADDRESS = "/api/v1/studies/demo/recruitment/"
PAYMENT = "/api/v1/studies/demo/payment/"


@pytest.fixture
def link(study: Study) -> SharedLink:
    return SharedLink.objects.create(study=study, quota=3)


def put(client: Client, body: Any) -> Any:
    return client.put(ADDRESS, body, content_type="application/json")


@pytest.fixture
def browser(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def test_what_is_set_is_what_is_answered(study: Study, link: SharedLink, browser: Client) -> None:
    assert browser.get(ADDRESS).json() == Recruitment().to_json()
    body = {"parameters": ["rid"], "full": {"address": "https://panel.example/?rid={rid}"}}
    answered = put(browser, body).json()
    assert answered == browser.get(ADDRESS).json()
    assert answered["full"] == {"address": "https://panel.example/?rid={rid}", "code": ""}
    assert put(browser, answered).json() == answered
    entries = AuditEntry.objects.filter(action="shared_link.recruitment")
    assert [entry.detail for entry in entries] == [{"parameters": ["rid"]}] * 2


@pytest.mark.parametrize(
    "body",
    [{"parameters": ["a b"]}, {"beauty": 1}, {"full": {"address": "javascript:alert(1)"}}],
)
def test_what_does_not_fit_changes_nothing(
    study: Study, link: SharedLink, browser: Client, body: dict[str, Any]
) -> None:
    refused = put(browser, body)
    assert (refused.status_code, refused.json()["code"]) == (400, "recruitment_invalid")
    link.refresh_from_db()
    assert link.platform == Recruitment()


@pytest.mark.parametrize("body", ["[]", "1", '"x"', "{", '{"parameters": ["a\\u0000"]}'])
def test_what_is_no_object_is_refused(
    study: Study, link: SharedLink, browser: Client, body: str
) -> None:
    assert put(browser, body).status_code == 400


def test_without_a_shared_link_there_is_nothing(study: Study, browser: Client) -> None:
    assert browser.get(ADDRESS).status_code == 404
    assert put(browser, {}).status_code == 404
    assert browser.get(PAYMENT).json() == []


def test_the_payment_list(study: Study, link: SharedLink, browser: Client) -> None:
    set_recruitment(study=study, recruitment=PLATFORMS["prolific"].to_json(), actor=None)
    rater = make_rater(study)
    said = {"PROLIFIC_PID": "=p1", "STUDY_ID": "st", "SESSION_ID": "s"}
    Participant.objects.create(rater=rater, study=study, identifier="=p1", values=said)
    assert browser.get(PAYMENT).json() == [
        {
            "participant": "=p1",
            "values": {"STUDY_ID": "st", "SESSION_ID": "s"},
            "rater": rater.code,
            "state": "joined",
            "minutes": 0.0,
            "ratings": 0,
            "code": "",
        }
    ]
    out = io.StringIO()
    call_command("payment_list", "demo", stdout=out)
    assert out.getvalue().removeprefix("\ufeff").splitlines() == [
        "participant,STUDY_ID,SESSION_ID,rater,state,minutes,ratings,code",
        f"'=p1,st,s,{rater.code},joined,0.0,0,",
    ]


def test_the_command_sets_a_platform_or_a_file(
    study: Study, link: SharedLink, tmp_path: Path
) -> None:
    out = io.StringIO()
    call_command("set_recruitment", "demo", "--platform=prolific", stdout=out)
    link.refresh_from_db()
    assert link.platform == PLATFORMS["prolific"]
    assert "PROLIFIC_PID, STUDY_ID, SESSION_ID" in out.getvalue()
    file = tmp_path / "ways.json"
    for text, said in (("{", "is not JSON"), ("[1]", "not a JSON object"), ('{"x": 1}', "'x'")):
        file.write_text(text)
        with pytest.raises(CommandError, match=said):
            call_command("set_recruitment", "demo", "--file", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("set_recruitment", "demo", "--file", str(tmp_path / "none.json"))
    file.write_text(json.dumps({}))
    call_command("set_recruitment", "demo", "--file", str(file), stdout=out)
    link.refresh_from_db()
    assert link.platform == Recruitment()
    assert out.getvalue().endswith("none\n")


def test_errors_are_said_in_the_readers_language(
    study: Study, link: SharedLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule is pure and knows no language; whoever shows its words translates them."""
    said = {"The parameter “%(name)s” is listed twice.": "参数“%(name)s”出现了两次。"}
    monkeypatch.setattr(invitations, "_", lambda text: said.get(text, text))
    with override("zh-hans"), pytest.raises(RecruitmentError, match="参数“id”出现了两次。"):
        set_recruitment(study=study, recruitment={"parameters": ["id", "ID"]}, actor=None)


def test_a_plain_message_needs_no_template() -> None:
    error = ProtocolError("100 % of it")
    assert error.said(str.upper) == "100 % of it"
