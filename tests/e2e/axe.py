"""What axe-core finds on a page, in light and dark."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # none
from playwright.sync_api import Page

#: The one rule of axe whose result depends on colours: the others read what both schemes share.
_OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
_RUN = "options => axe.run({...options, resultTypes: ['violations']})"


def findings(page: Page) -> list[str]:
    """Each finding as one line: scheme, rule, elements. Leaves the page in light colours."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = list(_run(page, "dark", _OF_COLOURS))
    return [*found, *_run(page, "light", {})]


def _run(page: Page, scheme: Any, options: dict[str, Any]) -> Iterator[str]:
    page.emulate_media(color_scheme=scheme)
    for item in page.evaluate(_RUN, options)["violations"]:
        for node in item["nodes"]:
            yield f"{scheme}: {item['id']}: {node['target']} {node['failureSummary']}"


def check_accessibility(page: Page) -> None:
    assert findings(page) == []
