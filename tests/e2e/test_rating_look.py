"""How the rating page looks: everything on one screen, nothing that moves, nothing in the way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Study
from tests.e2e.rating_page import choose, press, shows

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
    title = rating.locator(".bar-title")
    title.evaluate("(e, text) => (e.textContent = text)", LONG_PROMPT[:200])
    for width, height in ONE_SCREEN:
        rating.set_viewport_size({"width": width, "height": height})
        before = image.bounding_box()
        for phrase in ("partially distorted", "partially inconsistent"):
            rating.get_by_text(phrase, exact=True).click()
        expect(rating.locator("#sentence")).to_contain_text("partially inconsistent.")
        assert rating.evaluate(OVERFLOW) == [0, 0, 0, 0], (width, height)
        # A low level asks for words; the image stays as large as it was.
        assert image.bounding_box() == before
        assert before is not None
        assert before["height"] >= 288
        for phrase in ("partially distorted", "partially inconsistent"):
            rating.get_by_text(phrase, exact=True).click()
    rating.set_viewport_size({"width": 820, "height": 1180})
    higher = image.bounding_box()
    assert higher is not None
    # Of 156 px more than at 768 × 1024 the image has nearly all.
    assert higher["height"] >= 288 + 150
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


def test_texts_run_from_right_to_left_if_their_words_do(
    open_page: Callable[[], Page], study: Study
) -> None:
    label = "الجودة"
    study.perspectives.filter(position=0).update(label=label)
    page = open_page()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    shows(page, 1)
    direction = "e => getComputedStyle(e).direction"
    assert page.get_by_role("heading", name=label).evaluate(direction) == "rtl"
    assert page.get_by_role("heading", name="Authenticity").evaluate(direction) == "ltr"
    # The whole page in such a language: mirrored, with all of it on the screen.
    page.evaluate("document.documentElement.dir = 'rtl'")
    image, form = page.locator("#canvas").bounding_box(), page.locator("#answer").bounding_box()
    assert image
    assert form
    assert form["x"] == 0
    assert image["x"] >= form["width"]
    assert image["x"] + image["width"] == 1366


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
