"""What a page prints that nobody can use on paper, or that could lie over what follows."""

from playwright.sync_api import Page

_FOUND = """() => {
  // Errors that are shown without the frame are nothing to print.
  if (!document.querySelector('link[media=print]')) return [];
  const shown = [...document.querySelectorAll('main.page, main.page *')]
    .filter(it => it.checkVisibility());
  const useless = 'button, .button, nav:not(.tabs), form:not(:has(table)), details:not([open])';
  const told = it => it.outerHTML.slice(0, 80);
  return [
    ...shown.filter(it => it.matches(useless)).map(it => 'cannot be used: ' + told(it)),
    // Chromium lays what does not fit on a sheet over what follows it in a grid.
    ...shown.filter(it => it.matches('.page, .stack, .card'))
      .filter(it => getComputedStyle(it).display === 'grid').map(it => 'a grid: ' + told(it)),
    ...shown.filter(it => it.matches('figure, tr'))
      .filter(it => getComputedStyle(it).breakInside !== 'avoid').map(it => 'torn: ' + told(it)),
  ];
}"""


def useless_on_paper(page: Page) -> list[str]:
    """Each finding as one line. Leaves the page as it is on the screen."""
    page.emulate_media(media="print")
    found: list[str] = page.evaluate(_FOUND)
    page.emulate_media(media="screen")
    return found
