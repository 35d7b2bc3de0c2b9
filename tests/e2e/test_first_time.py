"""Somebody who has never seen the page, and has no help.

They read what is on the screen and do that: no key is known to them, and this test knows no part of
the page by anything but the words and roles that everybody is given.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation.models import RatingSession, Study, Trial
from annotation.protocol.plan import SessionPlan
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PRACTICE, MAIN = 5, 20
LOOKED_AT = {"Quality": "Good", "Authenticity": "Fair", "Correspondence": "Excellent"}


@pytest.fixture
def page(open_page: Callable[[], Page], study: Study) -> Page:
    """As a new study is, of as many images as there are to be."""
    factories.make_stimuli(study, range(6, MAIN))
    for number, stimulus in enumerate(
        factories.make_stimuli(study, range(100, 100 + PRACTICE), purpose="practice")
    ):
        for perspective in ("quality", "authenticity", "correspondence"):
            factories.publish(
                stimulus=stimulus, perspective=perspective, mos=number / 4, source="experts"
            )
    Study.objects.update(session_plan=SessionPlan().to_json(), session_trials=MAIN)
    return open_page()


def test_five_images_of_practice_and_twenty_more_with_no_help(page: Page) -> None:
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    for _number in range(PRACTICE):
        expect(page.get_by_text("Practice: this does not count yet")).to_be_visible()
        rate(page, then="See what the study expects")
        expect(page.get_by_text("The study expects about").first).to_be_visible()
        page.get_by_role("button", name="Next image").click()
    expect(page.get_by_role("heading", name="Practice is over")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    for _number in range(MAIN):
        rate(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text(f"You have rated {MAIN} images in this study.")).to_be_visible()
    assert RatingSession.objects.get().state == "done"
    assert Trial.objects.filter(state="submitted").count() == PRACTICE + MAIN
    assert Trial.objects.filter(role="practice").count() == PRACTICE


def rate(page: Page, then: str = "Next image") -> None:
    """By what is written on the levels, once a new image has come."""
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    for question, level in LOOKED_AT.items():
        page.get_by_role("radiogroup", name=question, exact=True).get_by_text(level).click()
    page.get_by_role("button", name=then).click()
