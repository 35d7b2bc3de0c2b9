"""What a tab of the browser says: every page of the console ends with the product's name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Raters' pages are named by their study alone; allauth's take the name from their layout.
APART = {"rating", "allauth"}
TITLES = {
    path.relative_to(ROOT).as_posix(): found.group(1)
    for room in ("annotation", "modelops", "workbench")
    for path in sorted((ROOT / room / "templates").rglob("*.html"))
    if not APART & set(path.parts)
    and "rating/base.html" not in path.read_text()
    and (found := re.search(r"{% block title %}(.+?){% endblock %}\s*$", path.read_text(), re.M))
}


@pytest.mark.parametrize("template", TITLES)
def test_a_title_ends_with_the_products_name(template: str) -> None:
    assert TITLES[template].endswith(("MINT Workbench", "{{ block.super }}"))


def test_titles_were_found() -> None:
    assert len(TITLES) > 30
