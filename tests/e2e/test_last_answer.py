"""Progress by block, pace, time left and changing the last answer, in a real Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Study
from tests.e2e.rating_page import arrived, choose, press, scores_of, shows, submitted
from tests.e2e.test_session_plan import begin, set_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def back(page: Page) -> Locator:
    return page.get_by_role("button", name="Back", exact=True)


def test_the_bar_says_the_block_and_after_three_answers_pace_and_time(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_plan(study, block_trials=4)
    page = shows(begin(open_page()), 1)
    block, pace, left = (page.locator(f"#progress-{part}") for part in ("block", "pace", "left"))
    expect(block).to_have_text("1 of 4 in this block")
    for number in (2, 3):
        press(page, "4 2 3 Enter")
        shows(page, number)
        expect(block).to_have_text(f"{number} of 4 in this block")
        expect(left).to_have_text("")
    press(page, "4 2 3 Enter")
    shows(page, 4)
    expect(pace).to_have_text("1 s per image")
    expect(left).to_have_text("less than a minute left")
    press(page, "4 2 3 Enter")
    shows(page, 5)
    # Six images: four, then two.
    expect(block).to_have_text("1 of 2 in this block")


def test_back_ends_with_its_block_and_survives_a_reload(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_plan(study, block_trials=3)
    page = shows(begin(open_page()), 1)
    press(page, "4 2 3")
    page.get_by_text("highly distorted").click()
    page.get_by_label("What is distorted?").fill("the hands")
    page.get_by_role("button", name="Next image").click()
    shows(page, 2)
    arrived(page)
    page.reload()
    shows(page, 2)
    back(page).click()
    expect(page.get_by_text("The previous image again")).to_be_visible()
    expect(page.locator('[name="score-authenticity"][value="2"]')).to_be_checked()
    expect(page.get_by_label("What is distorted?")).to_have_value("the hands")
    choose(page, "quality", 1)
    page.get_by_role("button", name="Send the change").click()
    expect(page.get_by_text("The previous image again")).to_be_hidden()
    for number in (3, 4):
        press(shows(page, number - 1), "5 5 5 Enter")
        shows(page, number)
    # The first image of the next block: what came before it stands, by key too.
    expect(back(page)).to_be_disabled()
    press(page, "Backspace")
    expect(page.get_by_text("The previous image again")).to_be_hidden()
    page.reload()
    expect(back(shows(page, 4))).to_be_disabled()
    arrived(page)
    assert [scores_of(trial)["quality"] for trial in submitted()] == [1, 5, 5]


def test_a_study_without_a_way_back_shows_none(open_page: Callable[[], Page], study: Study) -> None:
    set_plan(study, block_trials=6, revisable=False)
    page = shows(begin(open_page()), 1)
    press(page, "4 2 3 Enter")
    shows(page, 2)
    expect(page.locator("#back")).to_be_hidden()
    press(page, "Backspace")
    shows(page, 2)
    expect(page.get_by_text("The previous image again")).to_be_hidden()


def test_an_answer_that_an_earlier_page_left_unsent_can_be_changed_too(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_plan(study, block_trials=6)
    page = shows(begin(open_page()), 1)
    page.route("**/submit/", lambda route: route.abort())
    press(page, "4 2 3 Enter")
    shows(page, 2)
    page.unroute("**/submit/")
    page.reload()
    shows(page, 2)
    expect(back(page)).to_be_enabled()
    back(page).click()
    expect(page.locator('[name="score-quality"][value="4"]')).to_be_checked()
