"""The leaderboard of generators: its time on 100,000 images, and what its intervals cover."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from annotation.opinion.comparison.leaderboard import Leaderboard, leaderboard
from benchmarks.machine import busy_cores
from benchmarks.results import table, write
from benchmarks.site import Say
from benchmarks.worlds import Model, World, bad, close, good, world

MODELS: dict[str, Model | None] = {"none": None, "good": good, "bad": bad}


@dataclass(frozen=True)
class Study:
    """The worlds in which intervals are checked."""

    model: Model | None
    prompts: int = 60
    labelled: float = 0.3
    per_image: int = 3

    def world(self, seed: int) -> World:
        return world(
            np.random.default_rng([seed, 1]),
            prompts=self.prompts,
            raters=40,
            labelled=self.labelled,
            per_image=self.per_image,
            model=self.model,
        )


STUDIES = {
    **{name: Study(model) for name, model in MODELS.items()},
    "none, few labels": Study(None, prompts=150, labelled=0.15, per_image=8),
    "close, few labels": Study(close, prompts=150, labelled=0.15, per_image=8),
}
_ROUNDS = 3


@dataclass(frozen=True)
class Plan:
    """The study whose leaderboard is timed, and the worlds in which intervals are checked."""

    prompts: int = 5_000
    generators: int = 20
    raters: int = 2_000
    per_image: int = 3
    draws: int = 1_000
    worlds: int = 1_000


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Seconds of one leaderboard, the median of three, and coverage and width of its intervals."""
    speed = [_timed(plan, name) for name in ("none", "good")]
    covered = []
    for name in STUDIES:
        say(f"{plan.worlds:,} worlds, model: {name}")
        covered.append(_covered(plan, name))
    return {"speed": speed, "coverage": covered}


def run(say: Say) -> None:
    busy = busy_cores()
    found = measure(Plan(), say)
    path = write("leaderboard", found, busy)
    for line in lines(found):
        say(line)
    say(f"wrote {path}")


def lines(found: dict[str, Any]) -> list[str]:
    speed = [[row["model"], row["images"], row["draws"], row["seconds"]] for row in found["speed"]]
    return [
        *table(["model", "images", "draws", "seconds"], speed),
        "",
        *table(
            ["model", "means covered %", "width", "differences covered %", "ranks covered %"],
            [
                [
                    row["model"],
                    row["means"] * 100,
                    f"{row['width']:.3f}",
                    row["differences"] * 100,
                    row["ranks"] * 100,
                ]
                for row in found["coverage"]
            ],
        ),
    ]


def _timed(plan: Plan, name: str) -> dict[str, Any]:
    of = world(
        np.random.default_rng(1),
        prompts=plan.prompts,
        generators=plan.generators,
        raters=plan.raters,
        per_image=plan.per_image,
        model=MODELS[name],
    )
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        _board(of, plan.draws, 0)
        seconds.append(time.perf_counter() - start)
    return {
        "model": name,
        "images": of.images.generator.size,
        "ratings": of.votes.score.size,
        "draws": plan.draws,
        "seconds": round(statistics.median(seconds), 2),
        "peak_mib": round(psutil.Process().memory_info().rss / 2**20),
    }


def _covered(plan: Plan, name: str) -> dict[str, Any]:
    """Shares of true means, differences and ranks that lie within their 95 % intervals."""
    hits: dict[str, list[bool]] = {"means": [], "differences": [], "ranks": []}
    widths = []
    for seed in range(plan.worlds):
        of = STUDIES[name].world(seed)
        found = _board(of, min(plan.draws, 200), seed)
        widths += [row.high - row.low for row in found.rows if row.high and row.low]
        for kind, inside in _inside(found, of.true).items():
            hits[kind] += inside
    shares = {kind: round(float(np.mean(inside)), 4) for kind, inside in hits.items()}
    return {"model": name, **shares, "width": round(float(np.mean(widths)), 4)}


def _inside(found: Leaderboard, true: np.ndarray) -> dict[str, list[bool]]:
    ranks = (-true).argsort().argsort() + 1
    return {
        "means": [_within(true[row.generator], (row.low, row.high)) for row in found.rows],
        "differences": [
            _within(true[pair.first] - true[pair.second], (pair.low, pair.high))
            for pair in found.pairs
        ],
        "ranks": [
            _within(ranks[row.generator], (row.rank_low, row.rank_high)) for row in found.rows
        ],
    }


def _within(value: float, ends: Sequence[float | None]) -> bool:
    low, high = ends
    return low is not None and high is not None and bool(low <= value <= high)


def _board(of: World, draws: int, seed: int) -> Leaderboard:
    everything = np.ones(of.votes.score.size, bool)
    return leaderboard(of.votes, of.images, everything, draws=draws, seed=seed)
