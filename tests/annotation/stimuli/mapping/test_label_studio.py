"""Tasks of Label Studio as rows: worked out by hand from its documented format."""

from typing import Any

import pytest

from annotation.stimuli.mapping.label_studio import is_task, task_row


def answered(*values: tuple[str, str, Any]) -> dict[str, Any]:
    """An annotation: name of the control, its type, and what its `value` has."""
    result = [{"from_name": name, "type": kind, "value": value} for name, kind, value in values]
    return {"result": result}


def row(*annotations: Any, **data: Any) -> dict[str, Any]:
    return task_row({"data": data, "annotations": list(annotations)})


def test_answers_with_a_number_are_means_deviations_and_counts() -> None:
    found = row(
        answered(("q", "rating", {"rating": 3}), ("n", "number", {"number": 0.5})),
        answered(("q", "rating", {"rating": 5}), ("c", "choices", {"choices": ["4"]})),
        prompt="a cat",
    )
    assert found == {
        "prompt": "a cat",
        "score_q": 4,
        "sd_q": pytest.approx(2**0.5),
        "raters_q": 2,
        "score_n": 0.5,
        "raters_n": 1,
        "score_c": 4,
        "raters_c": 1,
    }


@pytest.mark.parametrize(
    "annotation",
    [
        {**answered(("q", "rating", {"rating": 3})), "was_cancelled": True},
        "not an annotation",
        {"result": None},
        {"result": ["not an answer"]},
        {"result": [{"from_name": "q", "type": "rating", "value": 3}]},
        answered(("q", "choices", {"choices": ["good"]})),
        answered(("q", "choices", {"choices": ["1", "2"]})),
        answered(("q", "rating", {"rating": True})),
        answered(("q", "textarea", {"text": ["7"]})),
    ],
)
def test_what_is_no_number_counts_for_nothing(annotation: Any) -> None:
    assert row(annotation) == {}


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/upload/3/0a1b2c3d-cat.png", "cat.png"),
        ("/data/local-files/?d=set/cat.png", "set/cat.png"),
        ("/data/local-files/", "/data/local-files/"),
        ("cat.png", "cat.png"),
        (7, 7),
    ],
)
def test_an_address_of_a_file_is_its_name(address: Any, name: Any) -> None:
    assert row(image=address) == {"image": name}


def test_what_a_task_is() -> None:
    assert is_task({"data": {}, "annotations": []})
    assert not is_task({"data": {}, "annotations": None})
    assert not is_task({"image": "a.png"})
