"""Trial claims in a small study and in one of a million stimuli: is a claim as quick in both?

A claim leases a block of ten to a new rater. Both studies have a model's priorities;
they are measured in turn, twice each, because a machine's speed changes within minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from benchmarks.load import CLAIMS
from benchmarks.machine import busy_cores
from benchmarks.results import summary, table, write
from benchmarks.site import BenchSite, Say, bench_site

#: p95 of the largest over p95 of the smallest study.
AIM = 1.3


@dataclass(frozen=True)
class Plan:
    """How much is measured, and for how long."""

    sizes: tuple[int, ...] = (2_400, 1_000_000)
    #: Per stimulus, so that the small study does not run out.
    wanted: int = 20
    browsers: int = 8
    claimers: int = 2_500
    rounds: int = 2
    seconds: float = 4.0
    warm_up: float = 1.0


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Claims in studies of each size, and how PostgreSQL reads them."""
    with bench_site(say) as site:
        for size in plan.sizes:
            say(f"storing {size:,} stimuli")
            site.inside("study", slug=_slug(size), images=size, wanted=plan.wanted)
            site.inside("priorities", slug=_slug(size))
        site.inside("analyze")
        rounds = [
            _round(site, plan, size, number)
            for number in range(1, plan.rounds + 1)
            for size in plan.sizes
        ]
        plans = {size: site.inside("claim_plan", slug=_slug(size))["plan"] for size in plan.sizes}
    return {"browsers": plan.browsers, "rounds": rounds, "plans": plans}


def _round(site: BenchSite, plan: Plan, size: int, number: int) -> dict[str, Any]:
    site.say(f"{size:,} stimuli, round {number}")
    tokens = site.inside("raters", slug=_slug(size), number=plan.claimers)["tokens"]
    times = {"warm_up": plan.warm_up, "seconds": plan.seconds}
    measured = site.load(tokens, plan.browsers, CLAIMS, **times)
    found = summary(measured.milliseconds["claim"], measured.seconds)
    return {"stimuli": size, "round": number, **found}


def _slug(size: int) -> str:
    return f"bench-{size}"


def compared(found: dict[str, Any]) -> dict[str, Any]:
    """p95 of the largest study over that of the smallest, and what the plans sort."""
    p95 = {
        size: fmean(item["p95_ms"] for item in found["rounds"] if item["stimuli"] == size)
        for size in found["plans"]
    }
    return {
        "p95_ratio": round(p95[max(p95)] / p95[min(p95)], 2),
        "aim": AIM,
        "sorts": any("Sort" in line for plan in found["plans"].values() for line in plan),
    }


def lines(found: dict[str, Any], against: dict[str, Any]) -> Sequence[str]:
    """Everything for a person."""
    rows = [
        [f"{item['stimuli']:,} · round {item['round']}"]
        + [item[key] for key in ("per_second", "p50_ms", "p95_ms", "p99_ms")]
        for item in found["rounds"]
    ]
    largest = found["plans"][max(found["plans"])]
    return [
        *table(["stimuli", "claims/s", "p50 ms", "p95 ms", "p99 ms"], rows),
        "",
        f"{found['browsers']} browsers, each claim a block of ten for a new rater.",
        f"p95 of the largest over the smallest: {against['p95_ratio']} (aim: {AIM}).",
        "How PostgreSQL draws from the largest:",
        *(f"  {line}" for line in largest),
    ]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/claims.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    against = compared(found)
    path = write("claims", {**found, "compared": against}, busy)
    say("\n".join(["", *lines(found, against), "", f"written to {path}"]))
