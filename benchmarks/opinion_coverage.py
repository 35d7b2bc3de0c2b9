"""Whether intervals of opinion scores cover, and how far scores are off, on simulated panels.

Needs no site: a few minutes of one core. `opinion_world` says what is true there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from annotation.opinion.methods import METHODS, Estimates
from benchmarks.machine import busy_cores
from benchmarks.opinion_world import Floats, Panel, Population
from benchmarks.results import table, write
from benchmarks.site import Say

POPULATIONS = {
    "usual": Population(),
    "biased, with lapses": Population(bias=0.5, lapses=(0.02, 0.05, 0.2)),
    "consistent": Population(bias=0.2, inconsistency=0.45, uneven=0.2, lapses=(0.01,)),
    "images at the ends": Population(quality=(3.0, 1.3)),
}
_TRIAL = Population(bias=0.3, inconsistency=0.6, quality=(3.1, 0.85), lapses=(0.0,))


@dataclass(frozen=True)
class Plan:
    """Which methods, on how many panels of each kind."""

    methods: Sequence[str] = ("mos", "subject_map", "ordinal")
    each: Sequence[int] = (2, 3, 5, 8, 15)
    images: int = 300
    raters: int = 40
    seeds: int = 20
    compared: Sequence[str] = ("mos", "bias_removed", "p910", "subject_map", "ordinal")
    panels: Sequence[Panel] = field(
        default=(
            Panel(300, 12, 3),
            Panel(300, 12, 3, random=1),
            Panel(300, 12, 5),
            Panel(1000, 40, 3, random=4),
            Panel(1000, 40, 5, random=4),
            Panel(300, 28, 28, random=2),
        )
    )
    panel_seeds: int = 12


def estimates(method: str, panel: Panel, population: Population, seed: int) -> Any:
    """The method's estimates of a panel, and the images' qualities."""
    votes, quality = panel.draw(population, np.random.default_rng(seed))
    return METHODS[method].estimate(votes, METHODS[method].parameters()), quality


def covered(found: Estimates, truth: Floats) -> float:
    """The share of intervals that hold the truth."""
    return float(np.mean((found.low <= truth) & (truth <= found.high)))


def coverage(plan: Plan) -> Iterator[dict[str, Any]]:
    """Per population, number of ratings and method: share covered, half of the mean width."""
    for world, population in POPULATIONS.items():
        for each in plan.each:
            panel = Panel(plan.images, plan.raters, each)
            for method in plan.methods:
                shares, widths = [], []
                for seed in range(plan.seeds):
                    found, quality = estimates(method, panel, population, seed)
                    shares.append(covered(found, population.true_scores(quality)))
                    widths.append(float(np.mean(found.high - found.low)) / 2)
                yield {
                    "population": world,
                    "each": each,
                    "method": method,
                    "covered": round(float(np.mean(shares)), 3),
                    "half_width": round(float(np.mean(widths)), 3),
                }


def accuracy(plan: Plan) -> Iterator[dict[str, Any]]:
    """Per panel and method: root of the mean squared error to the qualities, both centred, in
    steps, and Spearman's correlation with them."""
    for panel in plan.panels:
        for method in plan.compared:
            errors, orders = [], []
            for seed in range(plan.panel_seeds):
                found, quality = estimates(method, panel, _TRIAL, seed)
                errors.append(off(found.value, quality))
                orders.append(float(spearmanr(found.value, quality).statistic))
            yield {
                "panel": f"{panel.images} × {panel.raters} × {panel.each}",
                "random_raters": panel.random,
                "method": method,
                "rmse": round(float(np.mean(errors)), 3),
                "srcc": round(float(np.mean(orders)), 3),
            }


def off(value: Floats, quality: Floats) -> float:
    """Root of the mean squared difference, both centred."""
    return float(np.std(value - quality))


def run(say: Say) -> None:
    busy = busy_cores()
    plan = Plan()
    facts = {"coverage": list(coverage(plan)), "accuracy": list(accuracy(plan))}
    for line in lines(facts):
        say(line)
    say(f"written to {write('opinion_coverage', facts, busy)}")


def lines(facts: dict[str, Any]) -> list[str]:
    """Both tables for a person."""
    return [
        *table(
            ("population", "ratings", "method", "covered", "± half-width"),
            [tuple(map(str, row.values())) for row in facts["coverage"]],
        ),
        "",
        *table(
            ("images × raters × each", "by chance", "method", "RMSE", "SRCC"),
            [tuple(map(str, row.values())) for row in facts["accuracy"]],
        ),
    ]
