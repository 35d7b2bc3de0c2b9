"""Compare what the tests reached with the floors in pyproject.toml, package by package.

    .venv/bin/python scripts/coverage_floors.py          fail if a package is below its floor
    .venv/bin/python scripts/coverage_floors.py --raise  write what is reached now as the floors

Reads the report that `pytest --cov --cov-report=json` writes. A file counts for the longest package
of `[tool.coverage-floors]` that it lies in.
"""

import argparse
import json
import math
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
KINDS = {"statements": ("covered_lines", "num_statements"),
         "branches": ("covered_branches", "num_branches")}  # fmt: skip

#: Percent by which two runs may differ: which of two threads comes first decides some branches.
CHANCE = 0.5

Reached = dict[str, tuple[float, float]]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--raise", action="store_true", dest="raises", help="write new floors")
    tools = tomllib.loads(PROJECT.read_text())["tool"]
    floors = tools["coverage-floors"]
    report = json.loads((ROOT / tools["coverage"]["json"]["output"]).read_text())
    found = reached(report["files"], floors)
    if options.parse_args().raises:
        PROJECT.write_text(with_floors(PROJECT.read_text(), found))
        return 0
    missed = list(below(found, floors))
    for line in missed or [f"{len(floors)} packages are at or above their floors"]:
        sys.stdout.write(f"coverage: {line}\n")
    return 1 if missed else 0


def reached(files: Mapping[str, Any], packages: Mapping[str, Any]) -> Reached:
    """Percent of statements and of branches reached, of each package that has any."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in packages}
    for path, file in files.items():
        module = path.removesuffix(".py").replace("/", ".")
        inside = [name for name in packages if f"{module}.".startswith(f"{name}.")]
        if not inside:
            raise SystemExit(f"coverage: {path} lies in no package of [tool.coverage-floors]")
        counts[max(inside, key=len)].update(
            {key: file["summary"][key] for pair in KINDS.values() for key in pair}
        )
    return {
        name: (_percent(count, "statements"), _percent(count, "branches"))
        for name, count in counts.items()
    }


def _percent(count: Mapping[str, int], kind: str) -> float:
    covered, number = KINDS[kind]
    return 100 * count[covered] / count[number] if count[number] else 100.0


def below(found: Reached, floors: Mapping[str, Any]) -> list[str]:
    """A line for each floor that is not reached."""
    return [
        f"{name} reaches {percent:.2f} % of its {kind}, its floor is {floor}: add tests"
        for name, percents in found.items()
        for kind, percent, floor in zip(KINDS, percents, floors[name], strict=True)
        if percent < floor
    ]


def with_floors(project: str, found: Reached) -> str:
    """pyproject.toml with floors at what is reached, in whole percents."""
    for name, percents in found.items():
        floors = [math.floor(percent - CHANCE) for percent in percents]
        line = re.compile(rf"^(\"?{re.escape(name)}\"? = )\[\d+, \d+\]$", re.MULTILINE)
        project = line.sub(rf"\g<1>{floors}", project)
    return project


if __name__ == "__main__":
    sys.exit(main())
