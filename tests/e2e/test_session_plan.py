"""A session by its plan in a real Chromium: practice with feedback, rests, pauses, measurements."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation.models import RatingSession, Study, Trial
from annotation.protocol.plan import PLAIN
from tests import factories
from tests.e2e.rating_page import arrived, choose, press, rate, shows, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def set_plan(study: Study, **settings: Any) -> None:
    plan = replace(PLAIN, **settings)
    Study.objects.filter(pk=study.pk).update(session_plan=plan.to_json())


def begin(page: Page) -> Page:
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    return page


def test_practice_gives_feedback_and_ends_with_a_word(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_plan(study, practice_trials=2)
    for stimulus in factories.make_stimuli(study, [70, 71], purpose="practice"):
        for perspective, mos in (("quality", 0.75), ("authenticity", 0.0)):
            factories.publish(stimulus=stimulus, perspective=perspective, mos=mos, source="experts")
    page = begin(open_page())
    shows(page, 1, "Practice")
    expect(page.get_by_text("this does not count yet")).to_be_visible()
    press(page, "3 5 4 Enter")
    # 0.75 of the way from 1 to 5 is 4, "Good": 3 is within one level. 0 is 1, "Bad": 5 is not.
    quality, authenticity, correspondence = page.locator(".expected").all()
    expect(quality).to_have_text("The study expects about “Good”, close to your “Fair”.")
    expect(authenticity).to_have_text(
        "The study expects about “Bad”; you said “Excellent”. Keep that in mind for the next "
        "images."
    )
    expect(correspondence).to_be_hidden()
    press(page, "Enter")
    shows(page, 2, "Practice")
    expect(quality).to_be_hidden()
    press(page, "4 1 4 Enter")
    expect(quality).to_have_text("The study expects about “Good”, as you said.")
    expect(authenticity).to_have_text("The study expects about “Bad”, as you said.")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Practice is over")).to_be_focused()
    page.get_by_role("button", name="Continue").click()
    shows(page, 1)
    expect(page.get_by_text("this does not count yet")).to_be_hidden()
    press(page, "4 2 3 Enter")
    shows(page, 2)
    arrived(page)
    assert [trial.role for trial in submitted()] == ["practice", "practice", "main"]


def test_practice_that_is_not_passed_comes_again_and_then_ends_kindly(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_plan(study, practice_trials=1, practice_pass_share=1, practice_tries=2)
    (known,) = factories.make_stimuli(study, [70], purpose="practice")
    factories.publish(stimulus=known, perspective="quality", mos=0.0, source="experts")
    page = begin(open_page())
    shows(page, 1, "Practice")
    press(page, "5 5 5 Enter")
    expect(page.locator(".expected").first).to_contain_text("you said “Excellent”")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Practice once more")).to_be_focused()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#progress-text")).to_have_text("Practice 1 of 1")
    expect(page.locator('input[name^="score-"]:checked')).to_have_count(0)
    rate(page, "5 5 5 Enter")
    expect(page.locator(".expected").first).to_contain_text("you said “Excellent”")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Thank you for trying")).to_be_visible()
    expect(page.get_by_text("In this session: 2 practice images")).to_be_visible()
    assert RatingSession.objects.get().state == "screened_out"


def test_a_rest_counts_down_and_the_session_continues(
    open_page: Callable[[], Page], study: Study
) -> None:
    # More in a block than the browser holds, or the second is leased before the rest is due.
    set_plan(study, block_trials=3, rest_after_minutes=1, rest_seconds=2)
    page = shows(begin(open_page()), 1)
    RatingSession.objects.update(begun_at=timezone.now() - timedelta(minutes=2))
    for number in (2, 3):
        press(page, "4 2 3 Enter")
        shows(page, number)
    press(page, "4 2 3 Enter")
    expect(page.get_by_role("heading", name="Rest your eyes")).to_be_visible()
    on = page.get_by_role("button", name="Continue")
    expect(on).to_be_disabled()
    expect(page.get_by_text("You can continue now.")).to_be_visible()
    on.click()
    shows(page, 4)


def test_a_short_pause_comes_back_to_the_same_image(
    open_page: Callable[[], Page], study: Study
) -> None:
    page = shows(begin(open_page()), 1)
    press(page, "4 2 3 Enter")
    shows(page, 2)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="A break")).to_be_visible()
    held = Trial.objects.get(position=1)
    page.get_by_role("button", name="Continue").click()
    shows(page, 2)
    rate(page)
    arrived(page)
    held.refresh_from_db()
    assert held.state == "submitted"


def test_how_an_answer_came_about_is_measured(rating: Page) -> None:
    page = rating
    page.wait_for_timeout(300)
    choose(page, "quality", 4)
    choose(page, "authenticity", 2)
    page.wait_for_timeout(200)
    choose(page, "quality", 5)
    press(page, "ArrowLeft")
    choose(page, "correspondence", 3)
    page.get_by_role("button", name="Next image").click()
    shows(page, 2)
    arrived(page)
    (trial,) = submitted()
    measured = trial.behaviour
    assert 500 <= measured["shown_ms"] < 60_000
    first, last = measured["touches"]["quality"]
    assert 300 <= first <= last - 200
    assert measured["touches"].keys() == {"quality", "authenticity", "correspondence"}
    assert measured["viewport"] == [1366, 768]
    assert (measured["pixel_ratio"], measured["orientation"]) == (1.0, "landscape")
    assert measured["input"] == "mouse"
    assert (measured["zoom"], measured["colour_depth"]) == (1.0, 24)
    assert measured["colour_gamut"] == "srgb"
    told = trial.session.client
    assert told["browser"] == "Chrome"
    assert {name: told[name] for name in ("zoom", "colour_depth", "colour_gamut")} == {
        name: measured[name] for name in ("zoom", "colour_depth", "colour_gamut")
    }
    assert measured["away"] == 0
    # Another window for the next image: what changed comes with that one.
    page.set_viewport_size({"width": 1024, "height": 1100})
    press(page, "4 2 3 Enter")
    shows(page, 3)
    arrived(page)
    measured = submitted()[1].behaviour
    assert (measured["viewport"], measured["orientation"]) == ([1024, 1100], "portrait")
