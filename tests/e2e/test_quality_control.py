"""Rules that stop and reasons that are asked of some scores only, in a real Chromium."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import RatingSession, Study
from annotation.protocol.forms import ExplanationAsking
from annotation.protocol.plan import PLAIN
from annotation.protocol.reliability_rules import ReliabilityRules
from annotation.raters.completion import completion_code
from tests.e2e.rating_page import arrived, choose, press, shows, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def set_study(study: Study, **fields: Any) -> None:
    Study.objects.filter(pk=study.pk).update(**fields)


def begin(page: Page) -> Page:
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    return shows(page, 1)


def test_a_rater_who_fails_a_rule_is_thanked_and_not_accused(
    open_page: Callable[[], Page], study: Study
) -> None:
    # Everybody's scores vary by less than 4 squared levels if they are the same.
    rules = {"variance": {"threshold": 0.15, "minimum": 3, "effect": "stop"}}
    set_study(
        study,
        session_plan=replace(PLAIN, block_trials=3).to_json(),
        reliability_rules=ReliabilityRules.from_json(rules).to_json(),
    )
    page = begin(open_page())
    # With two images ahead the next block is claimed after the first answer, before there is
    # anything to judge; the second ends after the sixth image, which is all that there are.
    for number in range(2, 7):
        press(page, "3 3 3 Enter")
        shows(page, number)
    press(page, "3 3 3 Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    session = RatingSession.objects.get()
    assert session.state == "stopped"
    assert len(submitted()) == 6
    expect(page.get_by_text("You have rated 6 images in this study.")).to_be_visible()
    expect(page.get_by_text("it needs no more ratings from you")).to_be_visible()
    expect(page.get_by_text(completion_code(session.pk))).to_be_visible()
    expect(page.locator("form#start")).to_have_count(0)
    # The link says the same on a later visit.
    open_page()
    expect(page.get_by_text("it needs no more ratings from you")).to_be_visible()


def reasons(page: Page, perspective: str) -> Locator:
    return page.locator(f'[data-perspective="{perspective}"] .reasons')


def places(page: Page) -> list[Any]:
    """The position of everything in the panel."""
    script = (
        "all => all.map(one => { const at = one.getBoundingClientRect(); return [at.x, at.y] })"
    )
    return list(page.locator("#answer .question, #answer .level, #submit").evaluate_all(script))


def test_reasons_are_asked_for_low_scores_and_nothing_moves(
    open_page: Callable[[], Page], study: Study
) -> None:
    asking = ExplanationAsking.from_json({"when": "low", "level": 2})
    set_study(study, explanation_asked=asking.to_json())
    page = begin(open_page())
    before = places(page)
    expect(reasons(page, "quality")).to_be_hidden()
    choose(page, "quality", 2)
    expect(reasons(page, "quality")).to_be_visible()
    expect(reasons(page, "authenticity")).to_be_hidden()
    assert places(page) == before
    page.get_by_text("very blurry").click()
    # What was chosen is not sent if it is not asked, and is back with the low score.
    choose(page, "quality", 4)
    expect(reasons(page, "quality")).to_be_hidden()
    assert places(page) == before
    choose(page, "authenticity", 4)
    choose(page, "correspondence", 1)
    page.get_by_text("highly inconsistent").click()
    page.get_by_role("button", name="Next image").click()
    shows(page, 2)
    expect(reasons(page, "correspondence")).to_be_hidden()
    choose(page, "quality", 5)
    choose(page, "quality", 1)
    page.get_by_text("partially blurry").click()
    press(page, "1 4 4 Enter")
    shows(page, 3)
    arrived(page)
    first, second = (
        {item.perspective.key: item.phrases for item in trial.explanations.all()}
        for trial in submitted()
    )
    assert first == {"correspondence": {"correspondence_consistency": 1}}
    assert second == {"quality": {"quality_clarity": 2}}


def test_an_image_outside_the_share_asks_for_nothing_after_a_reload_too(
    open_page: Callable[[], Page], study: Study
) -> None:
    asking = ExplanationAsking.from_json({"when": "share", "share": 0.5})
    set_study(study, explanation_asked=asking.to_json())
    page = begin(open_page())
    RatingSession.objects.update(seed=5)
    seen: list[bool] = []
    for number in range(1, 5):
        shows(page, number)
        asked = reasons(page, "quality").is_visible()
        page.reload()
        shows(page, number)
        assert reasons(page, "quality").is_visible() == asked
        seen.append(asked)
        press(page, "1 1 1 Enter")
    shows(page, 5)
    arrived(page)
    assert [trial.asked_up_to == 1 for trial in submitted()] == seen
