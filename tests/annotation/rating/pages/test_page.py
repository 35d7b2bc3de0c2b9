"""GET /rate/<token>/: one address that always shows where the rater is."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import Rater, RatingSession, Stimulus, Study, Trial
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.plan import PLAIN
from annotation.protocol.scales import ACR11, SLIDER5
from annotation.raters.access import rater_link
from annotation.raters.completion import completion_code
from tests import factories
from tests.annotation.answering import answer
from tests.annotation.rating.helpers import set_study
from tests.factories import publish, set_perspectives


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    return factories.make_stimuli(study, 2)


def visit(rater: Rater, **headers: str) -> Any:
    return Client(headers=headers).get(rater_link(rater))


def session(rater: Rater, state: str) -> RatingSession:
    over = state in {"done", "withdrawn", "stopped", "expired"}
    return factories.make_session(
        rater,
        state=state,
        consented_at=timezone.now(),
        ended_at=timezone.now() if over else None,
    )


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def settings_of(response: Any) -> dict[str, object]:
    found = re.search(
        r'<script id="settings" type="application/json">(.*?)</script>', response.content.decode()
    )
    assert found
    settings: dict[str, object] = json.loads(found.group(1))
    return settings


def test_a_newcomer_reads_the_consent(rater: Rater, images: list[Stimulus]) -> None:
    response = visit(rater)
    assert response.status_code == 200
    assert "I agree." in text_of(response)
    assert 'data-stage="consent"' in response.content.decode()
    assert "How to rate" not in text_of(response)


def test_a_study_without_texts_shows_the_default_ones(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    set_study(study, consent="", instructions=" ")
    assert "Taking part is voluntary" in text_of(visit(rater))
    session(rater, "instructions")
    assert "There are no right answers" in text_of(visit(rater))


@pytest.mark.parametrize("state", ["instructions", "rating"])
def test_an_open_session_continues_where_it_was(
    rater: Rater, images: list[Stimulus], state: str
) -> None:
    session(rater, state)
    page = visit(rater).content.decode()
    assert f'data-stage="{state}"' in page
    assert page.count('class="question"') == 3
    assert page.count('name="score-quality"') == 5
    assert "essentially distortion-free" in page
    assert "What is distorted?" in page


def test_a_finished_rater_is_thanked_and_offered_more(rater: Rater, images: list[Stimulus]) -> None:
    session(rater, "done")
    text = text_of(visit(rater))
    assert "Thank you" in text
    assert "Rate more images" in text


def test_a_finished_session_has_a_code_of_its_own(
    rater: Rater, images: list[Stimulus], settings: Any
) -> None:
    done = session(rater, "done")
    code = completion_code(done.pk)
    assert re.fullmatch(r"[2-9B-Z]{4}-[2-9B-Z]{4}", code)
    assert code in text_of(visit(rater))
    assert code != completion_code(done.pk + 1)
    settings.SECRET_KEY = "another site's key"
    assert code != completion_code(done.pk)


def test_the_instructions_show_examples_from_worst_to_best(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    known = factories.make_stimuli(study, range(70, 75), purpose="practice")
    for stimulus, mos in zip(known, [0.5, 0.0, 1.0, 0.25, 0.75], strict=True):
        publish(stimulus=stimulus, perspective="quality", mos=mos, source="experts")
    publish(stimulus=known[0], perspective="authenticity", mos=0.5, source="experts")
    session(rater, "instructions")
    page = visit(rater).content.decode()
    said = re.findall(r'<figure><img src="([^"]+)"[^>]*><figcaption[^>]*><strong>([^<]+)', page)
    assert [word.strip() for _address, word in said] == ["Bad", "Fair", "Excellent"]
    worst, middle, best = (address for address, _word in said)
    for address, stimulus in ((worst, known[1]), (middle, known[0]), (best, known[2])):
        assert stimulus.display.name in address
    # One authenticity score spans nothing.
    assert page.count('class="example"') == 1


def test_a_finished_rater_with_nothing_left_is_only_thanked(
    rater: Rater, images: list[Stimulus]
) -> None:
    session(rater, "done")
    Stimulus.objects.update(claimed_ratings=3)
    text = text_of(visit(rater))
    assert "Thank you" in text
    assert "Rate more images" not in text


def test_a_rater_who_stopped_may_begin_again(rater: Rater, images: list[Stimulus]) -> None:
    withdrawn = session(rater, "withdrawn")
    text = text_of(visit(rater))
    assert "You have stopped" in text
    # As the consent says: without disadvantage.
    assert completion_code(withdrawn.pk) in text
    assert "Start again" in text


def test_a_stopped_rater_is_thanked_and_gets_a_code(rater: Rater, images: list[Stimulus]) -> None:
    stopped = session(rater, "stopped")
    for _visit in range(2):
        text = text_of(visit(rater))
        assert "Thank you" in text
        assert "it needs no more ratings from you" in text
        assert completion_code(stopped.pk) in text
        assert "Rate more images" not in text
        assert "Start again" not in text


def test_a_stopped_rater_is_not_told_to_come_back_tomorrow(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    plan = replace(PLAIN, daily_trials=1)
    set_study(study, session_plan=plan.to_json())
    answer(session(rater, "stopped"), images[0], 3)
    assert "it needs no more ratings from you" in text_of(visit(rater))


def test_a_paused_session_continues_without_a_new_consent(
    rater: Rater, images: list[Stimulus]
) -> None:
    session(rater, "paused")
    page = visit(rater).content.decode()
    assert 'id="resume"' in page
    assert 'id="agree"' not in page


def test_a_rater_back_after_the_session_expired_may_begin_again(
    rater: Rater, images: list[Stimulus]
) -> None:
    session(rater, "expired")
    text = text_of(visit(rater))
    assert "Welcome back" in text
    assert "Rate more images" in text


def test_a_rater_who_did_enough_today_is_told_when_to_come_back(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    set_study(study, session_plan={"daily_trials": 1})
    now = timezone.now()
    Trial.objects.create(
        session=session(rater, "done"),
        rater=rater,
        stimulus=images[0],
        position=0,
        draw="priority",
        state="submitted",
        leased_at=now,
        lease_expires_at=now,
        submitted_at=now,
    )
    assert "come back tomorrow" in text_of(visit(rater))


def test_a_wrong_link_is_explained(db: None) -> None:
    response = Client().get("/rate/nonsense/")
    assert response.status_code == 404
    assert "This link does not work" in text_of(response)
    assert "ask the person who invited you for a new link" in text_of(response)


def test_an_excluded_rater_is_told(rater: Rater, images: list[Stimulus]) -> None:
    Rater.objects.update(status="excluded")
    response = visit(rater)
    assert response.status_code == 403
    assert "This link has been closed" in text_of(response)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("draft", "Not open yet"),
        ("paused", "A short pause"),
        ("closed", "This study is closed"),
    ],
)
def test_a_study_that_is_not_open_says_so(
    study: Study, rater: Rater, images: list[Stimulus], status: str, title: str
) -> None:
    session(rater, "rating")
    Study.objects.filter(pk=study.pk).update(status=status)
    response = visit(rater)
    assert response.status_code == 200
    assert title in text_of(response)
    assert "settings" not in response.content.decode()


def test_a_full_study_says_so(rater: Rater) -> None:
    assert "Everything is rated" in text_of(visit(rater))


def test_sliders_and_eleven_levels_are_shown_as_set(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    session(rater, "rating")
    for scale, part in [
        (SLIDER5, 'type="range" class="slider" name="score-quality" min="0" max="5" step="0.01"'),
        (ACR11, 'name="score-quality" value="10"'),
    ]:
        set_perspectives(study, default_perspectives(scale))
        page = visit(rater, **{"Accept-Language": "zh-hans"}).content.decode()
        assert part in page
        # The words of BT.500-15's five parts, in the rater's language.
        (words,) = re.findall(r'id="quality-anchors" data-count="5">(.*?)</div>', page)
        assert re.findall(r">([^<]+)</span>", words) == ["很差", "较差", "一般", "较好", "很好"]
        assert 'aria-describedby="quality-question quality-anchors"' in page


def test_the_page_is_never_stored_and_runs_nothing_inline(
    rater: Rater, images: list[Stimulus]
) -> None:
    session(rater, "rating")
    response = visit(rater)
    assert "no-store" in response["Cache-Control"]
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
    page = response.content.decode()
    assert not re.search(r'\sstyle="|<style|\son[a-z]+="', page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or "application/json" in script for script in scripts)


def test_an_owners_text_cannot_break_out_of_the_page(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    evil = '</script><script src="https://evil.example/x.js"></script>'
    set_study(study, title=evil, consent=evil)
    assert "<script src=" not in visit(rater).content.decode().replace(
        '<script type="module" src="/static/', ""
    )


def test_the_scripts_get_the_raters_token_and_the_language(
    rater: Rater, images: list[Stimulus]
) -> None:
    response = visit(rater, **{"Accept-Language": "zh-hans"})
    assert '<html lang="zh-hans"' in response.content.decode()
    settings = settings_of(response)
    assert settings["language"] == "zh-hans"
    assert rater_link(rater) == f"/rate/{settings['token']}/"
    assert settings["leaseSeconds"] == 300
    assert (settings["rater"], settings["session"]) == (rater.code, None)
    open_session = session(rater, "rating")
    assert settings_of(visit(rater))["session"] == open_session.pk


def test_every_message_that_the_scripts_use_exists(rater: Rater, images: list[Stimulus]) -> None:
    folder = Path(__file__).resolve().parents[4] / "annotation" / "static" / "rating"
    scripts = "".join(path.read_text() for path in folder.glob("*.js"))
    # The inbox's list of messages has methods.
    used = set(re.findall(r"messages\.(\w+)\b(?!\()", scripts))
    # What is said after practice is chosen by one of these.
    (kinds,) = re.findall(r"@typedef \{(.+)\} Agreement", scripts)
    used |= set(re.findall(r'"(\w+)"', kinds))
    messages = settings_of(visit(rater))["messages"]
    assert isinstance(messages, dict)
    assert used == set(messages)


def test_only_reading_is_allowed(rater: Rater) -> None:
    assert Client().post(rater_link(rater)).status_code == 405


def test_a_plate_is_a_picture_that_browsers_keep(client: Client) -> None:
    response = client.get("/rate/plates/0.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert "max-age=86400" in response["Cache-Control"]
    assert ElementTree.fromstring(response.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert client.get("/rate/plates/3.svg").status_code == 404
