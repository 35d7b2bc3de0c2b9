"""The ears of the browser tests: each kind of wrong is heard, so silence means something."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.rating_page import press, shows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("setTimeout(() => { throw new Error('by a script') })", "a script raised"),
        ("document.body.append(document.createElement('style'))", "Content Security Policy"),
        ("new Image().src = 'https://tracker.example/one.png'", "Content Security Policy"),
        ("fetch('https://tracker.example/').catch(() => 0)", "Content Security Policy"),
        ("document.body.setAttribute('onclick', 'go()')", "Content Security Policy"),
    ],
)
def test_what_a_page_does_wrong_is_heard(
    open_page: Callable[[], Page], heard: list[str], script: str, words: str
) -> None:
    page = open_page()
    page.evaluate(f"() => {{ {script}; }}")
    page.wait_for_timeout(200)
    assert [line for line in heard if words in line]
    heard.clear()


def test_a_third_party_is_heard(page: Page, heard: list[str]) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body="")

    page.route("**/*", answer)
    page.goto("http://tracker.example/")
    assert heard[0] == "a third party is asked for http://tracker.example/"
    heard.clear()


def test_a_session_s_requests_are_all_the_site_s_own(rating: Page, heard: list[str]) -> None:
    for number in (2, 3):
        press(rating, "4 2 3 Enter")
        shows(rating, number)
    assert heard == []
