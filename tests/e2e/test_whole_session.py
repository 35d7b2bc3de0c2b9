"""A whole session, played in each of the ways that people have.

From consent through practice and its feedback, scores, a reason in words, and a skipped image to
the code at the end; the images and prompts come by a real import. The server has the same answers
in the end, however they were given.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Explanation, Rater, RatingSession, Study, Trial
from annotation.protocol.plan import PLAIN
from annotation.raters.access import rater_link
from annotation.raters.completion import completion_code
from annotation.rating.claims import expire_leases
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from tests.e2e.conftest import leave
from tests.e2e.hands import Fingers, Hands, Keyboard, Mouse, tab_to
from tests.e2e.rating_page import arrived, scores_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCORES = {"quality": 4, "authenticity": 2, "correspondence": 5}
WORDS = "the left hand has 6 fingers"
#: Of the study, of the other language, and of keys.
NAMES = ("Demo", "English", "Ctrl", "Enter", "Shift", "Tab")
#: Images after the one for practice.
MAIN = 3


def nothing(page: Page) -> None:
    """The image is not looked at further."""


def every_pixel_is_its_own(page: Page) -> None:
    """Nothing on the screen but the checkerboard's black and white: no copy was resampled, and no
    pixel lies across two of the screen's."""
    size = page.locator("#image img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [4000, 1000]
    with Image.open(io.BytesIO(page.locator("#image").screenshot())) as seen:
        # Without the edge, where scroll bars may be.
        inner = seen.convert("RGB").crop((20, 20, seen.width - 20, seen.height - 20))
    half = pytest.approx(inner.width * inner.height / 2, rel=0.01)
    colours = {colour: pixels for pixels, colour in inner.getcolors() or []}
    assert colours == {(0, 0, 0): half, (255, 255, 255): half}


def the_prompt_is_read_to_its_end(page: Page) -> None:
    prompt = page.locator("#prompt")
    assert len(prompt.inner_text()) == 2000
    assert prompt.evaluate("panel => panel.scrollHeight > panel.clientHeight")
    tab_to(prompt)
    page.keyboard.press("End")
    page.wait_for_function(
        """() => {
            const {scrollTop, clientHeight, scrollHeight} = document.querySelector("#prompt");
            return scrollTop + clientHeight >= scrollHeight - 1;
        }"""
    )
    # Back to the scores, whose keys have not been lost.
    tab_to(page.locator('input[name="score-quality"]').first)


def send(session: "Session") -> None:
    """Simply."""
    session.hands.send(session.page)


def reload_and_send(session: "Session") -> None:
    """The scores are chosen and not sent when the page is loaded again."""
    prompt = session.page.locator("#prompt").inner_text()
    session.page.reload()
    expect(session.page.locator("#prompt")).to_have_text(prompt)
    expect(session.page.locator("#controls:enabled")).to_be_visible()
    send(session)


def send_without_a_line(session: "Session") -> None:
    """For two minutes.

    The line is really cut; but nobody waits: both clocks are put forward, the page's with all its
    timers that try again and renew, and the server's, which is the time that its leases have left.
    """
    page = session.page
    session.wait_for_images(1 + MAIN)
    page.context.set_offline(True)
    send(session)
    expect(page.locator("#waiting")).to_have_text("1 rating waiting")
    page.clock.run_for(120_000)
    left = F("lease_expires_at") - timedelta(minutes=2)
    Trial.objects.filter(state="leased").update(lease_expires_at=left)
    expire_leases()
    expect(page.locator("#waiting")).to_have_text("1 rating waiting")
    expect(page.locator("#controls:enabled")).to_be_visible()
    page.context.set_offline(False)
    for _try in range(50):
        if page.locator("#waiting").get_attribute("data-count") == "0":
            break
        page.clock.run_for(5_000)  # the page's clock stands between two calls
        page.wait_for_timeout(100)
    arrived(page)


@dataclass(frozen=True)
class Way:
    """How a session is played, and on what."""

    hands: Hands
    size: tuple[int, int] = (1366, 768)
    context: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    image: tuple[int, int] = (96, 64)
    image_size: str = "fit"
    prompt: str = "two red cats on a blue sofa"
    #: What is done with the second image.
    look: Callable[[Page], None] = nothing
    #: How its answer is sent.
    send: "Callable[[Session], None]" = send


LONG = "A street of small shops after the rain, lit by paper lanterns, seen from above. " * 25
TABLET = {"has_touch": True, "is_mobile": True}

WAYS = {
    "keyboard only": Way(Keyboard()),
    "mouse only": Way(Mouse()),
    "touch, tablet lying": Way(Fingers(), size=(1024, 768), context=TABLET),
    "touch, tablet standing": Way(Fingers(), size=(768, 1024), context=TABLET),
    "offline for two minutes": Way(Mouse(), send=send_without_a_line),
    "reload in the middle": Way(Mouse(), send=reload_and_send),
    "in Chinese": Way(Keyboard(), language="zh-hans", context={"locale": "zh-CN"}),
    # 1366 × 768 at 200 %: half as many CSS pixels, each of two screen pixels.
    "200 % zoom": Way(Keyboard(), size=(683, 384), context={"device_scale_factor": 2}),
    "4,000-pixel images": Way(
        Mouse(), image=(4000, 1000), image_size="pixels", look=every_pixel_is_its_own
    ),
    "2,000-character prompts": Way(Keyboard(), prompt=LONG, look=the_prompt_is_read_to_its_end),
}


def checkerboard(number: int, size: tuple[int, int]) -> bytes:
    """Black and white by turns, pixel by pixel: whatever resamples it leaves greys. The first row
    is black as far as twice `number`, so that no two are alike."""
    wide, high = size
    pair = np.array([[0, 255], [255, 0]], dtype=np.uint8)
    pixels = np.tile(pair, (high // 2, wide // 2))
    pixels[0, : 2 * number] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def import_images(study: Study, folder: Path, way: Way, purpose: str, numbers: range) -> None:
    rows = []
    for number in numbers:
        name = f"{number}.png"
        (folder / name).write_bytes(checkerboard(number, way.image))
        rows.append({"filename": name, "prompt": f"{number}: {way.prompt}"[:2000]})
    scores = {"mos_quality": 0.75} if purpose == "practice" else {}
    manifest = folder / f"{purpose}.jsonl"
    manifest.write_text(
        "".join(json.dumps({**row, "generator": "one", **scores}) + "\n" for row in rows)
    )
    report = import_manifest(study=study, manifest=manifest, options=ImportOptions(purpose=purpose))
    assert report.imported == len(numbers)


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
def way(request: pytest.FixtureRequest, study: Study, tmp_path: Path) -> Way:
    way: Way = request.param
    plan = replace(PLAIN, practice_trials=1, block_trials=MAIN)
    # Without words of its own it has the standard ones, in the rater's language.
    Study.objects.update(
        session_plan=plan.to_json(), consent="", instructions="", image_size=way.image_size
    )
    import_images(study, tmp_path, way, "practice", range(1))
    import_images(study, tmp_path, way, "main", range(1, 1 + MAIN))
    return way


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], way: Way) -> Iterator[Page]:
    width, height = way.size
    context = new_context(viewport={"width": width, "height": height}, **way.context)
    page = context.new_page()
    if way.send is send_without_a_line:
        page.clock.install()  # before the page has a timer; it runs as ever until it is told
    yield page
    leave(page)


class Session:
    """One rater at the page."""

    def __init__(self, page: Page, way: Way) -> None:
        self.page, self.way, self.hands = page, way, way.hands
        self.prompts: list[str] = []
        self.loaded = 0
        page.on("requestfinished", self._count)

    def _count(self, request: Request) -> None:
        self.loaded += "/media/" in request.url

    def wait_for_images(self, number: int) -> None:
        """Until so many have been fetched since the session began."""
        for _try in range(200):
            if self.loaded >= number:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{self.loaded} of {number} images were fetched")

    def say(self, text: str) -> str:
        with translation.override(self.way.language):
            return gettext(text)

    def button(self, text: str) -> None:
        self.hands.push(self.page.get_by_role("button", name=self.say(text)))

    def check_language(self) -> None:
        """In Chinese no English is left, but for what is nobody's language."""
        if self.way.language == "en":
            return
        shown = self.page.locator("body").inner_text()
        for foreign in [*self.prompts, *NAMES]:
            shown = shown.replace(foreign, "")
        assert re.findall(r"[A-Za-z]{2,}", shown) == []

    def start(self) -> None:
        expect(self.page.locator("#agree")).to_be_visible()
        self.check_language()
        self.hands.push(self.page.locator("#agree"))
        self.button("Start")
        expect(self.page.locator("#begin")).to_be_visible()
        self.check_language()
        self.button("Show me the first image")

    def train(self) -> None:
        self.next_image()
        self.hands.score(self.page, SCORES)
        self.hands.send(self.page)
        expect(self.page.locator(".expected").first).to_be_visible()
        self.hands.send(self.page)
        self.button("Continue")

    def next_image(self) -> None:
        """Waits for an image that was not there before."""
        prompt = self.page.locator("#prompt")
        for known in self.prompts[-1:]:
            expect(prompt).not_to_have_text(known)
        expect(prompt).to_contain_text(self.way.prompt[:20])
        expect(self.page.locator("#controls:enabled")).to_be_visible()
        self.prompts.append(prompt.inner_text())
        self.check_language()

    def explain(self) -> None:
        self.hands.choose(self.page.locator('input[data-field="authenticity_distortion"]'), 1)
        text = self.page.locator('textarea[name="text-authenticity"]')
        expect(text).to_be_visible()
        if self.hands.writes:
            self.hands.write(text, WORDS)

    def skip(self) -> None:
        self.hands.push(self.page.locator("#open-skip"))
        self.hands.choose(self.page.locator('#skip input[name="reason"]'), 2)
        self.button("Skip the image")


def test_from_consent_to_thanks(
    page: Page, way: Way, live_server: LiveServer, rater: Rater
) -> None:
    session = Session(page, way)
    page.goto(live_server.url + rater_link(rater))
    session.start()
    session.train()
    session.next_image()
    session.hands.score(page, SCORES)
    session.hands.send(page)
    session.next_image()
    way.look(page)
    session.hands.score(page, SCORES)
    session.explain()
    way.send(session)
    session.next_image()
    session.skip()
    expect(page.get_by_role("heading", name=session.say("Thank you"))).to_be_visible()
    code = completion_code(RatingSession.objects.get().pk)
    expect(page.get_by_text(code)).to_be_visible()
    session.prompts.append(code)
    session.check_language()
    check_answers(way)


def check_answers(way: Way) -> None:
    assert RatingSession.objects.get().state == "done"
    practice, first, second, third = Trial.objects.order_by("position")
    assert [scores_of(trial) for trial in (practice, first, second)] == [SCORES] * 3
    assert (practice.role, third.state, third.skip_reason) == (
        "practice",
        "skipped",
        "cannot_judge",
    )
    explanation = Explanation.objects.get()
    assert explanation.trial == second
    assert explanation.phrases == {"authenticity_distortion": 2}
    assert explanation.text == (WORDS if way.hands.writes else "")
