"""How much is drawn and learnt: the recipe of the shipped backbone, and a small one for tests."""

from dataclasses import dataclass

from .train import Stage


@dataclass(frozen=True)
class Recipe:
    """Everything except the code that determines the outcome."""

    seed: int
    pictures: int
    #: The last pictures, on which nothing is trained.
    held_out: int
    see: Stage
    match: Stage


SHIPPED = Recipe(
    seed=1,
    pictures=24_000,
    held_out=500,
    see=Stage(steps=600, pictures=128, prompts=0, vision_rate=1.5e-3, rate=0.0),
    match=Stage(steps=1200, pictures=64, prompts=3, vision_rate=1e-3, rate=1e-3),
)
SMOKE = Recipe(
    seed=1,
    pictures=100,
    held_out=30,
    see=Stage(steps=4, pictures=16, prompts=0, vision_rate=1e-3, rate=0.0, warmup=2),
    match=Stage(steps=4, pictures=8, prompts=2, vision_rate=3e-4, rate=1e-3, warmup=2),
)
RECIPES = {"shipped": SHIPPED, "smoke": SMOKE}
