"""A real browser: its network is cut, its clock jumps, a second tab opens, a button is hit
twice."""

import time
from datetime import timedelta

from playwright.sync_api import BrowserContext, Page, expect

from benchmarks.browser import Session, chromium
from chaos.outcome import Outcome, Plan
from chaos.site import ChaosSite, Sites

_STORED = """
SELECT count(DISTINCT trial.id), count(score.id), max(score.revision)
FROM annotation_trial AS trial JOIN annotation_score AS score ON score.trial_id = trial.id
JOIN annotation_study AS study ON study.id = trial.study_id
WHERE study.slug = %s AND trial.state = 'submitted'
"""
#: What a page sees of it: the time of day jumps, the clock that only runs on does not.
_JUMP = "ms => { const earlier = Date.now; Date.now = () => earlier.call(Date) + ms; }"
_KEY_MS = 60


def browser_troubled(plan: Plan, sites: Sites) -> Outcome:
    """One rater's session through all of it."""
    site = sites.common()
    site.inside("study", slug="browser", images=60, wanted=3)
    (rater,) = site.owner.create_raters("browser", 1)
    with chromium() as page:
        return trouble(site, page, str(rater["link"]), plan)


def trouble(site: ChaosSite, page: Page, link: str, plan: Plan) -> Outcome:
    outcome, session = Outcome(), Session(page)
    session.begin(link)
    session.rate(1, _KEY_MS)
    page.wait_for_timeout(2_000)  # the images ahead are loaded
    page.context.set_offline(True)
    for number in (2, 3):
        session.rate(number, _KEY_MS)
    away = 2 * plan.seconds
    page.wait_for_timeout(1000 * away)
    waiting = page.locator("#waiting").get_attribute("data-count")
    outcome.demand("what was rated without a network waits in the browser", waiting == "2")
    page.context.set_offline(False)
    begun = time.monotonic()
    _arrived(page)
    outcome.figures["cut"] = f"{away:g} s"
    outcome.figures["arrived after"] = f"{time.monotonic() - begun:.1f} s"
    _jump(session, timedelta(days=1), 4)
    _jump(session, timedelta(days=-2), 5)
    _hit_twice(session, 6)
    rated = 6 + _second_tab(page.context, page, link, 7)
    site.watch(1.0)  # for what should not come
    trials, scores, revision = site.rows(_STORED, "browser")[0]
    outcome.figures |= {"rated": rated, "stored": trials}
    outcome.demand("each rating once", (trials, scores, revision) == (rated, 3 * rated, 1))
    return outcome


def _arrived(page: Page) -> None:
    expect(page.locator("#waiting")).to_have_attribute("data-count", "0", timeout=120_000)


def _jump(session: Session, by: timedelta, number: int) -> None:
    """The computer's clock is set while an image is on the screen."""
    session.page.evaluate(_JUMP, by.total_seconds() * 1000)
    session.rate(number, _KEY_MS)
    _arrived(session.page)


def _hit_twice(session: Session, number: int) -> None:
    for key in ("4", "2", "5"):
        session.page.keyboard.press(key)
    session.page.locator("#submit").dblclick()
    session.wait_for(number + 1)
    _arrived(session.page)


def _second_tab(context: BrowserContext, page: Page, link: str, number: int) -> int:
    """A second tab takes over and rates an image; the first one only says that it does."""
    second = context.new_page()
    second.goto(link)
    second.get_by_role("button", name="Use this tab").click()
    session = Session(second)
    session.wait_for(number)
    session.rate(number, _KEY_MS)
    for key in ("4", "2", "5", "Enter"):
        page.keyboard.press(key)
    _arrived(second)
    return 1
