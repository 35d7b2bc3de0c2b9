"""Ranking a pool with this build and with the one at 2e34361, in turns: each chooses as many images
as its product does, and this one as many as the other, too."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .builds import Build, two_builds
from .machine import busy_cores
from .results import table, write
from .site import Say

#: Seconds at most for the pool that both rank, and for the large one; MiB for that.
AIM, LARGE_AIM, LARGE_AIM_MIB = 1.0, 10.0, 1536
_SCRIPT = "one_rank.py"
_HERE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Plan:
    """How much is ranked: a pool in turns, `rounds` times by each, and a large one by this build.

    counts: how many images are chosen, by the build; the other one chose a tenth of the pool.
    """

    images: int = 20_000
    width: int = 160
    counts: tuple[tuple[str, int], ...] = (("other", 2_000), ("this", 32), ("this", 2_000))
    rounds: int = 3
    large: tuple[int, int, int] = (1_000_000, 256, 100)


def measure(plan: Plan, other: Path, say: Say) -> dict[str, Any]:
    """Each ranking: of which build, how many chosen, in which round, its seconds."""
    found: list[dict[str, Any]] = []
    with two_builds(other, _SCRIPT) as builds:
        for number in range(1, plan.rounds + 1):
            for name, count in plan.counts:
                asked = {"images": plan.images, "width": plan.width, "count": count}
                spent = builds[name].ask(asked | {"before": name == "other"})
                found.append({"build": name, "chosen": count, "round": number, **spent})
                say(f"round {number}, {name}, {count} chosen: {spent['seconds']:.2f} s")
    images, width, count = plan.large
    with Build(_HERE, _SCRIPT, None) as build:
        asked = {"images": images, "width": width, "count": count, "before": False}
        large = {"images": images, "width": width, "chosen": count, **build.ask(asked)}
    return {"rankings": found, "large": large}


def medians(found: dict[str, Any]) -> dict[tuple[str, int], float]:
    """Seconds by build and number chosen."""
    rows: dict[tuple[str, int], list[float]] = {}
    for each in found["rankings"]:
        rows.setdefault((each["build"], each["chosen"]), []).append(each["seconds"])
    return {key: median(times) for key, times in rows.items()}


def lines(plan: Plan, found: dict[str, Any]) -> list[str]:
    """Everything for a person."""
    rows = [[build, chosen, f"{t:.2f}"] for (build, chosen), t in medians(found).items()]
    large = found["large"]
    return [
        f"{plan.images} images of {plan.width} features, three perspectives:",
        *table(["build", "chosen", "seconds"], rows),
        f"This build's aim with as many chosen as it does: {AIM} s.",
        f"{large['images']} × {large['width']}, {large['chosen']} chosen, by this build: "
        f"{large['seconds']:.2f} s, {large['peak_mib']:.0f} MiB with all embeddings in memory "
        f"(aim: {LARGE_AIM} s, {LARGE_AIM_MIB} MiB).",
    ]


def run(say: Say, other: Path, plan: Plan = Plan()) -> None:
    """Measures, writes results/rank.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, other, say)
    path = write("rank", {"images": plan.images, "width": plan.width, "aim": AIM, **found}, busy)
    say("\n".join(["", *lines(plan, found), "", f"written to {path}"]))
