"""How often the gate is wrong, in worlds whose truth is known. Needs no site."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.gate_world import World
from benchmarks.machine import busy_cores
from benchmarks.results import table, write
from benchmarks.site import Say
from modelops.judging.gate import MEAN_TOLERANCE, PERSPECTIVE_TOLERANCE, Outcome, judge

#: True ΔSRCC from each of three perspectives.
CHANGES = {
    "just worse": (-0.006, -0.006, -0.006),
    "worse by .02": (-0.02, -0.02, -0.02),
    "worse by .04": (-0.04, -0.04, -0.04),
    "one perspective worse by .03": (-0.03, 0.0, 0.0),
    "as good": (0.0, 0.0, 0.0),
    "better by .02": (0.02, 0.02, 0.02),
    "better by .05": (0.05, 0.05, 0.05),
}
#: Of drawn worlds: what all perspectives share of ΔSRCC, and what each has of its own.
_COMMON_SD, _OWN_SD = 0.02, 0.01


@dataclass(frozen=True)
class Plan:
    images: Sequence[int] = (150, 300, 600)
    seeds: int = 200
    drawn: int = 300
    draws: int = 200


def is_wrong(world: World) -> bool:
    """Whether its challenger must not be promoted."""
    return world.mean_change < -MEAN_TOLERANCE or min(world.changes) < -PERSPECTIVE_TOLERANCE


def promoted(world: World, seed: int, draws: int) -> bool:
    held_out = world.draw(np.random.default_rng(seed))
    return judge(held_out, draws=draws).outcome is Outcome.PROMOTE


def fixed_worlds(plan: Plan) -> Iterator[dict[str, Any]]:
    """Per truth and size of the hold-out: the share of promotions, and whether they are wrong."""
    for name, changes in CHANGES.items():
        for images in plan.images:
            world = World(images, changes)
            found = [promoted(world, seed, plan.draws) for seed in range(plan.seeds)]
            yield {
                "world": name,
                "images": images,
                "promoted": round(float(np.mean(found)), 3),
                "wrong": is_wrong(world),
            }


def drawn_worlds(plan: Plan) -> Iterator[dict[str, Any]]:
    """Per size: worlds whose ΔSRCC are drawn, and the share in which a promotion was wrong."""
    for images in plan.images:
        random = np.random.default_rng(images)
        wrong = right = 0
        for seed in range(plan.drawn):
            world = drawn_world(images, random)
            if promoted(world, seed, plan.draws):
                wrong += is_wrong(world)
                right += not is_wrong(world)
        yield {
            "images": images,
            "wrongly_promoted": round(wrong / plan.drawn, 3),
            "rightly_promoted": round(right / plan.drawn, 3),
        }


def drawn_world(images: int, random: np.random.Generator) -> World:
    own = random.normal(0, _OWN_SD, 3)
    return World(images, tuple((random.normal(0, _COMMON_SD) + own).tolist()))


def run(say: Say) -> None:
    busy, plan = busy_cores(), Plan()
    facts = {"fixed": list(fixed_worlds(plan)), "drawn": list(drawn_worlds(plan))}
    for line in lines(facts):
        say(line)
    say(f"written to {write('gate', facts, busy)}")


def lines(facts: dict[str, Any]) -> list[str]:
    """Both tables for a person."""
    return [
        *table(
            ("challenger, truly", "images", "promoted", "wrong if so"),
            [tuple(map(str, row.values())) for row in facts["fixed"]],
        ),
        "",
        *table(
            ("images", "wrongly promoted", "rightly promoted"),
            [tuple(map(str, row.values())) for row in facts["drawn"]],
        ),
    ]
