"""The documentation names what there is. Its links are checked as it is built (`make docs`)."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_NAMED = re.compile(r"`(tests/[\w/.]+?)(?:::(\w+))?`")


def named_tests() -> list[tuple[str, str, str]]:
    return [
        (page.name, path, name)
        for page in sorted(DOCS.glob("*.md"))
        for path, name in _NAMED.findall(page.read_text())
    ]


def test_every_answer_to_a_threat_has_a_test() -> None:
    table = (DOCS / "security.md").read_text().partition("## Threats")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    unanswered = [row for row in rows if not row.startswith("| **") and not _NAMED.search(row)]
    assert len(rows) > 30
    assert unanswered == []


def test_every_test_that_is_named_exists() -> None:
    found = named_tests()
    assert len(found) > 30
    missing = [(page, path, name) for page, path, name in found if not exists(path, name)]
    assert missing == []


def exists(path: str, name: str) -> bool:
    target = ROOT / path
    if not name:
        return target.exists()
    return target.is_file() and name in {
        node.name
        for node in ast.walk(ast.parse(target.read_text()))
        if isinstance(node, ast.FunctionDef)
    }


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (DOCS / "index.md").read_text()
    left_out = [
        page.stem
        for page in DOCS.glob("*.md")
        if f"\n{page.stem}\n" not in contents and page.stem not in ("index", "performance")
    ]
    # That on reliability comes by a pattern, as the one on performance does.
    assert set(left_out) <= {"reliability"}


@pytest.mark.parametrize("name", ["LICENSE", "SECURITY.md", "CITATION.cff", "CHANGELOG.md"])
def test_the_repository_says_how_it_may_be_used(name: str) -> None:
    assert (ROOT / name).read_text().strip()
