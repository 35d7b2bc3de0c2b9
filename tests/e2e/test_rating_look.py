"""How the rating page looks: everything on one screen, nothing that moves, nothing in the way."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # none
from playwright.sync_api import Page, expect

from annotation.models import Study

from .rating_page import choose, press, shows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_PROMPT = "A street of small shops after the rain, lit by paper lanterns. " * 34


#: A laptop, tablets either way, and windows under a browser's bars.
ONE_SCREEN = [
    (1366, 768),
    (1024, 768),
    (1366, 650),
    (1280, 720),
    (1024, 690),
    (820, 1180),
    (768, 1024),
]
OVERFLOW = """() => {
    const over = (e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight];
    const questions = document.querySelector("#questions");
    return [...over(document.documentElement), ...over(questions)];
}"""


def test_everything_is_on_one_screen_with_the_longest_prompt(rating: Page) -> None:
    image = rating.locator("#image")
    rating.evaluate("text => document.querySelector('#prompt').textContent = text", LONG_PROMPT)
    for width, height in ONE_SCREEN:
        rating.set_viewport_size({"width": width, "height": height})
        before = image.bounding_box()
        for phrase in ("partially distorted", "partially inconsistent"):
            rating.get_by_text(phrase).click()
        assert rating.evaluate(OVERFLOW) == [0, 0, 0, 0], (width, height)
        # A low level asks for words; the image stays as large as it was.
        assert image.bounding_box() == before
        assert before is not None
        assert before["height"] >= 288
        for phrase in ("partially distorted", "partially inconsistent"):
            rating.get_by_text(phrase).click()
    prompt = rating.locator("#prompt")
    assert prompt.evaluate("e => e.scrollHeight > e.clientHeight + 100 && e.clientHeight >= 60")


def test_nothing_moves_from_one_image_to_the_next(rating: Page) -> None:
    rating.evaluate(
        """() => {
            window.shift = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.shift += entry.value;
            }).observe({type: "layout-shift", buffered: true});
        }"""
    )
    for number in (2, 3, 4):
        press(rating, "4 2 3 Enter")
        shows(rating, number)
    assert rating.evaluate("window.shift") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_stage(
    open_page: Callable[[], Page], study: Study, scheme: Any
) -> None:
    Study.objects.filter(pk=study.pk).update(session_trials=1)
    page = open_page()
    page.emulate_media(color_scheme=scheme)
    check_accessibility(page)
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="How to rate")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Show me the first image").click()
    shows(page, 1)
    page.get_by_text("partially distorted").click()
    press(page, "4 2")
    check_accessibility(page)
    press(page, "?")
    check_accessibility(page)
    press(page, "Escape")
    page.locator("#open-skip").click()
    check_accessibility(page)
    press(page, "Escape")
    page.locator("#canvas").click()
    press(page, "4 2 3 Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    check_accessibility(page)
    page.goto(page.url.split("/rate/")[0] + "/rate/nonsense/")
    check_accessibility(page)


def check_accessibility(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_a_phone_shows_image_and_questions_by_scrolling_down_only(
    rating: Page,
) -> None:
    rating.set_viewport_size({"width": 390, "height": 844})
    widths = rating.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] == widths[1]
    for perspective in ("quality", "authenticity", "correspondence"):
        choose(rating, perspective, 2)
    rating.get_by_role("button", name="Next image").click()
    shows(rating, 2)
    assert rating.evaluate("window.scrollY") == 0
