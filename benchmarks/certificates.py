"""How often certificates are false, and how often a good model gets one. Needs no site."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.certificate_world import PanelWorld
from benchmarks.machine import busy_cores
from benchmarks.results import table, write
from benchmarks.site import Say
from modelops.judging.certificate import MARGIN

WORLDS = {
    "model off by .05": PanelWorld(model_error=0.05),
    "model off by .08": PanelWorld(model_error=0.08),
    "model off by .16": PanelWorld(model_error=0.16),
    "model off by .23, at the margin": PanelWorld(model_error=0.23),
    "model off by .30": PanelWorld(model_error=0.3),
    "at the margin, four raters of all": PanelWorld(model_error=0.225, raters=4, each=4),
    "always .5": PanelWorld(knows=False),
    "always .5, very noisy raters": PanelWorld(knows=False, rater_error=0.3),
}


@dataclass(frozen=True)
class Plan:
    images: Sequence[int] = (150, 300)
    seeds: int = 200
    #: Images by which the truth of a world is found.
    many: int = 20_000


def certified(plan: Plan) -> Iterator[dict[str, Any]]:
    """Per world and size: the raters' true advantage, the share of certificates, and whether they
    are false."""
    for name, world in WORLDS.items():
        advantage = world.advantage(plan.many)
        for images in plan.images:
            sized = replace(world, images=images)
            seeds = (np.random.default_rng(seed) for seed in range(plan.seeds))
            found = [sized.certificate(random).granted for random in seeds]
            yield {
                "world": name,
                "images": images,
                "advantage": round(advantage, 3),
                "certified": round(float(np.mean(found)), 3),
                "false": advantage >= MARGIN or not world.knows,
            }


def run(say: Say) -> None:
    busy = busy_cores()
    facts = {"certified": list(certified(Plan()))}
    for line in lines(facts):
        say(line)
    say(f"written to {write('certificates', facts, busy)}")


def lines(facts: dict[str, Any]) -> list[str]:
    """The table for a person."""
    return table(
        ("world", "images", "raters’ advantage", "certified", "false if so"),
        [tuple(map(str, row.values())) for row in facts["certified"]],
    )
