"""Exporting a million scores with this build and with another one, in turns."""

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .builds import two_builds
from .machine import busy_cores
from .results import table, write
from .site import Say

#: What both builds have, whatever is in it.
FORMS = ("csv", "jsonl")


@dataclass(frozen=True)
class Size:
    """Of the study in each build."""

    images: int = 12_000
    raters: int = 334
    each: int = 1_000


def measure(size: Size, rounds: int, other: Path, say: Say) -> list[dict[str, Any]]:
    """Each download: of which build, in which round and form, its seconds."""
    found: list[dict[str, Any]] = []
    say("starting and filling both builds")
    with two_builds(other, "one_export.py", asdict(size)) as builds:
        for number in range(1, rounds + 1):
            for form in FORMS:
                for name, build in builds.items():
                    spent = build.ask({"form": form})
                    found.append({"build": name, "round": number, "form": form, **spent})
                    say(f"round {number}, {form}, {name}: {spent['seconds']:.1f} s")
    return found


def times_as_fast(found: list[dict[str, Any]], form: str) -> float:
    """The other build's time over this one's, median of the rounds."""
    times = {
        (each["build"], each["round"]): float(each["seconds"])
        for each in found
        if each["form"] == form
    }
    rounds = {number for _build, number in times}
    return round(median(times["other", n] / times["this", n] for n in rounds), 1)


def lines(found: list[dict[str, Any]]) -> list[str]:
    """Everything for a person."""
    rows = [
        [f"{each['round']} · {each['form']} · {each['build']}", f"{each['seconds']:.1f}"]
        for each in found
    ]
    times = ", ".join(f"{form} {times_as_fast(found, form)}" for form in FORMS)
    return [*table(["round · form · build", "seconds"], rows), "", f"Times as fast: {times}."]


def run(say: Say, other: Path, size: Size = Size(), rounds: int = 2) -> None:
    """Measures, writes results/export_turns.json, prints the table."""
    busy = busy_cores()
    found = measure(size, rounds, other, say)
    times = {form: times_as_fast(found, form) for form in FORMS}
    path = write("export_turns", {**asdict(size), "exports": found, "times": times}, busy)
    say("\n".join(["", *lines(found), "", f"written to {path}"]))
