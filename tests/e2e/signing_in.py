"""Signing in by the page, as an owner does."""

from playwright.sync_api import Page


def sign_in(page: Page, site: str, *, then: str, name: str = "owner") -> None:
    """With the password of `tests.factories.make_user`."""
    page.goto(f"{site}/accounts/login/?next={then}")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "correct horse")
    page.locator("main button.primary").click()
    page.wait_for_url(f"**{then}")
