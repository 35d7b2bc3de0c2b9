"""The rating page with one perspective and with five of different scales, in a real Chromium."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Rater, Study
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import ACR5, ACR11, SLIDER100
from tests.e2e.rating_page import arrived, press, scores_of, shows, submitted
from tests.factories import make_session, set_perspectives

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ONE = (PerspectiveSettings("appeal", "Appeal", "Do you like it?", SLIDER100),)
FIVE = (
    PerspectiveSettings("light", "Light", "Is it well lit?", ACR5),
    PerspectiveSettings("colour", "Colour", "Do the colours fit?", SLIDER100),
    PerspectiveSettings("shape", "Shape", "Are the shapes whole?", ACR11),
    PerspectiveSettings("safety", "Safety", "May a child see it?", replace(ACR5, labels=())),
    PerspectiveSettings("appeal", "Appeal", "Do you like it?", ACR5, "As a picture."),
)
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1366, "height": 768}


@pytest.fixture
def opened(
    open_page: Callable[[], Page], study: Study, rater: Rater
) -> Callable[[tuple[PerspectiveSettings, ...], dict[str, int]], Page]:
    def visit(asked: tuple[PerspectiveSettings, ...], size: dict[str, int]) -> Page:
        set_perspectives(study, asked)
        Study.objects.filter(pk=study.pk).update(explanation_form=ExplanationForm().to_json())
        make_session(rater)
        page = open_page()
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        return shows(page, 1)

    return visit


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("asked", [ONE, FIVE], ids=["one", "five"])
def test_every_question_can_be_reached_and_the_image_is_seen(
    opened: Callable[[tuple[PerspectiveSettings, ...], dict[str, int]], Page],
    asked: tuple[PerspectiveSettings, ...],
    size: dict[str, int],
) -> None:
    page = opened(asked, size)
    questions = page.locator("#answer .question")
    expect(questions).to_have_count(len(asked))
    for place in range(len(asked)):
        questions.nth(place).scroll_into_view_if_needed()
        expect(questions.nth(place)).to_be_in_viewport(ratio=0.9)
    # Nothing overflows the window sideways, and the image keeps a decent size.
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    expect(page.locator("#image img")).to_be_in_viewport(ratio=0.9)


def test_one_perspective_is_rated_by_keyboard(
    opened: Callable[[tuple[PerspectiveSettings, ...], dict[str, int]], Page],
) -> None:
    page = opened(ONE, DESKTOP)
    press(page, "4 Enter")  # the fourth of five words
    shows(page, 2)
    arrived(page)
    (trial,) = submitted()
    assert scores_of(trial) == {"appeal": 70}


def test_five_perspectives_are_rated_by_keyboard_each_on_its_scale(
    opened: Callable[[tuple[PerspectiveSettings, ...], dict[str, int]], Page],
) -> None:
    page = opened(FIVE, DESKTOP)
    press(page, "4 4 + Enter")
    expect(page.locator("#missing")).to_contain_text("Safety, Appeal")
    press(page, "2 5 Enter")
    shows(page, 2)
    arrived(page)
    (trial,) = submitted()
    assert scores_of(trial) == {"light": 4, "colour": 70, "shape": 10, "safety": 2, "appeal": 5}
