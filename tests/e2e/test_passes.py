"""One perspective per pass, in a real browser: one question, a block at a time, and back."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Study, Trial
from annotation.protocol.plan import PLAIN
from tests.e2e.rating_page import arrived, press, scores_of, shows, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(open_page: Callable[[], Page], study: Study) -> Page:
    plan = replace(PLAIN, block_trials=4, one_per_pass=True)
    Study.objects.filter(pk=study.pk).update(session_plan=plan.to_json(), session_trials=4)
    page = open_page()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    return shows(page, 1)


def asks(page: Page, label: str) -> None:
    expect(page.locator(".question:visible h2")).to_have_text([label])


@pytest.fixture
def by_pass() -> list[tuple[str, str]]:
    return [("Quality", "4"), ("Authenticity", "2"), ("Correspondence", "5")]


def test_a_block_comes_once_for_each_question(page: Page, by_pass: list[tuple[str, str]]) -> None:
    expect(page.locator("#progress-text")).to_have_text("Image 1 of 12")
    number = 1
    for label, key in by_pass:
        expect(page.get_by_text(f"From now on: {label}")).to_be_visible()
        for _image in range(4):
            shows(page, number)
            asks(page, label)
            press(page, f"{key} Enter")
            number += 1
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert [scores_of(trial) for trial in submitted()] == [
        {"quality": 4, "authenticity": 2, "correspondence": 5}
    ] * 4


def test_back_and_a_reload_know_their_pass(page: Page) -> None:
    for number in range(1, 5):
        shows(page, number)
        press(page, "4 Enter")
    shows(page, 5)
    asks(page, "Authenticity")
    page.keyboard.press("Backspace")
    asks(page, "Quality")
    expect(page.locator('[name="score-quality"]:checked')).to_have_value("4")
    press(shows(page, 5), "1 Enter")
    shows(page, 5)
    asks(page, "Authenticity")
    press(page, "3")
    arrived(page)
    page.reload()
    shows(page, 5)
    asks(page, "Authenticity")
    # What was filled in before the reload is still there.
    expect(page.locator('[name="score-authenticity"]:checked')).to_have_value("3")
    press(page, "Enter")
    shows(page, 6)
    arrived(page)
    assert scores_of(Trial.objects.get(position=3)) == {"quality": 1}
    assert scores_of(Trial.objects.get(position=0)) == {"quality": 4, "authenticity": 3}


def test_passes_go_on_without_a_connection(page: Page) -> None:
    for number in (1, 2, 3):
        shows(page, number)
        press(page, "4 Enter")
    shows(page, 4)
    arrived(page)
    page.context.set_offline(True)
    # The last of this pass, and the first two of the next one, are in the browser.
    press(page, "4 Enter")
    shows(page, 5)
    asks(page, "Authenticity")
    press(page, "3 Enter")
    shows(page, 6)
    press(page, "2 Enter")
    expect(page.locator("#waiting")).to_have_text("3 ratings waiting")
    page.context.set_offline(False)
    shows(page, 7)
    arrived(page)
    assert scores_of(Trial.objects.get(position=0)) == {"quality": 4, "authenticity": 3}
    assert scores_of(Trial.objects.get(position=1)) == {"quality": 4, "authenticity": 2}
    assert scores_of(Trial.objects.get(position=2)) == {"quality": 4}
