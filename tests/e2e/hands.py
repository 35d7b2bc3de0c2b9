"""How a rater works the page: keys alone, a mouse alone, or fingers."""

from collections.abc import Mapping
from typing import Protocol

from playwright.sync_api import Locator, Page

#: More than the page has places where the Tab key stops.
_MOST_STOPS = 80


class Hands(Protocol):
    """One way to do what a session asks for."""

    #: Whether it can write.
    writes: bool

    def push(self, target: Locator) -> None:
        """A button, or a box to tick."""

    def score(self, page: Page, scores: Mapping[str, int]) -> None:
        """The levels, by the perspectives' names."""

    def choose(self, options: Locator, place: int) -> None:
        """One of several, counted from 0."""

    def write(self, field: Locator, words: str) -> None:
        """Into a field, letter by letter."""

    def send(self, page: Page) -> None:
        """The answer; or, after a practice image, what was said to it has been read."""


class Keyboard:
    """Tab, arrows, digits, Space and Enter: nothing is focused for it."""

    writes = True

    def push(self, target: Locator) -> None:
        tab_to(target)
        box = target.get_attribute("type") == "checkbox"
        target.page.keyboard.press("Space" if box else "Enter")

    def score(self, page: Page, scores: Mapping[str, int]) -> None:
        # The first question has the focus when an image opens, and each digit moves it on.
        for level in scores.values():
            page.keyboard.press(str(level))

    def choose(self, options: Locator, place: int) -> None:
        tab_to(options.first)
        options.page.keyboard.press("Space")
        for _step in range(place):
            options.page.keyboard.press("ArrowDown")

    def write(self, field: Locator, words: str) -> None:
        tab_to(field)
        field.page.keyboard.type(words)

    def send(self, page: Page) -> None:
        if page.locator("textarea:focus").count():
            tab_to(page.locator("#submit"))
        page.keyboard.press("Enter")


class Mouse:
    """Pointing and clicking, which writes nothing."""

    writes = False

    def push(self, target: Locator) -> None:
        self._act(target)

    def score(self, page: Page, scores: Mapping[str, int]) -> None:
        for perspective, level in scores.items():
            self._act(page.locator(f'[data-perspective="{perspective}"] .level').nth(level - 1))

    def choose(self, options: Locator, place: int) -> None:
        # The label is visible; the radio button inside it is not.
        self._act(options.nth(place).locator("xpath=ancestor::label"))

    def write(self, field: Locator, words: str) -> None:
        self._act(field)
        field.page.keyboard.type(words)

    def send(self, page: Page) -> None:
        self._act(page.locator("#submit"))

    def _act(self, target: Locator) -> None:
        target.click()


class Fingers(Mouse):
    """As with a mouse, by taps; a keyboard comes up on the screen for words."""

    writes = True

    def _act(self, target: Locator) -> None:
        target.tap()


def tab_to(target: Locator) -> None:
    """Presses Tab until `target` has the keyboard; it fails if Tab does not lead there."""
    for _stop in range(_MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        target.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")
