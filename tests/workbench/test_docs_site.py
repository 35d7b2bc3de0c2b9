"""The documentation next to the console."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from workbench.accounts.models import User
from workbench.docs_site import PAGES, help_address

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def built(tmp_path: Path, settings: Any) -> Path:
    """As if it had been built: a page for each one that *Help* leads to."""
    settings.DOCS_ROOT = tmp_path / "site"
    settings.DOCS_ROOT.mkdir()
    for name in {*PAGES.values(), "index"}:
        (settings.DOCS_ROOT / f"{name}.html").write_text(f"<h1>{name}</h1><script>0</script>")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@pytest.mark.django_db
def test_help_leads_to_the_page_about_what_is_shown(
    built: Path, client: Client, owner: User
) -> None:
    client.force_login(owner)
    assert 'href="/docs/index.html"' in client.get("/studies/").content.decode()
    assert 'href="/docs/people.html"' in client.get("/accounts/token/").content.decode()
    answer = client.get("/docs/people.html")
    assert b"<h1>people</h1>" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert "'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in client.get("/studies/").headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_without_a_site_there_is_no_help(
    tmp_path: Path, client: Client, owner: User, settings: Any
) -> None:
    settings.DOCS_ROOT = tmp_path / "nothing"
    client.force_login(owner)
    assert "/docs/index.html" not in client.get("/studies/").content.decode()
    assert client.get("/docs/").status_code == 404


def test_it_may_be_elsewhere(settings: Any) -> None:
    settings.DOCS_URL = "https://docs.example.org/mint/"
    assert help_address("export") == "https://docs.example.org/mint/exporting.html"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt"])
def test_no_path_leads_out_of_it(built: Path, client: Client, path: str) -> None:
    assert client.get(f"/docs/{path}").status_code == 404


def test_every_page_that_help_leads_to_is_written() -> None:
    assert [name for name in PAGES.values() if not (DOCS / f"{name}.md").exists()] == []
