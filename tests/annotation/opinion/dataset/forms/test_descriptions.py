"""Datasheet, DataCite and RO-Crate."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from annotation.opinion.dataset.facts import Described
from annotation.opinion.dataset.forms import FORMS

from .made_up import KEYS, image, rated, score, tables, written

DESCRIBED = Described(
    'Foxes & "inks" | <b>_1</b>, 狐狸',
    "CC-BY-4.0",
    ("Doe, Jane", "A lab"),
    setting="crowd",
    answers={"annotatorDemographics": "Students."},
)


@pytest.fixture(scope="module")
def found() -> dict[str, bytes]:
    low_high = {"standard_error": 0.1, "low": 3.0, "high": 4.0}
    images = [
        image(0, {"quality": {**rated(3.5), **low_high}}),
        image(1, {"quality": {**rated(2.0, n=3), **low_high}}, split="holdout"),
        image(2),
        image(3, state="excluded"),
    ]
    scores = [
        score(0, "r-1", 3.5, session=1, displayed_width=512, displayed_height=512, shown_ms=3000),
        score(
            1, "r-22", 2.0, session=2, displayed_width=256, displayed_height=512, pixel_ratio=2.0
        ),
        score(1, "r-333", 5.0, session=3, counts=False, excluded=True),
        score(2, "r-333", 5.0, session=3, counts=False, excluded=True),
    ]
    sittings = [
        {"session": 1, "minutes": 12.345, "browser": "Firefox", "pixels_per_mm": 4.0},
        {"session": 2, "minutes": 20.0, "browser": "Chrome", "viewport_width": 1366.0,
         "viewport_height": 768.0, "plates_read": 3},
        {"session": 3, "minutes": 99.0, "browser": "Safari"},
    ]  # fmt: skip
    return written(tables(images, scores, sittings=sittings), described=DESCRIBED)


class _Cells(HTMLParser):
    """The texts of table cells and definitions; counts tags that stay open."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts[-1:] = [self.texts[-1] + data if self.texts else data]


def test_a_datasheet_gives_method_scale_number_interval_and_setting_with_each_score(
    found: dict[str, bytes],
) -> None:
    page = found["datasheet.html"].decode()
    reader = _Cells()
    reader.feed(page)
    assert not reader.open
    assert DESCRIBED.title in [cell.strip() for cell in reader.texts]
    row = [cell.strip() for cell in reader.texts]
    at = row.index("Quality", row.index("Setting", row.index("95 % interval")))
    assert row[at + 1 : at + 11] == [
        "opinion score by the method mos, version 1",
        "1 to 5 in 5 steps (Bad, Poor, Fair, Good, Excellent)",
        "1 to 5, higher is better",
        "2",
        "5",
        "2 to 3 (median 2.5)",
        "2 to 3.5 (median 2.75)",
        "0.5, on the scale from 1 to 5 on which images were rated",
        "median half-width 0.50",
        "crowd",
    ]
    assert "<dt>Who they were</dt><dd>Students.</dd>" in page
    assert "<dt>Sessions</dt><dd>2 sessions</dd>" in page
    assert "256 to 512 (median 384) × 512" in page
    assert "<dt>Time on the screen, in seconds</dt><dd>1.5 to 3 (median 2.25)</dd>" in page
    assert "<dt>Processing</dt><dd>not stated</dd>" in page
    # Of the third sitting no score counts.
    assert "<dt>Minutes of a session</dt><dd>12.34 to 20 (median 16.17)</dd>" in page
    assert "<dt>Window, in CSS pixels</dt><dd>1366 × 768</dd>" in page
    assert "<dt>Browser</dt><dd>Chrome: 1, Firefox: 1</dd>" in page
    assert "<dt>Colour plates read, of 3</dt><dd>3: 1</dd>" in page
    assert "<dt>Colour gamut</dt><dd>not stated</dd>" in page
    assert "<dt>Raters left out</dt><dd>1</dd>" in page
    assert "<dt>Images left out</dt><dd>1</dd>" in page
    assert "1 rater and 1 image that were excluded are not among these" in page


def test_the_same_in_markdown_and_latex(found: dict[str, bytes]) -> None:
    lines = found["datasheet.md"].decode().splitlines()
    assert lines[0] == r'# Foxes & "inks" \| \<b\>\_1\</b\>, 狐狸'
    table = [line for line in lines if line.startswith("| ")]
    assert len(table) == 2 + len(KEYS)
    assert {line.count("|") - line.count(r"\|") for line in table} == {12}
    tex = found["datasheet.tex"].decode()
    assert r"\caption{Foxes \& " in tex
    assert r"95 \% interval & median half-width 0.50 & none & none \\" in tex
    rows = [line for line in tex.splitlines() if line.endswith(r" \\")]
    assert [line.count(" & ") for line in rows] == [len(KEYS)] * 11


def test_datacite_has_what_is_mandatory(found: dict[str, bytes]) -> None:
    document = json.loads(found["datacite.json"])
    # The mandatory properties of its schema but the DOI, which the registration gives.
    mandatory = {"creators", "titles", "publisher", "publicationYear", "types", "schemaVersion"}
    assert mandatory <= set(document)
    assert document["creators"][0]["familyName"] == "Doe"
    assert document["creators"][1] == {"name": "A lab", "nameType": "Organizational"}
    assert {"date": "2026-01-01/2026-01-02", "dateType": "Collected"} in document["dates"]
    assert document["rightsList"][0]["rightsIdentifier"] == "CC-BY-4.0"
    (technical,) = [
        item["description"]
        for item in document["descriptions"]
        if item["descriptionType"] == "TechnicalInfo"
    ]
    assert "quality: opinion score by the method mos, version 1, from 1 to 5, higher" in technical
    assert "application/x-matlab-data" in document["formats"]


def test_a_crate_names_every_file_that_lies_before_it(found: dict[str, bytes]) -> None:
    graph: list[dict[str, Any]] = json.loads(found["ro-crate-metadata.json"])["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    assert len(entities) == len(graph)
    root = entities["./"]
    parts = {part["@id"] for part in root["hasPart"]}
    assert parts == set(found) - {"ro-crate-metadata.json"} | {"pool/", "holdout/"}
    for references in (root["hasPart"], root["creator"], root["variableMeasured"]):
        assert all(reference["@id"] in entities for reference in references)
    assert root["license"]["@id"] in entities
    assert entities["datacite.json"]["contentSize"] == str(len(found["datacite.json"]))
    assert entities["#score-quality"]["maxValue"] == 5.0
    assert {"name", "description", "datePublished", "license"} <= set(root)


def test_every_form_names_the_release_and_is_listed(found: dict[str, bytes]) -> None:
    listed = found["forms/README.md"].decode()
    for name, form in FORMS.items():
        assert f"- `{name}`, version {form.version}. " in listed
    for path, data in found.items():
        assert b"demo-3.0.0" in data or path.endswith((".csv", "split.json", "instruct.json")), path
