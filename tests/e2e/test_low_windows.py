"""The rating page with little room: at 200 %, on tablets, on phones, on touch screens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from annotation.raters.access import rater_link
from tests import factories
from tests.annotation.rating.helpers import set_study
from tests.e2e.axe import check_accessibility
from tests.e2e.conftest import leave
from tests.e2e.rating_page import arrived, choose, press, shows, submitted
from tests.e2e.test_rating_look import OVERFLOW
from tests.e2e.test_session_plan import set_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: A laptop of 1366 × 768 pixels at 200 %.
ZOOMED = ViewportSize(width=683, height=384)
#: What has the focus, and which part of it is hidden: outside the window, or under something.
FOCUS = """() => {
    const focused = document.activeElement;
    if (focused === document.body) return ["", "", 0];
    const seen = focused.closest("label") ?? focused;
    const {left, right, top, bottom} = seen.getBoundingClientRect();
    const middle = (left + right) / 2;
    const hidden = [top + 2, (top + bottom) / 2, bottom - 2].filter((height) => {
        const found = document.elementFromPoint(middle, height);
        return !found || !(seen.contains(found) || found.contains(seen) && found.matches("p"));
    });
    return [focused.name || focused.id, focused.value ?? "", hidden.length];
}"""


def focus(page: Page) -> tuple[str, str, int]:
    name, value, hidden = page.evaluate(FOCUS)
    return name, value, hidden


@pytest.mark.parametrize(
    "size", [ZOOMED, ViewportSize(width=390, height=844), ViewportSize(width=320, height=256)]
)
def test_what_has_the_keyboard_is_seen_in_any_window(rating: Page, size: Any) -> None:
    page = rating
    page.set_viewport_size(size)
    press(page, "4 2 3 Enter")
    shows(page, 2)
    assert focus(page) == ("score-quality", "1", 0)
    press(page, "4")
    assert focus(page) == ("score-authenticity", "1", 0)
    page.get_by_text("partially inconsistent").click()
    reached = set()
    for key in 14 * ["Tab"] + 14 * ["Shift+Tab"]:
        press(page, key)
        name, _value, hidden = focus(page)
        reached.add(name)
        assert not hidden, (name, key)
    assert {"score-correspondence", "text-correspondence", "submit"} <= reached
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0


def test_at_200_percent_image_score_and_button_are_on_the_screen_together(rating: Page) -> None:
    rating.set_viewport_size(ZOOMED)
    for place in ("#image img", ".level", "#submit", "#prompt"):
        expect(rating.locator(place).first).to_be_in_viewport(ratio=0.99)
    # A dialog's buttons too, above all that it says.
    for key, name in (("?", "Continue"), ("s", "Skip the image")):
        press(rating, key)
        expect(rating.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        press(rating, "Escape")


def test_feedback_is_reached_by_keyboard_in_a_low_window(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_plan(study, practice_trials=1)
    (stimulus,) = factories.make_stimuli(study, [70], purpose="practice")
    for perspective in ("quality", "authenticity", "correspondence"):
        factories.publish(stimulus=stimulus, perspective=perspective, mos=0.75, source="experts")
    page = open_page()
    begin(page)
    shows(page, 1, "Practice")
    before = page.locator(".levels").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().y)"
    )
    press(page, "1 1 1 Enter")
    expect(page.locator(".expected").last).to_contain_text("The study expects")
    # In the place of the reasons: nothing moves.
    after = page.locator(".levels").evaluate_all("all => all.map(e => e.getBoundingClientRect().y)")
    assert after == before
    page.set_viewport_size(ZOOMED)
    check_accessibility(page)
    expect(page.locator(".expected").last).not_to_be_in_viewport()
    page.locator("#prompt").focus()
    press(page, "Tab")
    expect(page.locator("#questions")).to_be_focused()
    press(page, "End")
    expect(page.locator(".expected").last).to_be_in_viewport(ratio=1)


def begin(page: Page) -> None:
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()


@pytest.fixture
def touched(
    browser: Browser, live_server: LiveServer, rater: Rater, images: list[Stimulus]
) -> Callable[[int, int], Any]:
    """Opens the rater's session on a screen of this size, under fingers."""
    factories.make_session(rater)

    @contextmanager
    def visit(width: int, height: int) -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            screen={"width": width, "height": height},
            has_touch=True,
            is_mobile=True,
        )
        page = context.new_page()
        page.goto(live_server.url + rater_link(rater))
        yield page
        leave(page)
        context.close()

    return visit


LOWEST = """all => Math.min(...all.map((e) => e.getBoundingClientRect().height).filter(Boolean))"""


@pytest.mark.parametrize(
    ("size", "least"), [((768, 1024), 44), ((390, 844), 44), ((1024, 768), 36)]
)
def test_fingers_find_what_they_touch(
    touched: Callable[[int, int], Any], size: tuple[int, int], least: int
) -> None:
    with touched(*size) as page:
        shows(page, 1)
        page.get_by_text("partially distorted").tap()
        touchable = page.locator(".level, .chip, .bar button, .send button, textarea:visible")
        assert touchable.evaluate_all(LOWEST) >= least
        page.get_by_text("partially inconsistent").tap()
        wide, high, *questions = page.evaluate(OVERFLOW)
        assert [wide, *questions] == [0, 0, 0]
        assert high == 0 or size == (390, 844)
        for perspective in ("quality", "authenticity", "correspondence"):
            choose(page, perspective, 4)
        page.get_by_role("button", name="Next image").tap()
        shows(page, 2)
        arrived(page)
        assert len(submitted()) == 1


def test_a_phone_waits_for_a_larger_screen_in_an_open_session_too(
    touched: Callable[[int, int], Any], study: Study
) -> None:
    with touched(390, 844) as page:
        shows(page, 1)
        set_study(study, viewing_checks={**study.viewing.to_json(), "phones": False})
        page.reload()
        expect(page.get_by_role("heading", name="A larger screen, please")).to_be_focused()
        expect(page.get_by_text("please open the link on a computer or a tablet")).to_be_visible()
        for hidden in ("#controls", "#interlude-go", "#pause", "#instructions"):
            expect(page.locator(hidden)).to_be_hidden()
    with touched(768, 1024) as page:
        shows(page, 1)


@pytest.mark.parametrize("width", [360, 820])
def test_examples_fit_next_to_each_other(
    open_page: Callable[[], Page], study: Study, width: int
) -> None:
    """Prompts of long words too: nothing widens the page, and no example covers another."""
    for number, stimulus in enumerate(
        factories.make_stimuli(study, range(100, 103), purpose="practice")
    ):
        stimulus.prompt.text = f"{number} extraordinarily-overcomplicated diorama, " * 4
        stimulus.prompt.save()
        factories.publish(
            stimulus=stimulus, perspective="quality", mos=number / 2, source="experts"
        )
    set_plan(study, practice_trials=3)
    page = open_page()
    page.set_viewport_size({"width": width, "height": 640})
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    figures = page.get_by_role("group", name="Quality").get_by_role("figure")
    expect(figures).to_have_count(3)
    sides = figures.evaluate_all(
        "found => found.flatMap(it => [it.getBoundingClientRect().left, "
        "it.getBoundingClientRect().left + it.scrollWidth])"
    )
    assert sides == sorted(sides)
    assert sides[-1] <= width
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
