"""The data dictionary: in the docs, and with every export."""

from pathlib import Path

import pytest
from django.test import Client

from annotation.models import Study
from annotation.opinion.export.columns import Column, Kind
from annotation.opinion.export.dictionary import document, markdown
from annotation.opinion.export.scores import EXPLANATIONS, SCORES
from workbench.accounts.models import User

DOCS = Path(__file__).parents[4] / "docs" / "data.md"


def test_the_docs_have_it_word_for_word() -> None:
    """To write it again: put `dictionary.document()` below the heading "Dictionary"."""
    assert DOCS.read_text(encoding="utf-8").partition("## Dictionary\n\n")[2] == document()


def test_a_column_is_a_line() -> None:
    column = Column("score", Kind.NUMBER, "A score.", "points", "unrated", ("a", "b"))
    line = "| `score` | number | points | A score. | unrated | a, b |"
    assert list(markdown([column]))[2:] == [line]


def test_rows_of_a_kind_have_what_they_are_said_to_have() -> None:
    rows = {column.name: column.rows for column in SCORES.columns}
    assert rows["filename"] == ()
    assert rows["metadata"] == ("image",)
    assert rows["skip_reason"] == ("skipped",)


def test_every_column_is_explained() -> None:
    for column in (*SCORES.columns, *EXPLANATIONS.columns):
        assert column.meaning.endswith("."), column.name
        assert column.name.endswith("_utc") == (column.kind == Kind.TIME)


@pytest.mark.django_db
def test_it_comes_with_the_studys_document(client: Client, owner: User, study: Study) -> None:
    client.force_login(owner)
    found = client.get("/api/v1/studies/demo/export/study.json").json()
    assert [item["name"] for item in found["tables"]["scores"]] == SCORES.names
    names = [item["name"] for item in found["tables"]["images"]]
    assert {"mos_quality", "opinion_low_warmth"} & set(names) == {"mos_quality"}
    assert found["time_zone"] == "UTC"
    assert {item["direction"] for item in found["perspectives"]} == {"higher"}
