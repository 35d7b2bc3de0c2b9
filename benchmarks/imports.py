"""Importing a folder of JPEGs with this build and with another one, in turns."""

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from .builds import two_builds
from .machine import busy_cores
from .results import table, write
from .site import Say

#: At least so many times as fast as the other build.
AIM = 2.0


@dataclass(frozen=True)
class Plan:
    """How much is imported: `images` square JPEGs of `side` pixels, `rounds` times by each."""

    images: int = 10_000
    side: int = 512
    rounds: int = 3


def make_folder(folder: Path, plan: Plan) -> Path:
    """JPEGs with the detail of photographs, each different, and their manifest."""
    random = np.random.default_rng(1)
    fine = random.normal(128, 60, (2 * plan.side, 2 * plan.side, 3)).clip(0, 255)
    world = Image.fromarray(fine.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.5))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["filename", "prompt", "generator"])
        for number in range(plan.images):
            left, top = number % plan.side, number // plan.side
            part = world.crop((left, top, left + plan.side, top + plan.side))
            part.save(folder / f"{number}.jpg", quality=90)
            rows.writerow([f"{number}.jpg", f"prompt {number // 4}", f"generator {number % 4}"])
    return folder / "manifest.csv"


def measure(plan: Plan, other: Path, say: Say) -> list[dict[str, Any]]:
    """Each import: of which build, in which round, its seconds."""
    found: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory(prefix="mint-imports-") as folder,
        two_builds(other, "one_import.py") as builds,
    ):
        manifest = make_folder(Path(folder), plan)
        for number in range(1, plan.rounds + 1):
            for name, build in builds.items():
                spent = build.ask({"slug": f"import-{name}-{number}", "manifest": str(manifest)})
                found.append({"build": name, "round": number, **spent})
                say(f"round {number}, {name}: {spent['seconds']:.1f} s")
    return found


def times_as_fast(found: list[dict[str, Any]], key: str) -> float:
    """The other build's time over this one's, median of the rounds."""
    times = {(each["build"], each["round"]): float(each[key]) for each in found}
    rounds = {number for _build, number in times}
    return round(median(times["other", n] / times["this", n] for n in rounds), 2)


def lines(found: list[dict[str, Any]]) -> list[str]:
    """Everything for a person."""
    rows = [
        [f"{each['round']} · {each['build']}", f"{each['seconds']:.1f}", f"{each['processor']:.1f}"]
        for each in found
    ]
    return [
        *table(["round · build", "seconds", "processor seconds"], rows),
        "",
        f"This build is {times_as_fast(found, 'seconds')} times as fast (aim: {AIM}), "
        f"{times_as_fast(found, 'processor')} times by processor time.",
    ]


def run(say: Say, other: Path, plan: Plan = Plan()) -> None:
    """Measures, writes results/imports.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, other, say)
    facts = {"images": plan.images, "side": plan.side, "aim": AIM, "imports": found}
    path = write("imports", {**facts, "times": times_as_fast(found, "seconds")}, busy)
    say("\n".join(["", *lines(found), "", f"written to {path}"]))
