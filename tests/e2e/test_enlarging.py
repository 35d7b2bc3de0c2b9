"""The image enlarged within its field: by keys, a mouse and fingers, and what is stored of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from annotation.protocol.plan import PLAIN
from annotation.raters.access import rater_link
from tests import factories
from tests.annotation.opinion.export.rated import get_export
from tests.e2e.conftest import leave
from tests.e2e.rating_page import arrived, press, shows, submitted
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCALE = "() => new DOMMatrix(getComputedStyle(document.querySelector('#image')).transform).a"
#: Of the field, which cuts off what is larger, and of the image within it.
SIZES = """() => ["#canvas", "#image img"].map((name) => {
    const { width, height } = document.querySelector(name).getBoundingClientRect();
    return [width, height];
})"""


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    return factories.make_stimuli(study, 3, size=(512, 512))


@pytest.fixture
def enlarging(study: Study) -> None:
    plan = replace(PLAIN, enlarging=True)
    Study.objects.filter(pk=study.pk).update(session_plan=plan.to_json())


@pytest.fixture
def touched(
    browser: Browser, live_server: LiveServer, rater: Rater, images: list[Stimulus], enlarging: None
) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(live_server.url + rater_link(rater))
    page.locator("#agree").check()
    page.get_by_role("button", name="Start").tap()
    page.get_by_role("button", name="Show me the first image").tap()
    yield shows(page, 1)
    leave(page)
    context.close()


def test_z_enlarges_in_steps_and_arrows_move(enlarging: None, rating: Page) -> None:
    field, image = rating.evaluate(SIZES)
    press(rating, "z")
    assert rating.evaluate(SCALE) == 2
    expect(rating.locator("#image")).to_be_focused()
    before = rating.locator("#image img").bounding_box()
    press(rating, "ArrowRight ArrowDown")
    after = rating.locator("#image img").bounding_box()
    assert before
    assert after
    assert after["x"] < before["x"]
    assert after["y"] < before["y"]
    press(rating, "z")
    assert rating.evaluate(SCALE) == 4
    # The field stays as large as it was, and nothing of the page moves.
    assert rating.evaluate(SIZES)[0] == field
    assert rating.evaluate(SIZES)[1] == [4 * side for side in image]
    press(rating, "z")
    assert rating.evaluate(SCALE) == 1
    expect(rating.locator('[name="score-quality"]').first).to_be_focused()
    press(rating, "z 4 2 3 Enter")
    shows(rating, 2)
    # The next image comes as everybody sees it.
    assert rating.evaluate(SCALE) == 1
    press(rating, "4 2 3 Enter")
    shows(rating, 3)
    arrived(rating)
    first, second = (trial.behaviour for trial in submitted())
    assert (first["enlarged"], first["enlarged_most"]) == (2, 4)
    assert first["enlarged_ms"] > 0
    # What is stored of its size is what it is without.
    assert first["image_size"] == second["image_size"] == [512, 512]
    assert (second["enlarged"], second["enlarged_ms"], second["enlarged_most"]) == (0, 0, 1)


def test_use_is_exported(enlarging: None, rating: Page, client: Client, owner: User) -> None:
    press(rating, "z z z 4 2 3 Enter")
    shows(rating, 2)
    arrived(rating)
    assert '"enlarged":1' in get_export(client, owner, "nested").replace(" ", "")


def test_a_click_enlarges_where_it_is_and_the_mouse_moves_the_part(
    enlarging: None, rating: Page
) -> None:
    box = rating.locator("#image img").bounding_box()
    assert box
    corner = (box["x"] + 40, box["y"] + 40)
    rating.mouse.click(*corner)
    assert rating.evaluate(SCALE) == 2
    large = rating.locator("#image img").bounding_box()
    assert large
    # The point under the pointer stays there: 40 pixels of the image are 80 now.
    assert large["x"] == pytest.approx(corner[0] - 80, abs=1)
    rating.mouse.move(corner[0] + 200, corner[1])
    moved = rating.locator("#image img").bounding_box()
    assert moved
    assert moved["x"] == pytest.approx(large["x"] - 200, abs=1)
    rating.mouse.click(*corner)
    rating.mouse.click(*corner)
    assert rating.evaluate(SCALE) == 1


def test_a_tap_enlarges_and_a_finger_moves(touched: Page) -> None:
    touched.touchscreen.tap(200, 300)
    assert touched.evaluate(SCALE) == 2
    before = touched.locator("#image img").bounding_box()
    drag(touched, (200, 300), (120, 300))
    after = touched.locator("#image img").bounding_box()
    assert before
    assert after
    assert after["x"] == pytest.approx(before["x"] - 80, abs=2)
    assert touched.evaluate(SCALE) == 2
    # Chromium takes a tap that follows a drag at once for its end.
    touched.wait_for_timeout(500)
    for factor in (4, 1):
        touched.touchscreen.tap(200, 300)
        touched.wait_for_function(f"({SCALE})() === {factor}")
    assert touched.evaluate("window.scrollY") == 0


def test_two_fingers_enlarge(touched: Page) -> None:
    session = touched.context.new_cdp_session(touched)

    def touch(kind: str, *apart: int) -> None:
        points = [{"x": 195 + side * apart[0] / 2, "y": 300, "id": side} for side in (-1, 1)]
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if apart[0] else []}
        )

    touch("touchStart", 60)
    for width in (90, 120, 150, 180):
        touch("touchMove", width)
    touch("touchEnd", 0)
    # Three times as far apart.
    assert touched.evaluate(SCALE) == pytest.approx(3, abs=0.2)


def test_a_study_that_does_not_allow_it_enlarges_nothing(rating: Page) -> None:
    press(rating, "z")
    rating.locator("#image").click()
    assert rating.evaluate(SCALE) == 1
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    arrived(rating)
    (trial,) = submitted()
    assert "enlarged" not in trial.behaviour


def drag(page: Page, start: tuple[int, int], end: tuple[int, int]) -> None:
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    touch("touchStart", start)
    for step in range(1, 5):
        share = step / 4
        touch("touchMove", (start[0] + share * (end[0] - start[0]), start[1]))
    touch("touchEnd")
