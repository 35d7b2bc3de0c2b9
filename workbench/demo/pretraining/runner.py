"""Runs a recipe: draws the pictures, trains stage by stage, keeps checkpoints.

A run that was cut short continues with the first stage that is not finished.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import nn

from modelops.predictors.mint.modeling import MintIQAModel

from .backbone import Encode, grid_of, new_backbone, side_of
from .batches import PictureSource
from .cache import Pictures, draw_cache, load_cache
from .evaluate import matching, seeing
from .recipe import Recipe
from .train import Heads, match, see

Say = Callable[[str], None]
Steps = Iterator[tuple[int, dict[str, float]]]
Begin = Callable[[], Steps]
Measure = Callable[[], dict[str, float]]
_EVERY = 25
_CHECKPOINT_SECONDS = 180.0


@dataclass(frozen=True)
class Learner:
    """The model and the heads that are trained with it."""

    model: MintIQAModel
    heads: Heads

    def save(self, path: Path) -> None:
        parts: dict[str, nn.Module] = {"model": self.model, "heads": self.heads}
        tensors = {
            f"{name}.{key}": value.detach().contiguous().clone()
            for name, part in parts.items()
            for key, value in part.state_dict().items()
        }
        temporary = path.with_suffix(".part")
        save_file(tensors, temporary)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        tensors = load_file(path)
        for name, part in (("model", self.model), ("heads", self.heads)):
            prefix = f"{name}."
            chosen = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            part.load_state_dict(chosen)


def new_learner(seed: int) -> Learner:
    model = new_backbone(seed)
    config = model.config
    heads = Heads(config.vision_config.hidden_size, config.qformer_config.hidden_size)
    return Learner(model, heads)


def _slice(pictures: Pictures, rows: slice) -> Pictures:
    return replace(
        pictures,
        pixels=pictures.pixels[rows],
        severities=pictures.severities[rows],
        scenes=pictures.scenes[rows],
        items=pictures.items[rows],
    )


def sources(
    folder: Path, recipe: Recipe, model: MintIQAModel
) -> tuple[PictureSource, PictureSource]:
    """The pictures to train on, and those held out."""
    side = side_of(model)
    pictures = load_cache(folder, seed=recipe.seed, pictures=recipe.pictures, side=side)
    learned, held = slice(0, -recipe.held_out), slice(-recipe.held_out, None)
    train, rest = (
        PictureSource(_slice(pictures, rows), grid=grid_of(model)) for rows in (learned, held)
    )
    return train, rest


def _follow(
    name: str,
    steps: Steps,
    total: int,
    learner: Learner,
    checkpoint: Path,
    say: Say,
) -> None:
    began = saved = time.monotonic()
    for done, losses in steps:
        now = time.monotonic()
        if done % _EVERY == 0 or done == total:
            left = (now - began) / done * (total - done) / 60
            told = "  ".join(f"{key} {value:.3f}" for key, value in losses.items())
            say(f"{name} {done}/{total}  {told}  {left:.0f} min left")
        if now - saved > _CHECKPOINT_SECONDS:
            learner.save(checkpoint)
            saved = now


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: the learner, its figures on held-out pictures, and minutes of training."""

    learner: Learner
    reached: dict[str, dict[str, float]]
    minutes: float


class _Run:
    """The stages of one recipe in one folder."""

    def __init__(self, work: Path, recipe: Recipe, say: Say) -> None:
        self.work, self.say = work, say
        self.learner = new_learner(recipe.seed)
        self.train, self.held = sources(work / "pictures", recipe, self.learner.model)
        self.reached: dict[str, dict[str, float]] = {}
        self.minutes = 0.0

    def stage(self, name: str, total: int, begin: Begin, measure: Measure) -> None:
        """Trains a stage and measures it, or takes both from an earlier run."""
        weights, notes = self.work / f"{name}.safetensors", self.work / f"{name}.json"
        if not notes.exists():
            part = self.work / f"{name}-part.safetensors"
            began = time.monotonic()
            _follow(name, begin(), total, self.learner, part, self.say)
            minutes = (time.monotonic() - began) / 60
            self.learner.save(weights)
            notes.write_text(json.dumps({"minutes": minutes, "reached": measure()}))
        self.learner.load(weights)
        found = json.loads(notes.read_text())
        self.reached[name] = found["reached"]
        self.minutes += found["minutes"]
        self.say(f"{name}: {found['reached']}")


def run_recipe(work: Path, recipe: Recipe, *, encode: Encode, processes: int, say: Say) -> Outcome:
    """Draws and trains what an earlier run has not; `say` gets a line now and then."""
    draw_cache(
        work / "pictures",
        seed=recipe.seed,
        pictures=recipe.pictures,
        side=side_of(new_backbone(recipe.seed)),
        processes=processes,
        progress=lambda done, total: say(f"draw {done}/{total}"),
    )
    run = _Run(work, recipe, say)
    model, heads = run.learner.model, run.learner.heads
    run.stage(
        "see",
        recipe.see.steps,
        lambda: see(model, heads, run.train, recipe.see, recipe.seed),
        lambda: seeing(model, heads, run.held),
    )
    run.stage(
        "match",
        recipe.match.steps,
        lambda: match(model, heads, run.train, recipe.match, recipe.seed, encode),
        lambda: matching(model, heads, run.held, encode),
    )
    return Outcome(run.learner, run.reached, run.minutes)
