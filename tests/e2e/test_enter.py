"""Enter presses the main button of every page and dialog, wherever the focus is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation.models import RatingSession, SharedLink, Study
from annotation.raters.invitations import open_shared_link, shared_link_path
from tests.e2e.rating_page import press, shows
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Milliseconds after which a page takes Enter.
PATIENCE = 900


def enter(page: Page) -> None:
    """Nothing has been pressed or focused on the page that is there."""
    page.wait_for_timeout(PATIENCE)
    page.keyboard.press("Enter")


def test_a_session_goes_by_enter_from_consent_to_thanks(
    open_page: Callable[[], Page], study: Study
) -> None:
    Study.objects.filter(pk=study.pk).update(session_trials=2)
    page = open_page()
    expect(page.get_by_role("heading", name="Welcome")).to_be_focused()
    enter(page)
    # Consent is not given by Enter alone: the browser asks for the tick.
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    # On a low screen the box is at the end of a text, and the next text is read from its beginning.
    wide = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 240})
    page.get_by_label("I have read this and agree").check()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("window.scrollY") > 0
    page.get_by_role("heading", name="Welcome").evaluate("it => it.focus({preventScroll: true})")
    enter(page)
    expect(page.get_by_role("heading", name="How to rate")).to_be_focused()
    assert page.evaluate("window.scrollY") == 0
    if wide:
        page.set_viewport_size(wide)
    enter(page)
    shows(page, 1)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="A break")).to_be_focused()
    enter(page)
    shows(page, 1)
    press(page, "4 2 3 Enter")
    shows(page, 2)
    press(page, "4 2 3 Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    # A key that is still down, or comes too early, starts no other session.
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    assert RatingSession.objects.get().state == "done"
    enter(page)
    expect(page.get_by_role("heading", name="How to rate")).to_be_focused()
    assert RatingSession.objects.count() == 2


def test_a_key_that_is_held_presses_nothing(rating: Page) -> None:
    rating.keyboard.press("?")
    dialog = rating.get_by_role("dialog", name="Help")
    expect(dialog.get_by_role("button", name="Continue")).to_be_focused()
    rating.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    rating.wait_for_timeout(PATIENCE)
    rating.keyboard.down("Enter")
    expect(dialog).to_be_hidden()
    # It repeats, and means "send" on the page below.
    rating.keyboard.down("Enter")
    rating.keyboard.up("Enter")
    expect(rating.locator("#missing")).to_be_empty()


def test_what_uses_enter_itself_keeps_it(rating: Page) -> None:
    rating.get_by_role("button", name="Report").click()
    rating.wait_for_timeout(PATIENCE)
    field = rating.get_by_label("What is wrong?")
    field.focus()
    rating.keyboard.type("One")
    rating.keyboard.press("Enter")
    rating.keyboard.type("two")
    expect(field).to_have_value("One\ntwo")
    rating.get_by_role("button", name="Cancel").focus()
    rating.keyboard.press("Enter")
    expect(rating.get_by_role("dialog")).to_be_hidden()


def test_an_invitation_is_taken_by_enter(
    open_page: Callable[[], Page], study: Study, owner: User
) -> None:
    page = open_page()
    link = open_shared_link(study=study, quota=5, actor=owner)
    page.goto(page.url.split("/rate/")[0] + shared_link_path(link))
    expect(page.get_by_role("heading", name="You are invited")).to_be_focused()
    enter(page)
    expect(page.get_by_role("heading", name="Welcome")).to_be_focused()
    assert SharedLink.objects.get().used == 1
