"""What a study asks of screen and eyes before a session, in a real Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, RatingSession, Stimulus, Study
from annotation.protocol.viewing import ViewingChecks
from annotation.raters.access import rater_link
from tests.e2e.axe import check_accessibility

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BEGIN = "Show me the first image"


def ask(study: Study, checks: ViewingChecks) -> None:
    Study.objects.filter(pk=study.pk).update(viewing_checks=checks.to_json())


def agree(page: Page) -> None:
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()


def test_what_the_rater_answers_is_kept_with_the_session(
    open_page: Callable[[], Page], study: Study
) -> None:
    ask(study, ViewingChecks(card=True, greys=True, plates=True, acuity=True))
    page = open_page()
    agree(page)
    expect(page.get_by_role("heading", name="Your screen and your eyes")).to_be_focused()
    check_accessibility(page)

    button = page.get_by_role("button", name="Continue")
    button.click()
    # A question that is not answered keeps the page where it is.
    assert not RatingSession.objects.exists()
    page.get_by_label("Well, with the glasses or lenses that I am wearing").check()
    width = page.get_by_label("Width of the shape")
    width.fill("428")
    shape = page.locator("#card-shape").bounding_box()
    # ISO/IEC 7810 ID-1: 85.60 mm × 53.98 mm.
    assert shape is not None
    assert shape["width"] == pytest.approx(428, abs=1)
    assert shape["height"] == pytest.approx(428 * 53.98 / 85.60, abs=1)
    page.get_by_role("group", name="in the black bar").get_by_label("4").check()
    page.get_by_role("group", name="in the white bar").get_by_label("5").check()
    for circle, digit in ((1, "7"), (2, "5"), (3, "None")):
        page.get_by_role("combobox", name=f"Circle {circle}").select_option(digit)
    button.click()
    expect(page.get_by_role("button", name=BEGIN)).to_be_visible()
    assert RatingSession.objects.get().client["checks"] == {
        "acuity": "corrected",
        "pixels_per_mm": 5.0,
        "greys": [4, 5],
        "plates": [7, 5, None],
    }


def test_a_window_that_is_too_small_is_asked_to_grow(
    open_page: Callable[[], Page], study: Study
) -> None:
    ask(study, ViewingChecks(minimum_width=1200, minimum_height=700))
    page = open_page()
    page.set_viewport_size({"width": 1000, "height": 800})
    agree(page)
    button = page.get_by_role("button", name="Continue")
    expect(page.get_by_text("Please enlarge the window to at least 1200 × 700")).to_be_visible()
    expect(button).to_be_disabled()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(button).to_be_enabled()
    button.click()
    expect(page.get_by_role("button", name=BEGIN)).to_be_visible()


def test_a_window_that_is_large_enough_is_not_asked(
    open_page: Callable[[], Page], study: Study
) -> None:
    ask(study, ViewingChecks(minimum_width=1200, minimum_height=700))
    page = open_page()
    agree(page)
    expect(page.get_by_role("button", name=BEGIN)).to_be_visible()


def test_a_phone_is_told_that_it_is_too_small_and_a_tablet_is_not(
    browser: Browser, live_server: LiveServer, study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    ask(study, ViewingChecks(phones=False))

    def handheld(width: int, height: int) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            screen={"width": width, "height": height},
            has_touch=True,
            is_mobile=True,
        )
        page = context.new_page()
        page.goto(live_server.url + rater_link(rater))
        agree(page)
        return page

    phone = handheld(390, 844)
    expect(phone.get_by_text("The images need a larger screen")).to_be_visible()
    expect(phone.get_by_role("button", name="Continue")).to_be_disabled()
    phone.context.close()
    tablet = handheld(820, 1180)
    expect(tablet.get_by_role("button", name=BEGIN)).to_be_visible()
    tablet.context.close()
