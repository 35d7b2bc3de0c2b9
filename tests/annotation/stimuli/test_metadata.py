"""Metadata as a page shows them: no value looks like a program's."""

from typing import Any

import pytest
from django.test import Client

from annotation.models import Study
from annotation.stimuli.metadata import MOST_ROWS, readable
from tests.factories import make_stimulus


@pytest.mark.parametrize(
    ("metadata", "rows"),
    [
        pytest.param({"seed": 7, "cfg": 7.5}, [("seed", "7"), ("cfg", "7.5")], id="plain"),
        pytest.param(
            {"a": True, "b": None, "c": {}}, [("a", "Yes"), ("b", "–"), ("c", "–")], id="odd"
        ),
        pytest.param(
            {"tags": ["red", 2, False], "no": []}, [("tags", "red, 2, No"), ("no", "–")], id="lists"
        ),
        pytest.param(
            {"quality": {"n": 3, "counts": {"1": 2}}},
            [("quality › n", "3"), ("quality › counts › 1", "2")],
            id="nested",
        ),
        pytest.param(
            {"loras": [{"name": "x", "weight": 0.5}, "y"]},
            [("loras › 1 › name", "x"), ("loras › 1 › weight", "0.5"), ("loras › 2", "y")],
            id="a list of objects",
        ),
        pytest.param({}, [("", "–")], id="nothing"),
    ],
)
def test_nested_values_have_the_names_that_lead_to_them(
    metadata: dict[str, Any], rows: list[tuple[str, str]]
) -> None:
    assert readable(metadata) == (rows if metadata else [], len(rows) if metadata else 0)


@pytest.mark.django_db
def test_the_image_page_shows_the_first_ones(study: Study, console: Client) -> None:
    nodes = {str(number): {"class": "Sampler"} for number in range(MOST_ROWS + 5)}
    stimulus = make_stimulus(study, 1, metadata={"workflow": nodes, "note": "<b>"})

    page = console.get(f"/studies/{study.slug}/images/{stimulus.pk}/").content.decode()

    assert "<dt>workflow › 7 › class</dt><dd>Sampler</dd>" in page
    assert "{&#x27;" not in page
    assert "6 more values are in the export." in page
