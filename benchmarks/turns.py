"""The rating loop of two builds in one run, window after window in turns (`builds`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .builds import Build, two_builds
from .load import CLAIMS, RATINGS
from .machine import busy_cores
from .results import summary, table, write
from .site import Say

#: At least so many times the other build's ratings per second.
AIM = 1.6


@dataclass(frozen=True)
class Plan:
    """How much is measured: `rounds` windows of each kind of each build."""

    browsers: int = 8
    rounds: int = 5
    seconds: float = 10.0
    warm_up: float = 3.0
    images: int = 60_000
    wanted: int = 3
    #: Raters of a window of claims; each claims once.
    claimers: int = 3_000
    claim_seconds: float = 4.0


def _ratings(build: Build, plan: Plan) -> dict[str, float]:
    """Rate, latencies and processor time of one window of ratings."""
    asked = {"seconds": plan.seconds, "warm_up": plan.warm_up, "raters": plan.browsers}
    found = build.ask({**asked, "browsers": plan.browsers, "workload": RATINGS})
    times = found["milliseconds"]
    rated = summary(times["rating"], plan.seconds)
    submitted = summary(times["submit"], plan.seconds)
    per_rating = {
        f"{name}_ms": round(1000 * seconds / rated["count"], 2)
        for name, seconds in found["spent"].items()
    }
    return {
        "per_second": rated["per_second"],
        "submit_p50_ms": submitted["p50_ms"],
        "submit_p95_ms": submitted["p95_ms"],
        **per_rating,
    }


def _claims(build: Build, plan: Plan) -> dict[str, float]:
    """Rate and latencies of one window of first claims."""
    asked = {"seconds": plan.claim_seconds, "warm_up": 1.0, "raters": plan.claimers}
    found = build.ask({**asked, "browsers": plan.browsers, "workload": CLAIMS})
    return summary(found["milliseconds"]["claim"], plan.claim_seconds)


def measure(plan: Plan, other: Path, say: Say) -> dict[str, Any]:
    """Windows of ratings and of claims: `this` build and the `other` one, in turns."""
    ratings: list[dict[str, Any]] = []
    claims: list[dict[str, Any]] = []
    say("starting both builds")
    size = {"images": plan.images, "wanted": plan.wanted}
    with two_builds(other, "one_build.py", size) as builds:
        for number in range(1, plan.rounds + 1):
            for name, build in builds.items():
                ratings.append({"build": name, "round": number, **_ratings(build, plan)})
                say(f"round {number}, {name}: {ratings[-1]['per_second']} ratings/s")
        for number in range(1, plan.rounds + 1):
            for name, build in builds.items():
                claims.append({"build": name, "round": number, **_claims(build, plan)})
    return {"browsers": plan.browsers, "ratings": ratings, "claims": claims}


def compared(found: dict[str, Any]) -> dict[str, Any]:
    """Medians over the rounds of this build's figures over the other's, round by round."""
    ratings, claims = found["ratings"], found["claims"]
    return {
        "aim": AIM,
        "times_ratings_per_second": _ratio(ratings, "per_second"),
        "times_submit_p95": _ratio(ratings, "submit_p95_ms"),
        "times_web_ms": _ratio(ratings, "web_ms"),
        "times_database_ms": _ratio(ratings, "database_ms"),
        "times_claim_p95": _ratio(claims, "p95_ms"),
    }


def _ratio(windows: Sequence[dict[str, Any]], key: str) -> float:
    values = {(window["build"], window["round"]): window[key] for window in windows}
    rounds = {number for _build, number in values}
    ratios = [float(values["this", n] / values["other", n]) for n in rounds]
    return round(median(ratios), 2)


def lines(found: dict[str, Any], against: dict[str, Any]) -> list[str]:
    """Everything for a person."""
    keys = ("per_second", "submit_p50_ms", "submit_p95_ms", "web_ms", "database_ms")
    rows = [
        [f"{window['round']} · {window['build']}", *(window[key] for key in keys)]
        for window in found["ratings"]
    ]
    return [
        *table(["round · build", "ratings/s", "p50 ms", "p95 ms", "web ms", "database ms"], rows),
        "",
        "p50, p95: of a submit. web ms, database ms: processor time per rating.",
        f"This build over the other, medians of the rounds: "
        f"{against['times_ratings_per_second']} times its ratings/s (aim: {AIM}), "
        f"{against['times_submit_p95']} times its submit p95, "
        f"{against['times_web_ms']} and {against['times_database_ms']} times its processor time "
        f"(web, database), {against['times_claim_p95']} times its claim p95.",
    ]


def run(say: Say, other: Path, plan: Plan = Plan()) -> None:
    """Measures, writes results/turns.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, other, say)
    against = compared(found)
    path = write("turns", {**found, "compared": against, "seconds": plan.seconds}, busy)
    say("\n".join(["", *lines(found, against), "", f"written to {path}"]))
