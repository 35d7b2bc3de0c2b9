"""Writes the shipped form of a backbone: half-precision weights and the model card."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from modelops.predictors.mint.checkpoint import LoadedModel, save_model
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.processing import MintIQAProcessor
from modelops.predictors.mint.tokenization import PromptTokenizer

from .backbone import side_of
from .probe import ProbeResult, ProbeSettings
from .recipe import Recipe

WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "README.md"


@dataclass(frozen=True)
class Figures:
    """What was measured, for the card."""

    see: Mapping[str, float]
    match: Mapping[str, float]
    probe: ProbeResult
    untrained: ProbeResult
    minutes: float
    machine: str


def checksum(path: Path) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _table(rows: Mapping[str, float]) -> str:
    lines = [f"| {name} | {value:.3f} |" for name, value in rows.items()]
    return "\n".join(["| what | figure |", "| --- | --- |", *lines])


def _probe_table(figures: Figures) -> str:
    head = "| perspective | SRCC to the truth | SRCC to 3-rater MOS | untrained, to the truth |"
    rows = [
        f"| {name} | {value:.3f} | {figures.probe.against_opinion[name]:.3f} "
        f"| {figures.untrained.against_truth[name]:.3f} |"
        for name, value in figures.probe.against_truth.items()
    ]
    mean = (
        f"| mean | {figures.probe.mean_against_truth:.3f} "
        f"| {figures.probe.mean_against_opinion:.3f} "
        f"| {figures.untrained.mean_against_truth:.3f} |"
    )
    return "\n".join([head, "| --- | --- | --- | --- |", *rows, mean])


def card(recipe: Recipe, figures: Figures, parameters: int, digest: str, size: int) -> str:
    """The model card, in Markdown."""
    study = ProbeSettings()
    learned, pairs = recipe.see.steps * recipe.see.pictures, recipe.match.steps
    pairs *= recipe.match.pictures * recipe.match.prompts
    return f"""# Tiny MINT-IQA backbone

The whole backbone (vision part, Q-Former, text embeddings, queries) of the `tiny` preset:
{parameters / 1e6:.2f} million parameters, {size / 1e6:.1f} MB in half precision. The three score
heads are untrained: they say 0.5 to everything until a study's labels fit them.

- File: `{WEIGHTS_FILE}`, SHA-256 `{digest}` (the others' are in `manifest.json`)
- Licence: that of this project. No weights or pictures of others went into it.

## Data
{recipe.pictures:,} pictures drawn by `workbench.demo` (384 × 384, reduced to the model's side),
pretraining seed {recipe.seed}, in random styles; the last {recipe.held_out} were held out. Prompts
are made up for each picture as training goes. Pretraining and studies never meet: seeds are taken
from different streams (`workbench/demo/world.py`), and a prompt belongs to studies if the first
eight bytes of its SHA-256, read as a number, divide by four, and to pretraining otherwise.

## Tasks
Never opinion scores, and not the true scores either.
1. *See* ({recipe.see.steps:,} steps, {learned:,} pictures): colour and shape under each patch,
   count and side of its group, the ground, and presence and severity of the picture's seven flaws.
2. *Match* ({recipe.match.steps:,} steps, {pairs:,} picture–prompt pairs): does the picture match
   the prompt; presence and severity of all eleven flaws; what was asked for and what is there, for
   each group of the prompt. The first task continues alongside it.

All heads for these are linear and were thrown away.

## Compute
{figures.minutes:.0f} minutes for both stages on {figures.machine}, plus drawing. Repeatable with
`make pretrain-tiny`, though not bit for bit: sums depend on the threads, token numbers on chance.

## Measured
A study's view: one ridge per perspective on the pooled embedding, fitted to the mean of
{study.raters} simulated raters on {study.rated} images, measured on {study.unseen} images of
other prompts (study seed {study.seed}).

{_probe_table(figures)}

On the held-out pictures, from the picture alone (accuracies, then correlations of severities):

{_table(figures.see)}

From the pooled embedding of picture and prompt (correlations of severities):

{_table(figures.match)}

## Limits
It knows the demo world: six shapes, six colours, counts to four, four relations, six grounds. On
photographs or real generated images its embedding is a start at best; use the `vit-g` preset
there. Words outside the grammar have untrained embeddings. Shapes are hardly told apart (64 % of
patches are background, so a patch shape of 0.70 is near chance) and warped outlines hardly seen:
an object is known by its colour and place.
"""


def ship(
    folder: Path, model: MintIQAModel, tokenizer: PromptTokenizer, recipe: Recipe, figures: Figures
) -> Path:
    """Writes the model's folder in half precision, and its card; returns the weights' path.

    The heads over scores are set to 0.5 whatever the picture, as nothing has taught them.
    """
    width = model.config.qformer_config.hidden_size
    model.set_head_weights(torch.zeros(3, width), torch.full((3,), 0.5))
    processor = MintIQAProcessor(tokenizer, side_of(model))
    save_model(LoadedModel(model, processor), folder, dtype=torch.float16)
    weights = folder / WEIGHTS_FILE
    parameters = sum(parameter.numel() for parameter in model.parameters())
    text = card(recipe, figures, parameters, checksum(weights), weights.stat().st_size)
    (folder / CARD_FILE).write_text(text)
    return weights
