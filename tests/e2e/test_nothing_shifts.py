"""Nothing is covered and nothing moves: marks, what is still to score, phones, fast answers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from annotation.protocol.plan import PLAIN
from annotation.raters.access import rater_link
from tests import factories
from tests.e2e.conftest import leave
from tests.e2e.rating_page import arrived, choose, press, shows, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Where everything is that can be pressed, and how much of the questions is out of sight.
PLACES = """() => {
    const place = (e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        return [x, y, width, height].map(Math.round).join(" ");
    };
    const area = document.querySelector("#questions");
    return {
        places: [...document.querySelectorAll("label, button, textarea, #image, .foot")].map(place),
        hidden: area.scrollHeight - area.clientHeight,
    };
}"""
HURRY = "That was fast. Please take the time to look."
#: Names of the buttons whose middle is under something else.
COVERED = """() => [...document.querySelectorAll("#answer button, #answer textarea")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .filter((e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        const top = document.elementFromPoint(x + width / 2, y + height / 2);
        return top !== e && !e.contains(top);
    })
    .map((e) => e.textContent.trim() || e.name)"""


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    return factories.make_stimuli(study, 6, size=(768, 768))


@pytest.fixture
def marks(study: Study) -> None:
    form = study.explanation_form
    for text in form["texts"]:
        text["regions"] = text["words"] = True
    Study.objects.filter(pk=study.pk).update(explanation_form=form)


def chip(page: Page, phrase: str) -> None:
    page.locator(".chip", has_text=phrase).click()


def places(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(PLACES)
    return found


@pytest.mark.parametrize("size", [(1366, 768), (1440, 900), (1280, 720), (1366, 650)])
def test_with_all_marks_on_nothing_moves_and_nothing_is_covered(
    marks: None, rating: Page, size: tuple[int, int]
) -> None:
    rating.set_viewport_size({"width": size[0], "height": size[1]})
    before = places(rating)
    chip(rating, "partially distorted")
    chip(rating, "partially inconsistent")
    after = places(rating)
    assert after["hidden"] == 0
    if size[1] >= 688:  # 43 rem: lower windows show what they have only when it is asked for
        assert after == before
    assert rating.evaluate(COVERED) == []
    expect(rating.locator("#sentence")).to_have_text(
        "Authenticity: the image is partially distorted. "
        "Correspondence: the image and its prompt are partially inconsistent."
    )
    pressed = places(rating)
    button = rating.locator('[data-perspective="correspondence"] [data-mark="regions"]')
    button.click()
    assert rating.evaluate(COVERED) == []
    button.click()
    assert places(rating) == pressed


@pytest.mark.parametrize("size", [(1366, 768), (1024, 690), (768, 1024), (390, 844), (360, 640)])
def test_what_is_still_to_score_has_its_line(rating: Page, size: tuple[int, int]) -> None:
    rating.set_viewport_size({"width": size[0], "height": size[1]})
    foot = rating.locator(".foot")
    expect(rating.locator("#sentence")).to_have_text("Phrases and texts are optional.")
    before = foot.bounding_box()
    rating.locator("#submit").click()
    expect(rating.locator("#missing")).to_have_text(
        "Still to score: Quality, Authenticity, Correspondence"
    )
    expect(rating.locator("#missing")).to_be_in_viewport()
    expect(rating.locator("#sentence")).to_be_hidden()
    expect(rating.locator(".question[data-missing]")).to_have_count(3)
    assert foot.bounding_box() == before
    choose(rating, "quality", 4)
    expect(rating.locator(".question[data-missing]")).to_have_count(0)
    expect(rating.locator("#missing")).to_be_empty()
    assert foot.bounding_box() == before


def test_a_study_that_asks_no_reasons_says_nothing_of_them(
    open_page: Callable[[], Page], study: Study
) -> None:
    Study.objects.filter(pk=study.pk).update(explanation_form={"fields": [], "texts": []})
    page = open_page()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="How to rate")).to_be_visible()
    expect(page.get_by_text("optional")).to_have_count(0)
    page.get_by_role("button", name="Show me the first image").click()
    shows(page, 1)
    expect(page.get_by_text("optional")).to_have_count(0)


@pytest.fixture
def hurried(open_page: Callable[[], Page], study: Study) -> Page:
    """A page on which nobody can answer slowly enough."""
    rules = {**study.rules.to_json(), "minimum_seconds": 60}
    Study.objects.filter(pk=study.pk).update(reliability_rules=rules)
    page = open_page()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    return page


def pace_warnings() -> list[int]:
    return [trial.behaviour.get("pace_warnings", 0) for trial in submitted()]


def test_fast_answers_bring_a_kind_word_that_covers_nothing(hurried: Page) -> None:
    page = hurried
    hurry = page.get_by_text(HURRY)
    for number in (1, 2, 3):
        shows(page, number)
        expect(hurry).to_be_hidden()
        before = places(page)
        press(page, "4 2 3 Enter")
    shows(page, 4)
    expect(hurry).to_be_visible()
    badge, image = hurry.bounding_box(), page.locator("#image").bounding_box()
    assert badge
    assert image
    assert badge["y"] + badge["height"] <= image["y"]
    assert places(page) == before
    # It holds nothing back, comes once, and is stored with the answer that it came before.
    press(page, "4 2 3 Enter")
    shows(page, 5)
    expect(hurry).to_be_hidden()
    press(page, "4 2 3 Enter")
    shows(page, 6)
    arrived(page)
    assert pace_warnings() == [0, 0, 0, 1, 0]


def test_the_kind_word_waits_for_an_image_that_comes_late(hurried: Page) -> None:
    hurry = hurried.get_by_text(HURRY)
    hurried.route("**/submit/", lambda route: route.abort())
    for number in (1, 2, 3):
        shows(hurried, number)
        press(hurried, "4 2 3 Enter")
    # Nothing is left to rate until the server takes the answers.
    expect(hurried.locator("#controls:enabled")).to_have_count(0)
    expect(hurry).to_be_hidden()
    hurried.unroute("**/submit/")
    shows(hurried, 4)
    expect(hurry).to_be_visible()
    press(hurried, "4 2 3 Enter")
    shows(hurried, 5)
    expect(hurry).to_be_hidden()
    arrived(hurried)
    assert pace_warnings() == [0, 0, 0, 1]


@pytest.fixture
def phone(
    browser: Browser, live_server: LiveServer, study: Study, rater: Rater, images: list[Stimulus]
) -> Iterator[Callable[[int, int], Page]]:
    Study.objects.filter(pk=study.pk).update(
        title="Sora pictures, the second round of the summer",
        session_plan=replace(PLAIN, block_trials=6).to_json(),
    )
    contexts = []

    def start(width: int, height: int) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, has_touch=True, is_mobile=True
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(live_server.url + rater_link(rater))
        page.locator("#agree").check()
        page.get_by_role("button", name="Start").tap()
        expect(page.get_by_role("heading", name="How to rate")).to_be_visible()
        return page

    yield start
    for context in contexts:
        leave(context.pages[0])
        context.close()


def test_help_on_a_phone_speaks_of_fingers(phone: Callable[[int, int], Page]) -> None:
    page = phone(390, 844)
    title = page.get_by_text("Sora pictures, the second round of the summer")
    assert title.evaluate("e => e.scrollWidth <= e.clientWidth")
    sheet = page.locator("#instructions")
    expect(sheet.get_by_text("Tap a score; another tap changes it")).to_be_visible()
    expect(page.locator("kbd:visible")).to_have_count(0)
    page.get_by_role("button", name="Show me the first image").tap()
    shows(page, 1)
    page.get_by_role("button", name="Help").tap()
    dialog = page.get_by_role("dialog", name="Help")
    expect(dialog.get_by_text("Tap a score; another tap changes it")).to_be_visible()
    expect(page.locator("kbd:visible")).to_have_count(0)


def test_a_phone_shows_a_square_as_large_as_its_width_and_reports_without_help(
    phone: Callable[[int, int], Page],
) -> None:
    page = phone(390, 844)
    page.get_by_role("button", name="Show me the first image").tap()
    shows(page, 1)
    image = page.locator("#image img").bounding_box()
    assert image
    assert image["width"] == image["height"] >= 350
    page.get_by_role("button", name="Report", exact=True).tap()
    expect(page.get_by_role("dialog", name="Report a problem")).to_be_visible()


def test_words_of_a_narrow_phone_are_in_one_piece(phone: Callable[[int, int], Page]) -> None:
    page = phone(360, 640)
    page.get_by_role("button", name="Show me the first image").tap()
    shows(page, 1)
    for label in page.locator('[data-perspective="quality"] .level-label').all():
        lines, wide = label.evaluate(
            "e => [e.getClientRects().length, e.scrollWidth - e.clientWidth]"
        )
        assert (lines, wide) == (1, 0)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == 360
    # Half of 390: a usual phone whose owner needs 200 %.
    page.set_viewport_size({"width": 195, "height": 422})
    assert page.evaluate("document.documentElement.scrollWidth") == 195
    for label in page.locator(".level-label").all():
        assert label.evaluate("e => e.getClientRects().length") == 1
