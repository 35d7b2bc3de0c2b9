"""Plays the demo in a real browser and takes pictures of every page.

`make screenshots`: starts a demo of its own on throw-away data (about a minute) and looks at the
pages on a desktop, a tablet, a phone, in the dark and in Chinese. All pictures go to
build/screenshots; what a rater meets, and what the README shows, is copied to docs/screenshots.
Every other state is small on the sheets in docs/screenshots/states, by the sweep that looks for
what bars people (tests/e2e/test_accessibility.py).
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
#: A longer page is cut off there.
SHOWN_HEIGHT = 1280
#: Pictures whose names begin like this are kept.
KEPT = (
    *("rating-", "model-desktop", "queue-desktop", "raters-desktop"),
    *("results-desktop", "generators-desktop"),
)
STUDY = "/studies/six-generators"
CONSOLE = {
    "studies": "/studies/",
    "new-study": "/studies/new/",
    "overview": f"{STUDY}/",
    "images": f"{STUDY}/images/",
    "import": f"{STUDY}/import/",
    "raters": f"{STUDY}/raters/",
    "invite": f"{STUDY}/invite/",
    "results": f"{STUDY}/results/",
    "generators": f"{STUDY}/results/generators/",
    "agreement": f"{STUDY}/results/agreement/",
    "results-raters": f"{STUDY}/results/raters/",
    "explanations": f"{STUDY}/results/explanations/",
    "model": f"{STUDY}/model/",
    "queue": f"{STUDY}/model/queue/",
    "model-compare": f"{STUDY}/model/compare/",
    "export": f"{STUDY}/export/",
    "datasets": f"{STUDY}/datasets/",
    "published": f"{STUDY}/import/scores/",
    "settings": f"{STUDY}/settings/",
    "questions": f"{STUDY}/settings/questions/",
    "translations": f"{STUDY}/settings/translations/",
    "webhooks": f"{STUDY}/settings/webhooks/",
    "members": f"{STUDY}/members/",
    "activity": f"{STUDY}/activity/",
    "preview": f"{STUDY}/preview/",
    "people": "/accounts/people/",
    "tokens": "/accounts/token/",
    "two-factor": "/accounts/2fa/",
    "site-activity": "/activity/",
    "api": "/api/v1/docs/",
}
#: Pages whose address only another page knows: that page, and the link to follow there.
BEHIND = {
    "image": (f"{STUDY}/images/", ".image-card a.whole"),
    "rater": (f"{STUDY}/raters/", "main tbody a"),
    "model-agreement": (f"{STUDY}/model/", "main a[href$='/agreement/']"),
}
#: The end of a picture's name, and the browser that shows it.
VIEWS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1366, "height": 768}},
    "tablet": {"viewport": {"width": 1024, "height": 768}, "has_touch": True},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "dark": {"viewport": {"width": 1366, "height": 768}, "color_scheme": "dark"},
    "chinese": {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN"},
}


@dataclass(frozen=True)
class Demo:
    """Where the demo answers, its owner's password and a rater's link."""

    address: str
    password: str
    link: str


@contextmanager
def running_demo(port: int) -> Iterator[Demo]:
    """A demo on data of its own, stopped and deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mint-screenshots-"))
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.local", "demo", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "MINT_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _read_demo(process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
        shutil.rmtree(folder, ignore_errors=True)


def _read_demo(process: subprocess.Popen[str]) -> Demo:
    if process.stdout is None:
        raise RuntimeError("the demo's output is not read")
    text = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        text += line
        if line.startswith("Ready:"):
            found = [
                re.search(rf"{word}\s+(\S+)", text) for word in ("Ready:", "password", "rater")
            ]
            address, password, link = (match[1] if match else "" for match in found)
            return Demo(address.rstrip("/"), password, link)
    raise RuntimeError("the demo ended before it was ready; its last lines say why")


def save(page: Page, name: str, *, whole: bool = True) -> None:
    """Write a picture with 256 colours: a fifth of the size, and nobody sees a difference.

    whole: down to the page's end, which moves what stays in view while one scrolls.
    """
    path = TARGET / f"{name}.png"
    page.evaluate("document.querySelectorAll('img').forEach((image) => image.loading = 'eager')")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=whole)
    picture = Image.open(path).convert("RGB")
    picture.quantize(256).save(path, optimize=True)
    if name.startswith(KEPT):
        # Its colours are those of what is shown: a long page of pictures leaves too few for links.
        shown = picture.crop((0, 0, picture.width, min(picture.height, SHOWN_HEIGHT)))
        shown.quantize(256).save(SHOWN / path.name, optimize=True)
    print(f"  {path.relative_to(ROOT)}", flush=True)


def open_page(browser: Browser, view: str, **options: Any) -> Page:
    """A page without movement: a picture in the middle of a transition shows what nobody sees."""
    return browser.new_context(reduced_motion="reduce", **VIEWS[view], **options).new_page()


def play_rating(browser: Browser, demo: Demo) -> None:
    """Consent, instructions, the first image half rated: in each view, one session for all."""
    page = open_page(browser, "desktop")
    page.goto(demo.link)
    save(page, "rating-consent-desktop")
    page.locator("input[type=checkbox]").first.check()
    page.locator("button.primary:visible").first.click()
    page.get_by_role("heading", name="How to rate").wait_for()
    save(page, "rating-instructions-desktop")
    page.locator("button.primary:visible").first.click()
    play_practice(page)
    for view in VIEWS:
        page = open_page(browser, view)
        page.goto(demo.link)
        _rate(page, "42")
        save(page, f"rating-{view}", whole=False)
    page.context.close()
    play_states(open_page(browser, "desktop"), demo)


def play_practice(page: Page) -> None:
    """The images that do not count, with what is expected of them, to the end."""
    _rate(page, "42")
    save(page, "rating-practice-desktop")
    over = page.get_by_role("heading", name="Practice is over")
    while not over.is_visible():
        _rate(page, "423")
        page.keyboard.press("Enter")
        page.get_by_text("The study expects about").first.wait_for()
        if not (TARGET / "rating-feedback-desktop.png").exists():
            save(page, "rating-feedback-desktop")
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
    save(page, "rating-practised-desktop")
    page.get_by_role("button", name="Continue").click()


def play_states(page: Page, demo: Demo) -> None:
    """What a rater sees apart from images and questions, one after the other."""
    page.goto(demo.link)
    _rate(page, "")
    page.keyboard.press("?")
    save(page, "rating-help-desktop")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Skip").click()
    save(page, "rating-skip-desktop")
    page.keyboard.press("Escape")
    second = page.context.new_page()
    second.goto(demo.link)
    second.get_by_role("dialog").wait_for()
    save(second, "rating-second-tab-desktop")
    second.close()
    page.context.set_offline(True)
    _rate(page, "423")
    page.keyboard.press("Enter")
    page.locator("#waiting:not([data-count='0'])").wait_for()
    page.screenshot(path=TARGET / "rating-offline-desktop.png")
    page.context.set_offline(False)
    page.locator("#waiting[data-count='0']").wait_for(state="attached")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("heading", name="A break").wait_for()
    save(page, "rating-pause-desktop")
    page.goto(f"{demo.address}/rate/no-such-link/")
    save(page, "rating-wrong-link-desktop")


def _rate(page: Page, keys: str) -> None:
    """Presses `keys` once the scores are open."""
    page.locator("#controls:enabled").wait_for()
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(300)


def play_console(browser: Browser, demo: Demo) -> None:
    """Every page of the console in each view, signed in once."""
    page = open_page(browser, "desktop")
    page.goto(f"{demo.address}/accounts/login/")
    save(page, "login-desktop")
    page.fill("input[name=login]", "owner")
    page.fill("input[name=password]", demo.password)
    page.locator("main button.primary").click()
    page.wait_for_url("**/studies/")
    state = page.context.storage_state()
    for view in VIEWS:
        page = open_page(browser, view, storage_state=state)
        for name, path in CONSOLE.items():
            page.goto(demo.address + path)
            save(page, f"{name}-{view}")
        for name, (path, link) in BEHIND.items():
            page.goto(demo.address + path)
            page.locator(link).first.click()
            page.wait_for_load_state()
            save(page, f"{name}-{view}")


def main() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    for folder in (TARGET, SHOWN):
        folder.mkdir(parents=True, exist_ok=True)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with running_demo(port) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        play_rating(browser, demo)
        play_console(browser, demo)
        browser.close()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/e2e/test_accessibility.py"],
        cwd=ROOT,
        env={**os.environ, "MINT_PICTURES": str(SHOWN / "states")},
        check=True,
    )


if __name__ == "__main__":
    main()
