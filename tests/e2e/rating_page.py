"""What tests do on the rating page."""

from urllib.parse import urljoin

from playwright.sync_api import BrowserContext, Locator, Page, expect

from annotation.models import Trial

_NO_TAB_RATES = "async () => (await navigator.locks.query()).held.length === 0"


def shows(page: Page, number: int, kind: str = "Image") -> Page:
    """Waits until image `number` can be rated; `kind` is "Practice" for those that come before."""
    expect(page.locator("#progress-text")).to_contain_text(f"{kind} {number} of")
    expect(page.locator("#controls:enabled")).to_be_visible()
    return page


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def choose(page: Page, perspective: str, score: int) -> None:
    page.locator(f'[data-perspective="{perspective}"] .level').nth(score - 1).click()


def scores_of(trial: Trial) -> dict[str, float]:
    return dict(trial.scores.filter(superseded_at=None).values_list("perspective__key", "value"))


def arrived(page: Page) -> None:
    """Waits until the server has every answer: the page does not wait for that."""
    expect(page.locator("#waiting")).to_have_attribute("data-count", "0", timeout=15_000)


def submitted() -> list[Trial]:
    return list(Trial.objects.filter(state="submitted").order_by("position"))


def rate(page: Page, keys: str = "4 2 3 Enter") -> None:
    """Gives every score, once they can be given, and sends them."""
    expect(page.locator("#controls:enabled")).to_be_visible()
    press(page, keys)


def waiting(page: Page) -> Locator:
    """What the page says about answers that have not arrived."""
    return page.locator("#waiting")


def open_again(context: BrowserContext, link: str) -> Page:
    """Opens the rater's link in a new tab, once the browser has released the lock of a closed one:
    on a busy machine that takes longer than the page waits before it says that another tab rates.
    """
    page = context.new_page()
    page.goto(urljoin(link, "/health/live"))
    page.wait_for_function(_NO_TAB_RATES)
    page.goto(link)
    return page
