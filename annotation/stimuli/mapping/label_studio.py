"""Tasks with annotations as Label Studio exports them in JSON, as rows of a table.

A task is {"data": {…}, "annotations": [{"result": [{"from_name": …, "type": "rating", "value":
{"rating": 4}}]}]} (labelstud.io/guide/task_format). Its data are columns; of each control that was
answered with a number, by several people, `score_NAME` is the mean, `sd_NAME` the sample standard
deviation, `raters_NAME` how many answered.
"""

import re
import statistics
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: What it puts before the name of an uploaded file.
_UPLOADED = re.compile(r"^/?data/upload/\d+/(?:[0-9a-f]{8}-)?")
_LOCAL = "/data/local-files/"
#: The kinds of answers that are numbers, and where those stand.
_NUMBERS = {"rating": "rating", "number": "number", "choices": "choices"}
_MOST_ANNOTATIONS = 10_000

Json = Mapping[str, Any]


def is_task(values: Json) -> bool:
    return isinstance(values.get("data"), dict) and isinstance(values.get("annotations"), list)


def task_row(values: Json) -> dict[str, Any]:
    """The columns of one task."""
    row = {str(key): _named(value) for key, value in values["data"].items()}
    answers: dict[str, list[float]] = {}
    for annotation in values["annotations"][:_MOST_ANNOTATIONS]:
        for name, number in _answers(annotation):
            answers.setdefault(name, []).append(number)
    for name, numbers in answers.items():
        row[f"score_{name}"] = statistics.fmean(numbers)
        row[f"raters_{name}"] = len(numbers)
        if len(numbers) > 1:
            row[f"sd_{name}"] = statistics.stdev(numbers)
    return row


def _answers(annotation: Any) -> Iterator[tuple[str, float]]:
    """Name of the control and number, of an annotation that was not cancelled."""
    if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
        return
    results = annotation.get("result")
    for item in results if isinstance(results, list) else ():
        if isinstance(item, dict) and isinstance(item.get("value"), dict):
            number = _number(item["value"].get(_NUMBERS.get(str(item.get("type")), "")))
            if number is not None:
                yield str(item.get("from_name")), number


def _number(value: Any) -> float | None:
    """Of a rating, a number, or a choice of one that is written as a number."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _named(value: Any) -> Any:
    """The name of the file that an address of Label Studio's means; anything else as it is."""
    if not isinstance(value, str):
        return value
    if value.startswith(_LOCAL):
        return parse_qs(urlsplit(value).query).get("d", [value])[0]
    return _UPLOADED.sub("", value)
