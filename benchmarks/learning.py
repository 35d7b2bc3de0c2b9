"""What a model learns by each strategy and goal, in worlds whose true scores are known: ratings
until it has 95 % of what all labels would teach it, as a ratio to random images with three ratings
each."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from annotation.opinion.comparison.measures import srcc
from modelops.learning.bayes import fit_last_layer
from modelops.learning.labels import Labels

from . import demo_intervals
from .demo_world import demo
from .learning_curves import Plan, curve, reached
from .learning_worlds import SIMULATED, World, labelled
from .machine import busy_cores
from .results import table, write
from .site import Say

#: A world by a seed.
Make = Callable[[int], World]

#: The share of the full-data SRCC that is to be reached, and with what share of the ratings that
#: random images with three ratings each take (an aim for the goal of teaching).
ENOUGH, AIM = 0.95, 0.50
#: Studies in the demo's world in which intervals are looked at.
_SEEDS = 20
#: The default must not fall behind random images by more than this, in any world.
TOLERANCE = 0.02

#: (strategy, ratings per image): one each is the goal “teach”, three the goal “publish”.
WAYS = (
    ("random", 3), ("random", 1), ("reduction", 3), ("reduction", 1), ("lcmd", 3), ("lcmd", 1),
    ("epistemic", 1), ("coreset", 1), ("typiclust", 1),
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much is simulated."""

    seeds: int = 40
    images: int = 2_400
    width: int = 64
    #: Of the demo's world, which are drawn.
    pictures: int = 900
    plan: Plan = field(default_factory=lambda: Plan(first=60, between=60, ratings=900))


def worlds(size: Size) -> dict[str, Make]:
    """By name: three simulated ones, the demo's, and two with the scores of published data sets if
    MINT_SHARED names a folder that has them."""
    found: dict[str, Make] = {
        name: partial(make, size.images, size.width) for name, make in SIMULATED.items()
    }
    found["demo"] = partial(demo, size.pictures)
    shared = Path(os.environ.get("MINT_SHARED", "../shared")) / "data"
    for name, (file, score, prompt) in _PUBLISHED.items():
        if (shared / file).exists():
            found[name] = partial(labelled, shared / file, score, prompt, size.width)
    return found


_PUBLISHED: Mapping[str, tuple[str, str, str]] = {
    "AGIQA-3K labels": ("agiqa3k/data.csv", "mos_quality", "prompt"),
    "AIGCIQA2023+ labels": ("aigciqa2023plus/mos.csv", "mos_quality", "prompt"),
}


def full(world: World) -> float:
    """The SRCC of a model that has learnt the true scores of the whole pool."""
    pool, held_out = ~world.held_out, world.held_out
    scores = world.truth[pool][:, None]
    labels = Labels(scores, np.full(scores.shape, 100.0), world.spread[pool][:, None])
    predicted = fit_last_layer(world.looks[pool], labels).predict(world.looks[held_out]).mean[:, 0]
    return srcc(predicted, world.truth[held_out]) or 0.0


def measure(size: Size, makes: Mapping[str, Make], say: Say) -> list[dict[str, Any]]:
    """By world and way: the mean SRCC at the end and over the whole curve, and the ratings until
    enough is known, of each seed."""
    found = []
    for name, make in makes.items():
        for strategy, per_image in WAYS:
            plan = replace(size.plan, strategy=strategy, per_image=per_image)
            rows = [_one(make(seed), plan, seed) for seed in range(size.seeds)]
            found.append({"world": name, "strategy": strategy, "per_image": per_image, **_of(rows)})
            say(f"{name}, {strategy}, {per_image} per image: SRCC {found[-1]['mean']:.3f}")
    return found


def _one(world: World, plan: Plan, seed: int) -> tuple[float, float, float]:
    points = curve(world, plan, seed)
    values = [value for _ratings, value in points]
    return values[-1], float(np.mean(values)), reached(points, ENOUGH * full(world))


def _of(rows: list[tuple[float, float, float]]) -> dict[str, Any]:
    ends, means, ratings = zip(*rows, strict=True)
    return {
        "end": float(np.mean(ends)),
        "mean": float(np.mean(means)),
        "means": list(means),
        "ratings": [None if np.isinf(it) else it for it in ratings],
    }


def compared(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each way beside random images with three ratings: the ratio of ratings (mean over the seeds
    in which both know enough, its standard error), how often it does not; and beside random images
    with as many ratings: the difference of the mean SRCC and its standard error."""
    by_way = {(it["world"], it["strategy"], it["per_image"]): it for it in found}
    return [
        {key: it[key] for key in ("world", "strategy", "per_image", "end")}
        | _ratio(it["ratings"], by_way[it["world"], "random", 3]["ratings"])
        | _behind(it["means"], by_way[it["world"], "random", it["per_image"]]["means"])
        for it in found
    ]


def _ratio(own: list[float | None], random: list[float | None]) -> dict[str, Any]:
    ratios = [a / b for a, b in zip(own, random, strict=True) if a and b]
    return {
        "ratio": float(np.mean(ratios)) if ratios else None,
        "ratio_error": _error(ratios),
        "never": own.count(None),
    }


def _behind(own: list[float], random: list[float]) -> dict[str, Any]:
    differences = list(np.subtract(own, random))
    return {"difference": float(np.mean(differences)), "error": _error(differences)}


def _error(values: list[float]) -> float | None:
    return float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else None


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """Everything for a person."""
    return table(
        ["world", "strategy", "per image", "ratings", "never", "SRCC, end", "against random"],
        [
            [
                it["world"], it["strategy"], it["per_image"],
                _with_error(it["ratio"], it["ratio_error"], 2), it["never"], f"{it['end']:.3f}",
                _with_error(it["difference"], it["error"], 3),
            ]
            for it in rows
        ],
    )  # fmt: skip


def _with_error(value: float | None, error: float | None, digits: int) -> str:
    if value is None:
        return "–"
    return f"{value:.{digits}f}" + (f" ± {error:.{digits}f}" if error is not None else "")


def run(say: Say, size: Size = Size()) -> None:
    """Measures, writes results/learning.json, prints the table."""
    busy = busy_cores()
    rows = compared(measure(size, worlds(size), say))
    path = write("learning", {"seeds": size.seeds, "aim": AIM, "ways": rows}, busy)
    say("\n".join(["", *lines(rows), "", *demo_intervals.lines(size.pictures, _SEEDS), ""]))
    say(f"written to {path}")
