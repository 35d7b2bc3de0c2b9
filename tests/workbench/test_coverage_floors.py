"""The floors of coverage: hand-made reports against hand arithmetic."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_SCRIPT = Path(__file__).parents[2] / "scripts" / "coverage_floors.py"
_FLOORS = {"annotation": [50, 50], "annotation.opinion": [90, 0]}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_floors", _SCRIPT)
    assert spec is not None and spec.loader is not None  # noqa: PT018 -- both are of a file
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _file(covered: int, statements: int, taken: int = 0, branches: int = 0) -> dict[str, Any]:
    counts = {"covered_lines": covered, "num_statements": statements}
    return {"summary": {**counts, "covered_branches": taken, "num_branches": branches}}


def test_a_file_counts_for_the_longest_package_that_it_lies_in(script: ModuleType) -> None:
    files = {
        "annotation/apps.py": _file(3, 4, 1, 2),
        "annotation/opinions.py": _file(1, 4),
        "annotation/opinion/votes.py": _file(9, 10, 3, 4),
        "annotation/opinion/methods/mos.py": _file(1, 10),
    }
    assert script.reached(files, _FLOORS) == {
        "annotation": (50.0, 50.0),
        "annotation.opinion": (50.0, 75.0),
    }


def test_each_floor_that_is_not_reached_is_named(script: ModuleType) -> None:
    found = {"annotation": (50.0, 49.9), "annotation.opinion": (89.96, 100.0)}
    assert script.below(found, _FLOORS) == [
        "annotation reaches 49.90 % of its branches, its floor is 50: add tests",
        "annotation.opinion reaches 89.96 % of its statements, its floor is 90: add tests",
    ]
    assert script.below(dict.fromkeys(_FLOORS, (100.0, 100.0)), _FLOORS) == []


def test_a_file_outside_all_packages_is_an_error(script: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"modelops/apps\.py lies in no package"):
        script.reached({"modelops/apps.py": _file(1, 1)}, _FLOORS)


def test_raised_floors_are_a_little_below_what_is_reached(script: ModuleType) -> None:
    project = 'annotation = [50, 50]\n"annotation.opinion" = [90, 0]\n'
    found = {"annotation": (61.4, 60.6), "annotation.opinion": (100.0, 99.0)}
    assert script.with_floors(project, found) == (
        'annotation = [60, 60]\n"annotation.opinion" = [99, 98]\n'
    )
