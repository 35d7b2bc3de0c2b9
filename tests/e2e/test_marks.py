"""Marking where on the image, and which words of the prompt, in a real Chromium."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Explanation, Prompt, Stimulus, Study
from annotation.opinion.export.records import export_records
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM
from annotation.protocol.forms import ExplanationForm
from tests.e2e.axe import check_accessibility
from tests.e2e.rating_page import arrived, press, shows
from tests.factories import make_stimuli

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PROMPT = "two red cats, asleep on a blue sofa"


@pytest.fixture
def images(study: Study, images: list[Stimulus]) -> list[Stimulus]:
    """Of a study that lets raters mark what a text is about."""
    distorted, mismatch = AIGCIQA2023_FORM.texts
    texts = (replace(distorted, regions=True), replace(mismatch, words=True))
    study.explanation_form = ExplanationForm(AIGCIQA2023_FORM.fields, texts).to_json()
    study.save(update_fields=["explanation_form"])
    Prompt.objects.update(text=PROMPT)
    return images


def toggle(page: Page) -> Locator:
    return page.get_by_role("button", name="Mark where")


def drag(page: Page, *shares: tuple[float, float]) -> None:
    """Over the image, from share to share of its width and height."""
    box = page.locator("#image img").bounding_box()
    assert box is not None
    for number, (x, y) in enumerate(shares):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if not number:
            page.mouse.down()
    page.mouse.up()


def begin(page: Page) -> None:
    page.get_by_text("highly distorted").click()
    toggle(page).click()


def regions() -> list[Any]:
    explanation = Explanation.objects.get(perspective__key="authenticity", superseded_at=None)
    return list(explanation.regions)


def overlay(page: Page) -> Locator:
    return page.locator("#image svg path")


def test_marks_are_drawn_ticked_kept_over_a_reload_and_sent(rating: Page, study: Study) -> None:
    page = rating
    begin(page)
    drag(page, (0.2, 0.25), (0.4, 0.5), (0.6, 0.75))
    expect(overlay(page)).to_have_count(1)
    # By keyboard: a box in the middle, a step to the right and two up, then a step narrower.
    page.get_by_role("button", name="Box").focus()
    press(page, "Enter")
    expect(page.get_by_role("application")).to_have_count(2)
    press(page, "ArrowRight ArrowUp ArrowUp Shift+ArrowLeft")
    expect(page.locator("#image svg :focus")).to_have_attribute(
        "aria-label",
        "Box 2: 39 % from the left, 36 % from the top, 24 % wide, 25 % high. "
        "The arrow keys move it, Shift with an arrow key resizes it, Delete removes it, Enter "
        "returns to the tools.",
    )
    press(page, "Enter")
    expect(page.get_by_role("button", name="Box")).to_be_focused()
    page.get_by_text("highly inconsistent").click()
    page.get_by_role("button", name="Mark the words").click()
    page.locator("#prompt").get_by_role("button", name="red").click()
    page.locator("#prompt").get_by_role("button", name="sofa").click()
    assert page.locator("#prompt").inner_text() == PROMPT
    page.reload()
    shows(page, 1)
    expect(overlay(page)).to_have_count(2)
    expect(toggle(page)).to_contain_text("2")
    expect(page.locator("#prompt [data-marked]")).to_have_text(["red", "sofa"])
    press(page, "2 1 2 Enter")
    shows(page, 2)
    expect(overlay(page)).to_have_count(0)
    expect(page.locator("#prompt [data-marked]")).to_have_count(0)
    arrived(page)
    drawn, placed = regions()
    assert drawn == pytest.approx({"x": 0.2, "y": 0.25, "width": 0.4, "height": 0.5}, abs=0.005)
    # From the middle, 0.375 to 0.625: right by 0.01, up by 0.02, and 0.01 narrower.
    assert placed == {"x": 0.385, "y": 0.355, "width": 0.24, "height": 0.25}
    (answer,) = [trial for record in export_records(study) for trial in record["trials"]]
    assert answer["explanations"]["authenticity"]["regions"] == [drawn, placed]
    assert answer["explanations"]["correspondence"]["words"] == [1, 7]


def test_a_brush_leaves_the_way_it_went(rating: Page) -> None:
    begin(rating)
    rating.get_by_role("button", name="Brush").click()
    drag(rating, (0.1, 0.5), (0.5, 0.5), (0.9, 0.5))
    drag(rating, (0.3, 0.2), (0.3, 0.2))
    press(rating, "1 1 1 Enter")
    shows(rating, 2)
    arrived(rating)
    line, dab = regions()
    assert [x for x, _y in line["points"]] == pytest.approx([0.1, 0.5, 0.9], abs=0.005)
    assert [y for _x, y in line["points"]] == pytest.approx([0.5, 0.5, 0.5], abs=0.005)
    assert len(dab["points"]) == 1
    assert (line["radius"], dab["radius"]) == (0.02, 0.02)


def test_undo_clear_and_delete_take_marks_back(rating: Page) -> None:
    begin(rating)
    undo = rating.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    for x in (0.1, 0.3, 0.5):
        drag(rating, (x, 0.1), (x + 0.1, 0.3))
    drag(rating, (0.9, 0.9), (0.9, 0.9))  # a slip of the hand
    expect(overlay(rating)).to_have_count(3)
    undo.click()
    expect(overlay(rating)).to_have_count(2)
    rating.get_by_role("application").nth(0).focus()
    press(rating, "Delete")
    expect(overlay(rating)).to_have_count(1)
    rating.get_by_role("button", name="Clear").click()
    expect(overlay(rating)).to_have_count(0)
    press(rating, "Escape")
    expect(toggle(rating)).to_have_attribute("aria-pressed", "false")
    press(rating, "1 1 1 Enter")
    shows(rating, 2)
    arrived(rating)
    assert regions() == []


def test_there_is_an_end_to_marks(rating: Page) -> None:
    begin(rating)
    box = rating.get_by_role("button", name="Box")
    for _number in range(20):
        box.focus()
        press(rating, "Enter")
    expect(box).to_be_disabled()
    drag(rating, (0.1, 0.1), (0.3, 0.3))
    expect(overlay(rating)).to_have_count(20)
    press(rating, "Enter")  # in the last box
    expect(toggle(rating)).to_be_focused()
    press(rating, "1 1 1")
    rating.get_by_role("button", name="Next image").click()
    shows(rating, 2)
    arrived(rating)
    assert len(regions()) == 20


def test_marks_come_back_with_the_last_image_and_are_revised(rating: Page) -> None:
    begin(rating)
    drag(rating, (0.1, 0.1), (0.3, 0.3))
    press(rating, "1 1 1 Enter")
    shows(rating, 2)
    rating.get_by_role("button", name="Back").click()
    expect(overlay(rating)).to_have_count(1)
    toggle(rating).click()
    drag(rating, (0.5, 0.5), (0.7, 0.7))
    rating.get_by_role("button", name="Send the change").click()
    expect(rating.get_by_role("button", name="Next image")).to_be_visible()
    arrived(rating)
    assert len(regions()) == 2
    assert [row.revision for row in Explanation.objects.order_by("revision")] == [1, 2]


def test_marks_go_with_the_text_that_they_belong_to(rating: Page) -> None:
    begin(rating)
    drag(rating, (0.1, 0.1), (0.3, 0.3))
    rating.get_by_text("essentially distortion-free").click()
    expect(toggle(rating)).to_be_hidden()
    expect(overlay(rating)).to_have_count(0)
    press(rating, "1 1 1 Enter")
    shows(rating, 2)
    arrived(rating)
    assert regions() == []


def test_words_are_ticked_by_keyboard(rating: Page) -> None:
    rating.get_by_text("highly inconsistent").click()
    words = rating.get_by_role("button", name="Mark the words")
    words.focus()
    press(rating, "Enter")
    prompt = rating.locator("#prompt")
    expect(prompt.get_by_role("button", name="two")).to_be_focused()
    press(rating, "ArrowRight Enter End Space Home Space Space")
    pressed = prompt.locator('[aria-pressed="true"]')
    expect(pressed).to_have_text(["red", "sofa"])
    press(rating, "Escape")
    expect(words).to_be_focused()
    expect(prompt.get_by_role("button")).to_have_count(0)
    press(rating, "1 1 1 Enter")
    shows(rating, 2)
    arrived(rating)
    assert Explanation.objects.get(perspective__key="correspondence").words == [1, 7]


def test_the_drawing_keeps_its_place_over_the_image(rating: Page) -> None:
    begin(rating)
    drag(rating, (0.1, 0.1), (0.3, 0.3))
    for width, height in ((1366, 768), (1024, 768), (800, 1000)):
        rating.set_viewport_size({"width": width, "height": height})
        places = rating.evaluate(
            """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() =>
                done(["img", "svg"].map((name) => {
                    const place = document.querySelector(`#image ${name}`).getBoundingClientRect();
                    return [place.x, place.y, place.width, place.height];
                })))))"""
        )
        assert places[0] == pytest.approx(places[1], abs=0.1)


def test_an_image_that_is_larger_than_its_field_is_marked_where_it_was_moved_to(
    open_page: Callable[[], Page], study: Study, images: list[Stimulus]
) -> None:
    Study.objects.filter(pk=study.pk).update(image_size="pixels")
    Stimulus.objects.filter(study=study).delete()
    make_stimuli(study, 2, size=(1600, 1200))
    page = open_page()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    begin(shows(page, 1))
    holder = page.locator("#image")
    holder.evaluate("holder => holder.scrollTo(100, 50)")
    drag(page, (0.2, 0.2), (0.3, 0.3))
    # The image stays: it is not moved by drawing.
    assert holder.evaluate("holder => [holder.scrollLeft, holder.scrollTop]") == [100, 50]
    press(page, "1 1 1 Enter")
    shows(page, 2)
    arrived(page)
    (drawn,) = regions()
    assert drawn == pytest.approx({"x": 0.2, "y": 0.2, "width": 0.1, "height": 0.1}, abs=0.001)


def test_nothing_moves_when_marking_begins(rating: Page) -> None:
    rating.get_by_text("highly distorted").click()
    rating.get_by_text("highly inconsistent").click()
    rating.wait_for_timeout(600)  # so far a shift would be the click's
    before = places(rating)
    toggle(rating).click()
    rating.get_by_role("button", name="Mark the words").click()
    drag(rating, (0.1, 0.1), (0.3, 0.3))
    rating.locator("#prompt").get_by_role("button", name="sofa").click()
    assert places(rating) == before


def places(page: Page) -> list[list[float]]:
    """Of all that was there before marking, and of each line of the prompt's text."""
    found: list[list[float]] = page.evaluate(
        """() => {
            const text = document.createRange();
            text.selectNodeContents(document.querySelector("#prompt"));
            const shown = document.querySelectorAll("#rating *:not(svg, svg *, #prompt *)");
            const all = [text, ...shown].map((item) => item.getBoundingClientRect());
            return all.map(({x, y, width, height}) => [x, y, width, height]);
        }"""
    )
    return found


def test_axe_finds_nothing_while_marking(rating: Page) -> None:
    begin(rating)
    drag(rating, (0.1, 0.1), (0.3, 0.3))
    rating.get_by_text("highly inconsistent").click()
    rating.get_by_role("button", name="Mark the words").click()
    rating.locator("#prompt").get_by_role("button", name="red").click()
    check_accessibility(rating)


def test_by_finger(open_page: Callable[[], Page], rating: Page) -> None:
    """A finger draws, and does not scroll the page."""
    begin(rating)
    svg = rating.locator("#image svg")
    assert svg.evaluate("svg => getComputedStyle(svg).touchAction") == "none"
    session = rating.context.new_cdp_session(rating)
    box = rating.locator("#image img").bounding_box()
    assert box is not None

    def touch(kind: str, *shares: tuple[float, float]) -> None:
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in shares
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (0.2, 0.2))
    touch("touchMove", (0.3, 0.4))
    touch("touchMove", (0.6, 0.7))
    touch("touchEnd")
    expect(overlay(rating)).to_have_count(1)
    press(rating, "1 1 1 Enter")
    shows(rating, 2)
    arrived(rating)
    (drawn,) = regions()
    assert drawn == pytest.approx({"x": 0.2, "y": 0.2, "width": 0.4, "height": 0.5}, abs=0.005)
