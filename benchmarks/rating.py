"""Trial claims and rating submits per second, in an empty study and with 67,200 answers stored.

Browsers send one request after another, without thinking time. A rating is what the rating page
sends for one image: the answer with three scores and their reasons, whose reply brings the next
trial, and with it how long the image has been on the screen. Client and server share the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load import CLAIMS, PAGE, RATINGS, Measured
from benchmarks.machine import busy_cores
from benchmarks.results import PEER, summary, table, write
from benchmarks.site import BenchSite, Say, bench_site, processor_seconds

SLUG = "rating"
#: The peer's load, for the comparison.
COMPARED = 8


@dataclass(frozen=True)
class Plan:
    """How much is measured, and for how long."""

    browsers: tuple[int, ...] = (1, 8, 32)
    seconds: float = 10.0
    claim_seconds: float = 4.0
    warm_up: float = 2.0
    #: A claim leases a block of ten slots, so that claims alone take a hundred thousand of them.
    open_images: int = 60_000
    wanted: int = 3
    claimers: int = 8_000
    #: As many answers as the peer had stored: by 28 raters, to 2,400 images.
    stored_images: int = 2_400
    stored_by: int = 28

    @property
    def stored(self) -> int:
        return self.stored_images * self.stored_by


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """All levels, first without and then with stored answers."""
    with bench_site(say) as site:
        site.inside("study", slug=SLUG, images=plan.open_images, wanted=plan.wanted)
        site.inside("analyze")
        empty = _levels(site, plan, 0)
        say(f"storing {plan.stored:,} answers")
        site.inside("ratings", slug=SLUG, images=plan.stored_images, by=plan.stored_by)
        site.inside("analyze")
        full = _levels(site, plan, plan.stored)
    return {"levels": [*empty, *full]}


def _levels(site: BenchSite, plan: Plan, stored: int) -> list[dict[str, Any]]:
    return [_level(site, plan, stored, browsers) for browsers in plan.browsers]


def _level(site: BenchSite, plan: Plan, stored: int, browsers: int) -> dict[str, Any]:
    site.say(f"{browsers} browsers, {stored:,} answers stored")
    level: dict[str, Any] = {"browsers": browsers, "stored": stored}
    claimers = _tokens(site, plan.claimers)
    times = {"warm_up": plan.warm_up / 2, "seconds": plan.claim_seconds}
    claims, cost = _costed(site, claimers, browsers, CLAIMS, times)
    level["claim"] = {**_summaries(claims)["claim"], **_per(cost, claims, "claim")}
    times = {"warm_up": plan.warm_up, "seconds": plan.seconds}
    rated, cost = _costed(site, _tokens(site, browsers), browsers, RATINGS, times)
    level |= _summaries(rated)
    level["rating"] |= _per(cost, rated, "rating")
    if browsers == COMPARED:
        page, _cost = _costed(site, _tokens(site, browsers), browsers, PAGE, times)
        level["with_images"] = _summaries(page)
    return level


def _tokens(site: BenchSite, number: int) -> list[str]:
    tokens: list[str] = site.inside("raters", slug=SLUG, number=number)["tokens"]
    return tokens


def _costed(
    site: BenchSite, tokens: list[str], browsers: int, workload: str, times: dict[str, float]
) -> tuple[Measured, dict[str, float]]:
    """What was measured, and the processor seconds of web server and database meanwhile."""
    watched = {"web": site.web(), "database": site.database()}
    before = {name: processor_seconds(group) for name, group in watched.items()}
    measured = site.load(tokens, browsers, workload, **times)
    # The same processes: the pool of database connections lives as long as the web server.
    watched["database"] = site.database()
    spent = {name: processor_seconds(group) - before[name] for name, group in watched.items()}
    share = times["seconds"] / (times["seconds"] + times["warm_up"])
    return measured, {name: seconds * share for name, seconds in spent.items()}


def _summaries(measured: Measured) -> dict[str, dict[str, float]]:
    return {
        kind: summary(values, measured.seconds) for kind, values in measured.milliseconds.items()
    }


def _per(cost: dict[str, float], measured: Measured, kind: str) -> dict[str, float]:
    """Processor milliseconds for each request of a kind."""
    number = len(measured.milliseconds[kind])
    return {
        f"{name}_processor_ms": round(1000 * seconds / number, 2) for name, seconds in cost.items()
    }


def compared(levels: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The peer's figures, and ours as multiples of its best."""
    at = {level["stored"]: level for level in levels if level["browsers"] == COMPARED}
    best = max(PEER["ratings_per_second"])
    empty, full = at[min(at)], at[max(at)]
    return {
        "peer": dict(PEER),
        "times_peers_best": round(empty["rating"]["per_second"] / best, 1),
        "times_peers_best_stored": round(full["rating"]["per_second"] / best, 1),
        "submit_p95_ms": empty["submit"]["p95_ms"],
        "submit_p95_ms_stored": full["submit"]["p95_ms"],
    }


def lines(levels: Sequence[dict[str, Any]], against: dict[str, Any]) -> list[str]:
    """Everything for a person."""
    headings = ["stored · browsers · what", "per s", "p50 ms", "p95 ms", "p99 ms"]
    headings += ["web ms", "database ms"]
    rows = [
        [
            f"{level['stored']:>6,} · {level['browsers']:>2} · {name}",
            *(figures[key] for key in ("per_second", "p50_ms", "p95_ms", "p99_ms")),
            *(figures.get(f"{part}_processor_ms", "") for part in ("web", "database")),
        ]
        for level in levels
        for name, figures in _kinds(level)
    ]
    peer = against["peer"]
    return [
        *table(headings, rows),
        "",
        "A submit stores an answer and claims the next image; a rating is a submit, with a new "
        "session now and then.",
        "web ms and database ms: processor time of each. Client and server share the machine.",
        f"{COMPARED} browsers: {against['times_peers_best']} times the peer's best rate, "
        f"{against['times_peers_best_stored']} times with {levels[-1]['stored']:,} stored "
        f"(aim: 15); submit p95 {against['submit_p95_ms']} and {against['submit_p95_ms_stored']} "
        "ms (aim: 60).",
        f"Peer, measured {peer['measured']}: {peer['name']}, "
        f"{peer['ratings_per_second'][0]}-{peer['ratings_per_second'][1]} ratings/s, "
        f"{peer['ratings_per_second_stored_67200']} with 67,200 stored; "
        f"p95 of `next` {peer['next_p95_ms'][0]}-{peer['next_p95_ms'][1]} ms at 8 browsers.",
    ]


def _kinds(level: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    kinds = [(name, level[name]) for name in ("claim", "submit", "rating")]
    images = level.get("with_images")
    return [*kinds, ("rating with its image", images["rating"])] if images else kinds


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/rating.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    against = compared(found["levels"])
    path = write("rating", {**found, "compared": against, "seconds": plan.seconds}, busy)
    say("\n".join(["", *lines(found["levels"], against), "", f"written to {path}"]))
