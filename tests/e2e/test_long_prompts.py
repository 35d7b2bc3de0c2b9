"""Prompts longer than their place: all of it can be read, and the image keeps its size."""

import csv
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Stimulus, Study, Trial
from tests import factories
from tests.e2e.rating_page import arrived, press, shows, submitted
from tests.e2e.test_low_windows import touched  # noqa: F401 -- a fixture
from tests.e2e.test_session_plan import set_plan
from tests.shared_data import require_shared

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SENTENCE = "A street of small shops after the rain, lit by paper lanterns. "
#: As long as a prompt can be.
LONGEST = (SENTENCE * 32)[:1999] + "."
#: Laptops, a laptop at 200 %, tablets, phones.
SCREENS = [
    (1366, 768),
    (1280, 720),
    (683, 384),
    (1024, 768),
    (768, 1024),
    (390, 844),
    (360, 640),
]
#: Three of the six images have long prompts: whatever the order, four of them are of both kinds.
SOME_OF_BOTH = (1, 2, 3, 4)
SEEN_WHOLE = """() => {
    const {scrollTop, clientHeight, scrollHeight} = document.querySelector("#prompt");
    return scrollTop + clientHeight >= scrollHeight - 2;
}"""
FILLS_ITS_PLACE = "field => field.clientWidth === field.parentElement.clientWidth"


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    """Of one format, their prompts short and long in turns."""
    stimuli = factories.make_stimuli(study, 6, size=(1024, 1024))
    for place, stimulus in enumerate(stimuli):
        text = LONGEST if place % 2 else "A red sofa."
        stimulus.prompt.text = f"{place} {text}"[:2000]
        stimulus.prompt.save()
    return stimuli


@pytest.mark.parametrize("size", SCREENS)
def test_the_image_has_one_size_and_the_whole_prompt_can_be_read_with_the_questions(
    rating: Page, size: tuple[int, int]
) -> None:
    width, height = size
    rating.set_viewport_size({"width": width, "height": height})
    sizes = set()
    for number in SOME_OF_BOTH:
        shows(rating, number)
        sizes.add(image_size(rating))
        assert rating.locator("#canvas").evaluate(FILLS_ITS_PLACE)
        if len(rating.locator("#prompt").inner_text()) > 1000:
            read_all(rating)
            sizes.add(image_size(rating))
        press(rating, "4 2 3 Enter")
    assert len(sizes) == 1, sizes
    arrived(rating)
    assert_stored(sizes.pop())


def image_size(page: Page) -> tuple[int, int]:
    box = page.locator("#image img").bounding_box()
    assert box is not None
    return round(box["width"]), round(box["height"])


def read_all(page: Page) -> None:
    """There is a sign that there is more; opened, the end is reached next to the last question."""
    more = page.get_by_role("button", name="Show all")
    page.locator(".question").last.locator(".level").first.scroll_into_view_if_needed()
    expect(more).to_be_in_viewport(ratio=1)
    expect(page.locator("#prompt[data-more]")).to_be_visible()
    press_where_it_is(page, more)
    page.locator("#prompt").evaluate("text => text.scrollTo(0, text.scrollHeight)")
    page.wait_for_function(SEEN_WHOLE)
    expect(page.locator("#prompt[data-more]")).to_have_count(0)
    expect(page.locator("#prompt")).to_be_in_viewport(ratio=0.99)
    expect(page.locator(".question").last.locator(".level").first).to_be_in_viewport()
    press_where_it_is(page, page.get_by_role("button", name="Show less"))
    page.locator('input[name="score-quality"]').first.focus()


def press_where_it_is(page: Page, button: Locator) -> None:
    """Without the scrolling to it that a click of Playwright's begins with."""
    box = button.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def assert_stored(size: tuple[int, int]) -> None:
    for trial in submitted():
        assert trial.behaviour["image_size"] == pytest.approx(list(size), abs=1)
        assert trial.behaviour["image_pixels"] == trial.behaviour["image_size"]
        assert trial.behaviour["prompt_seen"] == 1


def test_what_was_not_seen_of_a_prompt_is_stored(rating: Page) -> None:
    for number in SOME_OF_BOTH:
        shows(rating, number)
        press(rating, "4 2 3 Enter")
    shows(rating, len(SOME_OF_BOTH) + 1)
    arrived(rating)
    seen = {len(text(trial)) > 1000: trial.behaviour["prompt_seen"] for trial in submitted()}
    assert seen[False] == 1
    # Three lines of about twenty.
    assert 0.05 < seen[True] < 0.4


def text(trial: Trial) -> str:
    return str(trial.stimulus.prompt.text)


def test_a_study_may_want_every_prompt_read_to_its_end(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_plan(study, whole_prompt=True)
    page = open_page()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    for number in SOME_OF_BOTH:
        page.set_viewport_size({"width": 1366, "height": 768})
        shows(page, number)
        long = len(page.locator("#prompt").inner_text()) > 1000
        page.set_viewport_size({"width": 683, "height": 384})
        press(page, "4 2 3 Enter")
        if long:
            expect(page.locator("#toast")).to_contain_text("read the prompt to its end")
            expect(page.locator("#prompt")).to_be_focused()
            press(page, "End")
            page.wait_for_function(SEEN_WHOLE)
            press(page, "Enter")
    shows(page, len(SOME_OF_BOTH) + 1)
    arrived(page)
    assert [trial.behaviour["prompt_seen"] for trial in submitted()] == [1] * len(SOME_OF_BOTH)


def test_the_case_of_a_long_prompt_on_a_phone(
    touched: Callable[[int, int], Any],  # noqa: F811 -- the fixture
    study: Study,
) -> None:
    case = require_shared("cases/11-long-prompt-on-a-phone")
    with (case / "manifest.csv").open(encoding="utf-8-sig") as rows:
        prompts = [row["prompt"] for row in csv.DictReader(rows)]
    for stimulus, prompt in zip(Stimulus.objects.filter(study=study), prompts * 6, strict=False):
        stimulus.prompt.text = prompt
        stimulus.prompt.save()
    with touched(360, 640) as page:
        shows(page, 1)
        before = image_size(page)
        read_all(page)
        assert image_size(page) == before
