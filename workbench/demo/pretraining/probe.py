"""What a study would get out of a backbone: a ridge on pooled embeddings, fitted on few labels.

Draws a study world, lets simulated raters rate it, fits one linear head per perspective on the
rated images and measures on images of prompts that the head has never seen.
"""

import io
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.preprocessing import images_to_batch

from ..flaws import TRUE_PERSPECTIVES
from ..raters import panel
from ..world import WorldImage, build_world
from .backbone import Encode, side_of

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class ProbeSettings:
    """A small study: `rated` images to learn from, `unseen` of other prompts to measure on."""

    seed: int = 2026
    rated: int = 300
    unseen: int = 150
    images_per_prompt: int = 3
    raters: int = 3


@dataclass(frozen=True)
class ProbeResult:
    """Rank correlations on the unseen images, by perspective, and their means."""

    against_truth: dict[str, float]
    against_opinion: dict[str, float]

    @property
    def mean_against_truth(self) -> float:
        return float(np.mean(list(self.against_truth.values())))

    @property
    def mean_against_opinion(self) -> float:
        return float(np.mean(list(self.against_opinion.values())))


def study_of(settings: ProbeSettings) -> tuple[list[WorldImage], list[WorldImage]]:
    """The rated and the unseen images; no prompt is in both."""
    images = settings.rated + settings.unseen
    prompts = images // settings.images_per_prompt
    world = list(build_world(seed=settings.seed, images=images, prompts=prompts))
    order = list(dict.fromkeys(image.prompt for image in world))
    learned = set(order[: round(prompts * settings.rated / images)])
    rated = [image for image in world if image.prompt in learned]
    return rated, [image for image in world if image.prompt not in learned]


def opinions(world: list[WorldImage], settings: ProbeSettings) -> Matrix:
    """Mean opinion scores on ACR, (images, 3)."""
    people = panel(settings.seed, settings.raters)
    rows = []
    for image in world:
        given = [r.rate(image.true_scores, image.flaws, key=image.filename) for r in people]
        rows.append([np.mean([answer[p].score for answer in given]) for p in TRUE_PERSPECTIVES])
    return np.array(rows)


def truths(world: list[WorldImage]) -> Matrix:
    """True scores, (images, 3)."""
    return np.array([[image.true_scores[p] for p in TRUE_PERSPECTIVES] for image in world])


def _ridge(features: Matrix, target: Matrix) -> tuple[Matrix, float]:
    """Weights and intercept with the penalty of the smallest leave-one-out error."""
    centre, middle = features.mean(axis=0), float(target.mean())
    left, spectrum, right = np.linalg.svd(features - centre, full_matrices=False)
    projected = left.T @ (target - middle)
    best = (np.inf, 0.0)
    for penalty in np.logspace(-4, 3, 29) * spectrum[0] ** 2 / len(features):
        shrink = spectrum**2 / (spectrum**2 + penalty)
        residual = target - middle - left @ (shrink * projected)
        leverage = (left**2) @ shrink + 1 / len(features)
        best = min(best, (float(np.mean((residual / (1 - leverage)) ** 2)), float(penalty)))
    weights = right.T @ (spectrum / (spectrum**2 + best[1]) * projected)
    return weights, middle - float(centre @ weights)


def probe(
    rated: Matrix, labels: Matrix, unseen: Matrix, truth: Matrix, opinion: Matrix
) -> ProbeResult:
    """Fits on (rated, labels), measures on unseen; embeddings are (images, width)."""
    against_truth, against_opinion = {}, {}
    for column, perspective in enumerate(TRUE_PERSPECTIVES):
        weights, intercept = _ridge(rated, labels[:, column])
        predicted = unseen @ weights + intercept
        against_truth[str(perspective)] = float(spearmanr(predicted, truth[:, column])[0])
        against_opinion[str(perspective)] = float(spearmanr(predicted, opinion[:, column])[0])
    return ProbeResult(against_truth, against_opinion)


@torch.no_grad()
def embed(model: MintIQAModel, world: list[WorldImage], encode: Encode) -> Matrix:
    """Pooled embeddings (images, width), by the model's own preprocessing and forward pass."""
    rows = []
    for start in range(0, len(world), 50):
        part = world[start : start + 50]
        opened = [Image.open(io.BytesIO(image.data)) for image in part]
        pixels = images_to_batch(opened, side_of(model))
        rows.append(model.pooled_embeddings(pixels, *encode([image.prompt for image in part])))
    return torch.cat(rows).double().numpy()


def probe_model(
    model: MintIQAModel, encode: Encode, settings: ProbeSettings | None = None
) -> ProbeResult:
    """The whole probe of a backbone."""
    chosen = settings or ProbeSettings()
    rated, unseen = study_of(chosen)
    return probe(
        embed(model, rated, encode),
        opinions(rated, chosen),
        embed(model, unseen, encode),
        truths(unseen),
        opinions(unseen, chosen),
    )
