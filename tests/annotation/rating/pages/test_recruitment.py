"""Coming from a crowd platform, and going back to it with the code of how it ended."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import AuditEntry, Participant, Rater, SharedLink, Stimulus, Study
from annotation.models.membership import MemberRole
from annotation.protocol.plan import PLAIN
from annotation.protocol.recruitment import PLATFORMS
from annotation.raters.access import rater_link
from annotation.raters.completion import completion_code
from annotation.raters.invitations import (
    JOINS_PER_MINUTE,
    RecruitmentError,
    close_shared_link,
    open_shared_link,
    set_recruitment,
    shared_link_path,
)
from annotation.raters.paying import payables
from tests.annotation.answering import answer
from tests.factories import (
    make_member,
    make_rater,
    make_session,
    make_stimuli,
    make_user,
)
from workbench.accounts.models import User

COMPLETE = "https://app.prolific.com/submissions/complete?cc="


@pytest.fixture(autouse=True)
def _nobody_joined_before() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def address(study: Study, owner: User) -> str:
    link = open_shared_link(study=study, quota=3, actor=owner)
    recruitment = PLATFORMS["prolific"].to_json()
    for name in ("completed", "stopped", "full", "left", "screened_out"):
        recruitment[name]["code"] = name.upper()
    set_recruitment(study=study, recruitment=recruitment, actor=owner)
    make_stimuli(study, 2)
    return shared_link_path(link)


def visit(person: str, session: str = "s1") -> dict[str, str]:
    return {"PROLIFIC_PID": person, "STUDY_ID": "st", "SESSION_ID": session}


def take_part(browser: Client, address: str, person: str, session: str = "s1") -> str:
    """Joins as `person`; the address that the browser is sent to."""
    page = browser.get(address, visit(person, session)).content.decode()
    (entry,) = re.findall(r'name="entry" value="([^"]+)"', page)
    return browser.post(address, {"entry": entry}).headers["Location"]


def page_of(rater: Rater) -> str:
    return Client().get(rater_link(rater)).content.decode()


def joined(study: Study, identifier: str = "p1") -> Rater:
    rater = make_rater(study)
    Participant.objects.create(
        rater=rater, study=study, identifier=identifier, values=visit(identifier)
    )
    return rater


def test_one_rater_per_id_in_one_browser_or_two(client: Client, address: str) -> None:
    first = take_part(client, address, "p1")
    second = take_part(client, address, "p2")
    assert first != second
    assert Participant.objects.count() == Rater.objects.count() == 2
    assert not any(name.startswith("mint-rater") for name in client.cookies)
    again = Client().get(address, visit("p1"))
    assert (again.status_code, again.headers["Location"]) == (302, first)
    assert Rater.objects.count() == SharedLink.objects.get().used == 2
    assert Participant.objects.get(identifier="p1").values == visit("p1")


def test_two_open_pages_of_one_id_make_one_rater(address: str) -> None:
    pages = [Client().get(address, visit("p1", name)).content.decode() for name in ("a", "b")]
    entries = [re.findall(r'name="entry" value="([^"]+)"', page)[0] for page in pages]
    sent = {Client().post(address, {"entry": entry}).headers["Location"] for entry in entries}
    assert len(sent) == Rater.objects.count() == SharedLink.objects.get().used == 1
    assert Participant.objects.get().values == visit("p1", "b")


@pytest.mark.parametrize("query", [{}, visit(""), visit("{{%PROLIFIC_PID%}}"), visit("a\nb")])
def test_nobody_joins_without_an_id(client: Client, address: str, query: dict[str, str]) -> None:
    response = client.get(address, query)
    assert response.status_code == 403
    assert "Open this study from its platform" in response.content.decode()
    assert client.post(address, {"entry": "forged"}).status_code == 404
    assert not Rater.objects.exists()


def test_a_study_without_images_left_says_so_first(client: Client, address: str) -> None:
    page = client.get(address, visit("p1")).content.decode()
    (entry,) = re.findall(r'name="entry" value="([^"]+)"', page)
    Stimulus.objects.update(wanted_ratings=0)
    for response in (client.get(address, visit("p1")), client.post(address, {"entry": entry})):
        assert "Everything is rated" in response.content.decode()
    assert f"{COMPLETE}FULL" in client.get(address, visit("p1")).content.decode()
    assert not Rater.objects.exists()
    assert SharedLink.objects.get().used == 0


def test_a_full_link_leads_back(client: Client, address: str) -> None:
    SharedLink.objects.update(quota=1, used=1)
    page = client.get(address, visit("p1")).content.decode()
    assert "Enough people have joined" in page
    assert f'href="{COMPLETE}FULL"' in page


@pytest.mark.parametrize("status", ["draft", "paused", "closed"])
def test_who_can_only_wait_is_not_led_back(
    client: Client, study: Study, address: str, status: str
) -> None:
    Study.objects.filter(pk=study.pk).update(status=status)
    rater = joined(study, "p2")
    for page in (client.get(address, visit("p1")).content.decode(), page_of(rater)):
        assert COMPLETE not in page
        assert "FULL" not in page


def test_a_broken_page_a_rush_and_a_closed_link_lead_nowhere(
    client: Client, study: Study, owner: User, address: str
) -> None:
    page = client.get(address, visit("p1")).content.decode()
    (entry,) = re.findall(r'name="entry" value="([^"]+)"', page)
    with_query = f"{address}?{urlencode(visit('p1'))}"
    broken = client.post(with_query, {"entry": "forged"})
    cache.set(f"annotation.joins.{SharedLink.objects.get().pk}", JOINS_PER_MINUTE, timeout=60)
    rush = client.post(with_query, {"entry": entry})
    close_shared_link(study=study, actor=owner)
    closed = client.get(address, visit("p1"))
    assert [answer.status_code for answer in (broken, rush, closed)] == [404, 429, 403]
    assert not any("FULL" in answer.content.decode() for answer in (broken, rush, closed))


def test_a_quota_that_ends_while_reading_leads_back(client: Client, address: str) -> None:
    page = client.get(address, visit("p1")).content.decode()
    (entry,) = re.findall(r'name="entry" value="([^"]+)"', page)
    SharedLink.objects.update(quota=1, used=1)
    sent = client.post(f"{address}?{urlencode(visit('p1'))}", {"entry": entry})
    assert f'href="{COMPLETE}FULL"' in sent.content.decode()


def test_a_rater_for_whom_no_image_is_left_is_led_back(study: Study, address: str) -> None:
    rater = joined(study)
    Stimulus.objects.update(wanted_ratings=0)
    assert f'href="{COMPLETE}FULL"' in page_of(rater)


@pytest.mark.parametrize(
    ("state", "code"), [("done", "COMPLETED"), ("withdrawn", "LEFT"), ("stopped", "STOPPED")]
)
def test_each_end_has_its_code(study: Study, address: str, state: str, code: str) -> None:
    rater = joined(study)
    session = make_session(rater, state, ended_at=timezone.now())
    page = page_of(rater)
    assert f'href="{COMPLETE}{code}"' in page
    assert completion_code(session.pk) not in page


def test_an_excluded_rater_is_led_back(study: Study, address: str) -> None:
    rater = joined(study)
    Rater.objects.filter(pk=rater.pk).update(status="excluded")
    assert f'href="{COMPLETE}SCREENED_OUT"' in page_of(rater)


@pytest.mark.parametrize("later", ["withdrawn", "stopped", "expired"])
def test_what_was_earned_leads_back_whatever_came_after(
    study: Study, address: str, later: str
) -> None:
    rater = joined(study)
    make_session(rater, "done", ended_at=timezone.now() - timedelta(hours=1))
    make_session(rater, later, ended_at=timezone.now())
    assert f'href="{COMPLETE}COMPLETED"' in page_of(rater)


def test_an_excluded_rater_or_a_paused_study_keeps_what_was_earned(
    study: Study, address: str
) -> None:
    rater = joined(study)
    make_session(rater, "done", ended_at=timezone.now())
    Study.objects.filter(pk=study.pk).update(status="paused")
    assert f'href="{COMPLETE}COMPLETED"' in page_of(rater)
    Rater.objects.filter(pk=rater.pk).update(status="excluded")
    assert f'href="{COMPLETE}COMPLETED"' in page_of(rater)


def test_enough_for_today_keeps_what_was_earned(study: Study, address: str) -> None:
    plan = replace(PLAIN, block_trials=1, daily_trials=1).to_json()
    Study.objects.filter(pk=study.pk).update(session_plan=plan)
    rater = joined(study)
    answer(make_session(rater, "done", ended_at=timezone.now()), Stimulus.objects.all()[0], 3)
    page = page_of(rater)
    assert "Enough for today" in page
    assert f'href="{COMPLETE}COMPLETED"' in page


def test_an_expired_session_alone_leads_nowhere(study: Study, address: str) -> None:
    rater = joined(study)
    make_session(rater, "expired", ended_at=timezone.now())
    assert COMPLETE not in page_of(rater)


def test_a_rater_of_no_platform_keeps_the_own_code(study: Study, address: str) -> None:
    rater = make_rater(study)
    session = make_session(rater, "done", ended_at=timezone.now())
    page = page_of(rater)
    assert COMPLETE not in page
    assert completion_code(session.pk) in page


def test_whom_to_pay(client: Client, study: Study, owner: User, address: str) -> None:
    rater = joined(study, "=p1")
    begun = timezone.now() - timedelta(minutes=9)
    session = make_session(rater, "done", begun_at=begun, ended_at=timezone.now())
    session.trials.create(
        rater=rater,
        stimulus=Stimulus.objects.all()[0],
        study=study,
        position=0,
        draw="priority",
        state="submitted",
        leased_at=begun,
        lease_expires_at=begun,
        submitted_at=begun + timedelta(minutes=6),
    )
    joined(study, "p2")
    client.force_login(owner)
    text = client.get(reverse("study-payment-csv", args=["demo"])).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["participant"] for row in rows] == ["'=p1", "p2"]
    assert (rows[0]["state"], rows[0]["minutes"], rows[0]["code"]) == (
        "completed",
        "6.0",
        "COMPLETED",
    )
    assert (rows[0]["STUDY_ID"], rows[0]["ratings"]) == ("st", "1")
    assert (rows[1]["state"], rows[1]["minutes"], rows[1]["code"]) == ("joined", "0.0", "")


@pytest.mark.parametrize(
    ("states", "status", "state", "code"),
    [
        ([], "active", "joined", ""),
        (["rating"], "active", "in_progress", ""),
        (["expired"], "active", "expired", ""),
        (["withdrawn"], "active", "left", "LEFT"),
        (["stopped"], "active", "stopped", "STOPPED"),
        (["withdrawn", "rating"], "active", "in_progress", ""),
        # What was earned stays payable.
        (["done", "paused"], "active", "in_progress", "COMPLETED"),
        (["done", "expired"], "active", "expired", "COMPLETED"),
        (["done", "withdrawn"], "active", "left", "COMPLETED"),
        (["done"], "excluded", "screened_out", "COMPLETED"),
        (["withdrawn"], "excluded", "screened_out", "SCREENED_OUT"),
        ([], "excluded", "screened_out", "SCREENED_OUT"),
    ],
)
def test_the_state_is_the_latest_and_what_was_earned_stays(
    study: Study, address: str, states: list[str], status: str, state: str, code: str
) -> None:
    rater = joined(study)
    for name in states:
        over = name not in ("rating", "paused")
        make_session(rater, name, ended_at=timezone.now() if over else None)
    Rater.objects.filter(pk=rater.pk).update(status=status)
    (row,) = payables(study)
    assert (row.state, row.code) == (state, code)


def test_an_excluded_rater_keeps_the_code_of_the_own_session(study: Study, owner: User) -> None:
    open_shared_link(study=study, quota=3, actor=owner)
    set_recruitment(study=study, recruitment={"parameters": ["PROLIFIC_PID"]}, actor=owner)
    rater = joined(study)
    own = completion_code(make_session(rater, "done", ended_at=timezone.now()).pk)
    make_session(rater, "rating")
    Rater.objects.filter(pk=rater.pk).update(status="excluded")
    (row,) = payables(study)
    assert row.code == own
    assert own in page_of(rater)


def test_only_who_may_know_names_may_know_numbers(client: Client, study: Study) -> None:
    manager = make_user("manager")
    make_member(study, manager, MemberRole.MANAGER)
    client.force_login(manager)
    assert client.get(reverse("study-payment-csv", args=["demo"])).status_code == 403


def test_the_page_keeps_what_is_typed(
    client: Client, study: Study, owner: User, address: str
) -> None:
    client.force_login(owner)
    page = reverse("study-recruitment", args=["demo"])
    other = client.get(page, {"platform": "mturk"}).content.decode()
    assert "workerId" in other
    assert "Prolific accepts only its own codes" not in other
    assert "Prolific accepts only its own codes" in client.get(page).content.decode()
    assert "SESSION_ID={{%SESSION_ID%}}" in client.get(page).content.decode()
    sent = {"parameters": "rid", "full_address": "https://panel.example/full?rid={rid}"}
    assert client.post(page, sent).status_code == 302
    assert SharedLink.objects.get().platform.full.address == sent["full_address"]
    entry = AuditEntry.objects.filter(action="shared_link.recruitment").first()
    assert entry is not None
    assert entry.detail == {"parameters": ["rid"]}
    bad = client.post(page, {"parameters": "a b"})
    assert "is no name" in bad.content.decode()


def test_a_platform_needs_a_shared_link(client: Client, study: Study, owner: User) -> None:
    with pytest.raises(RecruitmentError):
        set_recruitment(study=study, recruitment={}, actor=owner)
    client.force_login(owner)
    assert client.get(reverse("study-recruitment", args=["demo"])).status_code == 302
    text = client.get(reverse("study-payment-csv", args=["demo"])).content.decode("utf-8-sig")
    assert text.strip() == "participant,rater,state,minutes,ratings,code"
