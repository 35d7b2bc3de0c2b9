"""The whole loop on real generated images, as an owner and a rater do it in a real browser.

Nothing is reached around: own servers, web, worker and beat; the console imports, the page is
rated by keyboard, the console retrains and promotes, and a script exports with a token.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.shared_data import require_shared
from workbench.local.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.slow, pytest.mark.timeout(600)]

IMAGES = 36
PASSWORD = "a long enough passphrase"
#: What the rater presses: the three scores of an image, then Enter.
SCORES = (4, 2, 5)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "data", durable=False) as running:
        yield running


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = require_shared("data/sample_images")
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for image in folder.glob("*.jpg"):
            packed.write(image, image.name)
    return path


def test_real_images_go_through_the_whole_loop(
    stack: Stack, archive: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stack.environment, "DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    stack.manage("createsuperuser", "--noinput", "--username", "lab", "--email", "")
    owner = browser.new_page(base_url=stack.base_url)
    sign_in(owner)
    make_study(owner)
    import_images(owner, archive)
    link = open_for_a_rater(owner)
    rate_everything(browser.new_page(), link)
    train_and_promote(owner)
    records = export(owner, stack.base_url)
    assert len(records) == IMAGES
    found = [
        tuple(trial["scores"][name] for name in ("quality", "authenticity", "correspondence"))
        for record in records
        for trial in record["trials"]
    ]
    assert found == [SCORES] * IMAGES


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", "lab")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button.primary").click()
    expect(page.get_by_role("heading", name="Studies", exact=True)).to_be_visible()


def make_study(page: Page) -> None:
    page.goto("/studies/new/")
    page.fill("input[name=title]", "Real images")
    page.get_by_role("button", name="Create the study").click()
    expect(page.get_by_role("heading", name="Real images")).to_be_visible()


def import_images(page: Page, archive: Path) -> None:
    page.goto("/studies/real-images/import/")
    manifest = require_shared("data/sample_images/manifest.csv")
    page.set_input_files("input[name=manifest]", manifest)
    page.set_input_files("input[name=images]", archive)
    page.get_by_role("button", name="Check and import").click()
    expect(page.get_by_text("Succeeded")).to_be_visible(timeout=120_000)
    page.goto("/studies/real-images/images/")
    expect(page.locator(".thumbs li")).to_have_count(IMAGES)


def open_for_a_rater(page: Page) -> str:
    page.goto("/studies/real-images/")
    page.get_by_role("button", name="Open for raters").click()
    page.goto("/studies/real-images/raters/")
    page.fill("input[name=count]", "1")
    page.get_by_role("button", name="New links").click()
    return page.locator("[data-copy]").get_attribute("data-copy") or ""


def rate_everything(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    for number in range(1, IMAGES + 1):
        expect(page.get_by_text(f"Image {number} of {IMAGES}")).to_be_visible(timeout=20_000)
        # The scores open once the decoded image is on the screen.
        expect(page.locator("#controls input").first).to_be_enabled(timeout=20_000)
        for score in SCORES:
            page.keyboard.press(str(score))
        page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you")).to_be_visible(timeout=20_000)


def train_and_promote(page: Page) -> None:
    page.goto("/studies/real-images/model/")
    page.get_by_role("button", name="Retrain").click()
    promote = page.get_by_role("button", name="Promote")
    # A poll that finds the run over reloads the page; the button opens once all is scored.
    expect(promote).to_be_enabled(timeout=240_000)
    promote.click()
    expect(page.get_by_text("Version 1 is the active model")).to_be_visible()


def export(page: Page, address: str) -> list[dict[str, Any]]:
    page.goto("/accounts/token/")
    page.get_by_role("button", name="New token").click()
    (secret,) = re.findall(r"mint_\w+", page.locator("#secret").inner_text())
    answer = httpx.get(
        f"{address}/api/v1/studies/real-images/export/?format=jsonl",
        headers={"Authorization": f"Token {secret}"},
    )
    return [json.loads(line) for line in answer.text.splitlines()]
