"""Methods of opinion scores: seconds and memory, P.910 next to sureal in the same run."""

import json
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import busy_cores
from benchmarks.results import table, write
from benchmarks.site import Say

#: The peer, installed in an environment that lives as long as the run.
PEER = "sureal==0.9.0"
_ROOT = Path(__file__).parents[1]
_SECONDS = 1800


@dataclass(frozen=True)
class Plan:
    """Stimuli × subjects (× ratings per stimulus)."""

    dense: tuple[int, int] = (36_000, 28)
    sparse: tuple[int, int, int] = (100_000, 2_000, 10)
    sparse_methods: tuple[str, ...] = ("p910", "subject_map")
    #: Whether to run sureal; it is installed from the package index.
    peer: bool = True
    #: The best of so many.
    repeats: int = field(default=3)


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Each run is a process of its own."""
    cases: dict[str, Any] = {}
    dense = ("p910", "dense", *map(str, plan.dense))
    cases["dense p910"] = _best(plan, Path(sys.executable), "ours", *dense)
    if plan.peer:
        cases |= _peer(plan, dense, say)
    for method in plan.sparse_methods:
        sparse = (method, "sparse", *map(str, plan.sparse))
        cases[f"sparse {method}"] = _best(plan, Path(sys.executable), "ours", *sparse)
    facts: dict[str, Any] = {"dense": plan.dense, "sparse": plan.sparse, "cases": cases}
    if "dense p910 by sureal" in cases:
        theirs, ours = cases["dense p910 by sureal"], cases["dense p910"]
        facts["times_faster_than_sureal"] = round(theirs["seconds"] / ours["seconds"], 1)
    return facts


def _peer(plan: Plan, dense: tuple[str, ...], say: Say) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        say(f"installing {PEER} into an environment that is removed afterwards")
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", PEER],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            say(f"without sureal, which cannot be installed: {done.stderr.strip()[-300:]}")
            return {}
        return {"dense p910 by sureal": _best(plan, python, "sureal", *dense)}


def _best(plan: Plan, python: Path, *case: str) -> dict[str, float]:
    runs = [_run(python, case) for _ in range(plan.repeats)]
    return min(runs, key=lambda found: found["seconds"])


def _run(python: Path, case: tuple[str, ...]) -> dict[str, float]:
    done = subprocess.run(
        [python, "-W", "ignore", "-m", "benchmarks.opinion_case", *case],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=_SECONDS,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(say: Say) -> None:
    """Measures as planned, prints a table and writes `results/opinion.json`."""
    busy = busy_cores()
    facts = measure(Plan(), say)
    headings = ("case", "seconds", "peak MiB", "before MiB")
    names = ("seconds", "peak_mib", "peak_mib_before")
    rows = [
        (case, *(f"{found[name]:,.2f}" for name in names)) for case, found in facts["cases"].items()
    ]
    for line in table(headings, rows):
        say(line)
    if "times_faster_than_sureal" in facts:
        say(f"dense P.910: {facts['times_faster_than_sureal']} × faster than sureal")
    say(f"written: {write('opinion', facts, busy)}")
