"""One image pixel per screen pixel, as a study may ask for."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from annotation.raters.access import rater_link
from tests import factories
from tests.e2e.conftest import leave
from tests.e2e.rating_page import press, shows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Wider and higher than the field at 1366 × 768.
SIZE = (1600, 1200)


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    Study.objects.filter(pk=study.pk).update(image_size="pixels")
    return factories.make_stimuli(study, 3, size=SIZE)


def begin(page: Page) -> Page:
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    return shows(page, 1)


def field(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.evaluate(
        """() => {
            const holder = document.querySelector("#image");
            const image = holder.querySelector("img").getBoundingClientRect();
            return {width: image.width, height: image.height, left: holder.scrollLeft,
                top: holder.scrollTop, wide: holder.clientWidth, high: holder.clientHeight};
        }"""
    )
    return found


def test_a_large_image_is_shown_pixel_by_pixel_and_dragged(open_page: Callable[[], Page]) -> None:
    page = begin(open_page())
    before = field(page)
    assert (before["width"], before["height"]) == SIZE
    # In the middle at first: as much is hidden on either side.
    assert before["left"] == pytest.approx((SIZE[0] - before["wide"]) / 2, abs=1)
    assert before["top"] == pytest.approx((SIZE[1] - before["high"]) / 2, abs=1)
    box = page.locator("#image").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    after = field(page)
    assert (after["left"], after["top"]) == (before["left"] - 60, before["top"] - 40)


def test_a_screen_of_two_pixels_per_css_pixel_shows_it_at_half_the_length(
    browser: Browser, live_server: LiveServer, rater: Rater, images: list[Stimulus]
) -> None:
    context = browser.new_context(device_scale_factor=2)
    page = context.new_page()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(live_server.url + rater_link(rater))
    try:
        found = field(begin(page))
        assert (found["width"], found["height"]) == (SIZE[0] / 2, SIZE[1] / 2)
    finally:
        leave(page)
        context.close()


def test_a_large_image_is_in_the_middle_where_one_reads_from_right_to_left(
    open_page: Callable[[], Page],
) -> None:
    page = begin(open_page())
    page.evaluate("document.documentElement.dir = 'rtl'")
    press(page, "4 2 3 Enter")
    found = field(shows(page, 2))
    # Scrolling counts from the right, downwards from 0.
    assert found["left"] == pytest.approx(-(SIZE[0] - found["wide"]) / 2, abs=1)
    assert found["wide"] < SIZE[0] - 100
