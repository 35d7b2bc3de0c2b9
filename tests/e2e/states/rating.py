"""The rating page in each of its states, yielded by name.

Lost connections are in `test_rating_offline`, and marking in `test_marks`:
those states take a story to get to.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Route, expect

from annotation.models import RatingSession
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.plan import PLAIN
from annotation.protocol.scales import ACR5, ACR11, SLIDER5
from annotation.raters.messages import write_to_raters
from tests import factories
from tests.e2e.rating_page import arrived, press, shows
from tests.e2e.states.scene import Scene


def scales(scene: Scene) -> Iterator[str]:
    page = scene.page
    for scale in (ACR11, SLIDER5, ACR5):
        scene.ask(default_perspectives(scale))
        scene.rate()
        if scale is ACR11:  # it comes back on the others
            press(page, "4 2")
        yield f"rating on {scale.kind}"
    page.get_by_text("partially distorted", exact=True).click()
    press(page, "Enter")
    expect(page.locator("#missing")).to_contain_text("Still to score")
    yield "rating with a text asked for and a score missing"
    for width, height in ((1024, 768), (768, 1024), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        yield f"rating at {width} × {height}"
    page.set_viewport_size({"width": 1366, "height": 768})


def answering(scene: Scene) -> Iterator[str]:
    yield from _revising(scene)
    yield from _loading(scene)
    yield from _ending(scene)
    yield from _chinese(scene)


def _chinese(scene: Scene) -> Iterator[str]:
    scene.rate()
    scene.page.get_by_role("button", name="简体中文").click()
    expect(scene.page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(scene.page.locator("#controls:enabled")).to_be_visible()
    yield "rating in Chinese"


def dialogs(scene: Scene) -> Iterator[str]:
    page = scene.rate()
    press(page, "?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    yield "help"
    press(page, "Escape")
    page.locator("#open-skip").click()
    page.get_by_label("Another reason").check()
    expect(page.get_by_label("In a few words")).to_be_visible()
    yield "skip for another reason"
    press(page, "Escape")
    page.get_by_role("button", name="Stop").click()
    yield "stop"
    press(page, "Escape")
    page.get_by_role("button", name="Report").click()
    page.get_by_label("What is wrong?").fill("The prompt is cut off.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("No connection.")).to_be_visible()
    page.context.set_offline(False)
    yield "report that could not be sent"
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#toast")).to_contain_text("Sent to the study’s owner")
    yield "report sent"
    write_to_raters(
        study=scene.study, raters=[scene.rater], actor=scene.owner, text="Look at the hands."
    )
    page.reload()
    expect(page.get_by_role("dialog", name="Message from the study’s owner")).to_be_visible()
    yield "a message from the owner"


def _revising(scene: Scene) -> Iterator[str]:
    page = scene.rate()
    press(page, "4 2 3 Enter")
    shows(page, 2)
    press(page, "Backspace")
    expect(page.get_by_text("The previous image again")).to_be_visible()
    yield "revising"


def _loading(scene: Scene) -> Iterator[str]:
    page = scene.rate()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/media/**", hold)
    page.reload()
    expect(page.locator("#canvas-text")).to_have_text("Loading the image…")
    yield "an image that is on its way"
    for route in held:
        route.abort()
    expect(page.locator("#canvas-text")).to_have_text("The image could not be loaded.")
    yield "an image that does not load"
    page.unroute("**/media/**")


def interludes(scene: Scene) -> Iterator[str]:
    page = scene.page
    plan = replace(PLAIN, practice_trials=1, block_trials=1)
    scene.set_study(session_plan=plan.to_json())
    (known,) = factories.make_stimuli(scene.study, [70], purpose="practice")
    factories.publish(stimulus=known, perspective="quality", mos=0.75, source="lab")
    scene.rate("Practice")
    yield "practice"
    press(page, "4 2 3 Enter")
    expect(page.locator(".expected").first).to_contain_text("The study expects")
    yield "feedback in practice"
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Practice is over")).to_be_visible()
    yield "the end of practice"
    plan = replace(PLAIN, rest_after_minutes=1, rest_seconds=600, block_trials=3)
    scene.set_study(session_plan=plan.to_json())
    scene.rate()
    RatingSession.objects.update(begun_at=timezone.now() - timedelta(minutes=2))
    for number in (2, 3):
        press(page, "4 2 3 Enter")
        shows(page, number)
    press(page, "4 2 3 Enter")
    expect(page.get_by_role("heading", name="Rest your eyes")).to_be_visible()
    yield "rest"
    plan = replace(PLAIN, block_trials=3, one_per_pass=True)
    scene.set_study(session_plan=plan.to_json())
    scene.rate()
    yield "one question at a time"
    for number in (2, 3):
        press(page, "4 Enter")
        shows(page, number)
    press(page, "4 Enter")
    expect(page.get_by_text("From now on: Authenticity")).to_be_visible()
    yield "the next question"


def _ending(scene: Scene) -> Iterator[str]:
    page = scene.rate()
    scene.set_study(status="closed")
    page.route("**/submit/", lambda route: route.abort(), times=1)
    press(page, "4 2 3 Enter")
    expect(page.get_by_role("heading", name="Rating cannot continue now")).to_be_visible(
        timeout=20_000
    )
    yield "rating cannot continue now"
    scene.set_study(status="open")
    page.reload()
    arrived(page)
