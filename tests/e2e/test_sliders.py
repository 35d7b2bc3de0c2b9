"""Scores on a continuous scale by keyboard: steps that can be travelled, words where they stand."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Study
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.scales import SLIDER5, SLIDER100, Scale
from tests import factories
from tests.e2e.rating_page import press, shows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Where the middle of each word is along the slider, and where its knob would stand for it: the
#: knob, 16 pixels wide, does not leave the slider.
ALONG = """() => {
    const row = document.querySelector(".slider-row");
    const slider = row.querySelector("input").getBoundingClientRect();
    const words = [...row.querySelectorAll(".anchors > *")].map((e) => {
        const { x, width } = e.getBoundingClientRect();
        return x + width / 2;
    });
    return words.map((x, place) => {
        const share = (place + 0.5) / words.length;
        return x - (slider.x + 8 + share * (slider.width - 16));
    });
}"""


@pytest.fixture
def slide(open_page: Callable[[], Page], study: Study) -> Callable[[Scale], Page]:
    def begin(scale: Scale) -> Page:
        factories.set_perspectives(study, default_perspectives(scale))
        page = open_page()
        page.get_by_label("I have read this and agree").check()
        page.get_by_role("button", name="Start").click()
        page.get_by_role("button", name="Show me the first image").click()
        return shows(page, 1)

    return begin


def value(page: Page) -> str:
    return page.locator(".slider-value").first.inner_text()


def test_arrows_travel_and_shift_is_fine(slide: Callable[[Scale], Page]) -> None:
    page = slide(SLIDER5)
    first = page.locator('[name="score-quality"]')
    expect(first).to_be_focused()
    assert value(page) == "–"
    press(page, "ArrowRight")
    assert value(page) == "2.5"
    press(page, "ArrowRight ArrowUp")
    assert value(page) == "2.7"
    press(page, "Shift+ArrowLeft")
    assert value(page) == "2.69"
    press(page, "Shift+ArrowRight ArrowDown ArrowLeft ArrowLeft")
    assert value(page) == "2.4"
    # From the middle to the end in 25 presses.
    press(page, "ArrowRight " * 26)
    assert value(page) == "5"
    press(page, "Home")
    assert value(page) == "0"


def test_page_keys_begin_in_the_middle_too(slide: Callable[[Scale], Page]) -> None:
    page = slide(SLIDER100)
    press(page, "PageDown")
    assert value(page) == "50"
    press(page, "PageDown")
    assert value(page) == "40"


def test_a_digit_lands_in_the_middle_of_its_word(slide: Callable[[Scale], Page]) -> None:
    page = slide(SLIDER5)
    words = page.locator('[data-perspective="quality"] .anchors span')
    expect(words).to_have_text(["Bad", "Poor", "Fair", "Good", "Excellent"])
    shown = words.evaluate_all("all => all.map(e => getComputedStyle(e, '::before').content)")
    assert [content.split()[0].strip('"') for content in shown] == ["1", "2", "3", "4", "5"]
    press(page, "4 1 5")
    assert page.locator(".slider-value").all_inner_texts() == ["3.5", "0.5", "4.5"]
    # There is no sixth word.
    press(page, "6")
    assert page.locator(".slider-value").all_inner_texts() == ["3.5", "0.5", "4.5"]


def test_words_stand_where_the_knob_stands_for_them(slide: Callable[[Scale], Page]) -> None:
    page = slide(SLIDER100)
    for width in (1366, 1024, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(ALONG) == pytest.approx([0] * 5, abs=1)


def test_without_words_digits_are_tens(slide: Callable[[Scale], Page]) -> None:
    page = slide(replace(SLIDER100, labels=("Bad", "Excellent")))
    press(page, "4 0 +")
    assert page.locator(".slider-value").all_inner_texts() == ["40", "0", "100"]
