"""Plots: what the SVG holds, and that nothing is fetched for it."""

import csv
import io
from xml.etree import ElementTree

import pytest

from workbench.core.plots import ACCENT, Plot

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"

PLOT = Plot(
    name="means",
    title="Means <of> generators",
    summary="A is above B",
    grammar={
        "mark": {"type": "point", "color": ACCENT},
        "encoding": {
            "x": {"field": "score", "type": "quantitative", "title": "Score, 1–5"},
            "y": {"field": "generator", "type": "nominal", "title": None},
            "href": {"field": "address"},
        },
    },
    rows=[
        {"generator": "A & B", "score": 3.5, "address": "/images/1/"},
        {"generator": "图像模型", "score": 2.25, "address": "/images/2/"},
    ],
)


def test_marks_lead_to_their_addresses_and_say_what_they_are() -> None:
    root = ElementTree.fromstring(PLOT.svg)
    assert [link.get(XLINK) for link in root.iter(f"{SVG}a")] == ["/images/1/", "/images/2/"]
    marks = [
        mark.get("aria-label")
        for mark in root.iter()
        if mark.get("aria-roledescription") == "point"
    ]
    assert marks[0] == "Score, 1–5: 3.5; generator: A & B; address: /images/1/"
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"A & B", "图像模型", "Score, 1–5"} <= texts


def test_in_a_page_it_is_named_and_takes_the_page_s_colours() -> None:
    root = ElementTree.fromstring(PLOT.svg)
    assert root.get("aria-label") == "Means <of> generators: A is above B"
    assert root.get("role") == "group"
    assert "var(--accent)" in PLOT.svg
    assert "style=" not in PLOT.svg  # the content security policy would ignore it


def test_a_file_has_colours_of_its_own() -> None:
    drawn = PLOT.svg_file()
    assert "var(" not in drawn
    assert "#0b6e5f" in drawn
    assert ElementTree.fromstring(drawn)[0].get("fill") == "#fff"


def test_its_rows_come_as_a_table() -> None:
    rows = list(csv.DictReader(io.StringIO(PLOT.csv_file(raw=True))))
    assert [row["score"] for row in rows] == ["3.5", "2.25"]
    assert PLOT.csv_file().startswith("\ufeffgenerator,")


def test_nothing_is_fetched() -> None:
    fetching = Plot("x", "X", "", {"mark": "bar", "encoding": {}}, [])
    grammar = {
        **fetching.grammar,
        "layer": [{"mark": "bar", "data": {"url": "http://127.0.0.1:9/rows.json"}}],
    }
    with pytest.raises(ValueError, match="not allowed"):
        _ = Plot("x", "X", "", grammar, [{"a": 1}]).svg
