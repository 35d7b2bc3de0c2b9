"""The live release of a large study: a fit of all ratings, and an update after one more.

The work is that of the process that keeps the release, with the database's; nothing is served
meanwhile.
"""

from dataclasses import dataclass
from typing import Any

from .machine import busy_cores
from .results import percentile, table, write
from .site import Say, bench_site

SLUG = "bench-live"
#: Milliseconds of an update.
AIM_MS = 200


@dataclass(frozen=True)
class Plan:
    """`raters` with `each` ratings of `images`; `times` updates, each after one more rating."""

    images: int = 100_000
    raters: int = 1_000
    each: int = 300
    times: int = 10


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Seconds of a fit, and of each update."""
    with bench_site(say) as site:
        say(f"storing {plan.images:,} images and {plan.raters * plan.each:,} ratings")
        site.inside("study", slug=SLUG, images=plan.images, wanted=5)
        site.inside("crowd", slug=SLUG, number=plan.raters, each=plan.each)
        site.inside("analyze")
        found = site.inside("live_scores", slug=SLUG, times=plan.times)
    return {"images": plan.images, "ratings": plan.raters * plan.each, **found}


def lines(found: dict[str, Any]) -> list[str]:
    """Everything for a person."""
    updates = [1000 * seconds for seconds in found["updates"]]
    rows = [
        ["fit of everything", f"{1000 * found['fit']:.0f}"],
        ["update after one rating, median", f"{percentile(updates, 50):.0f}"],
        ["update after one rating, longest", f"{max(updates):.0f}"],
    ]
    return [*table(["", "ms"], rows), "", f"Aim of an update: {AIM_MS} ms."]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/live_scores.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    path = write("live_scores", {**found, "aim_ms": AIM_MS}, busy)
    say("\n".join(["", *lines(found), "", f"written to {path}"]))
