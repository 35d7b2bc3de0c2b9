"""`python -m workbench.demo.pretraining`: draw, train, measure and ship the tiny backbone."""

import argparse
import os
import platform
from pathlib import Path

import torch

from modelops.predictors.mint.tokenization import load_tokenizer

from .probe import probe_model
from .recipe import RECIPES
from .runner import new_learner, run_recipe
from .ship import Figures, ship
from .vocabulary import write_tokenizer


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m workbench.demo.pretraining", description=__doc__)
    parser.add_argument("--recipe", choices=RECIPES, default="shipped")
    parser.add_argument("--work", type=Path, default=Path("var/pretrain-tiny"), metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: WORK/backbone")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    """Runs what is not done yet, then measures and writes the shipped files."""
    asked = _parse()
    torch.set_num_threads(asked.processes)
    recipe, out = RECIPES[asked.recipe], asked.out or asked.work / "backbone"
    # Equally frequent pieces get their numbers by chance, so a run keeps its first tokenizer.
    if not (asked.work / "tokenizer.json").exists():
        write_tokenizer(asked.work)
    fresh = new_learner(recipe.seed)
    encode = load_tokenizer(asked.work, fresh.model.config)
    done = run_recipe(asked.work, recipe, encode=encode, processes=asked.processes, say=_say)
    figures = Figures(
        see=done.reached["see"],
        match=done.reached["match"],
        probe=probe_model(done.learner.model, encode),
        untrained=probe_model(fresh.model, encode),
        minutes=done.minutes,
        machine=f"{asked.processes} shared cores ({platform.machine()}), torch {torch.__version__}",
    )
    weights = ship(out, done.learner.model, encode, recipe, figures)
    _say(f"probe, mean SRCC to the truth: {figures.probe.mean_against_truth:.3f}")
    _say(f"wrote {weights} ({weights.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
