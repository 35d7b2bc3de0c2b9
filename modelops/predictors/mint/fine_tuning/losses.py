"""The loss that stage 1 is trained on, for a batch of B images and P perspectives."""

import torch
from torch import Tensor

from ....learning.recipe import Recipe


def opinion_loss(scores: Tensor, targets: Tensor, weights: Tensor, recipe: Recipe) -> Tensor:
    """The loss of one batch, a scalar; all arguments (B, P), on 0…1, a target NaN if unknown.

    L1, summed over perspectives and averaged over images, as the three losses of the released code
    (`train_stage1_lora3.py`) are added; and `recipe.rank_weight` times the rank-aware term.
    """
    loss = l1_loss(scores, targets, weights)
    return loss + recipe.rank_weight * rank_loss(scores, targets) if recipe.rank_weight else loss


def l1_loss(scores: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Σ weight·|score − target| over the labelled ones, divided by B."""
    labelled = targets.isfinite()
    return ((scores - targets)[labelled].abs() * weights[labelled]).sum() / len(scores)


def rank_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """How far pairs are from differing, in the right order, by as much as their labels do.

    max(0, |Δt| − sign(Δt)·Δs), averaged over the pairs of images that both have a label, summed
    over perspectives (Wen and Wang, A strong baseline for image and video quality assessment,
    arXiv 2111.07104). 0 if there is no pair.
    """
    first, second = torch.triu_indices(len(scores), len(scores), offset=1, device=scores.device)
    apart = targets[first] - targets[second]  # (pairs, P)
    known = apart.isfinite()
    apart = apart.where(known, 0.0)  # before it meets a score: 0 · NaN has no gradient
    short = (apart.abs() - apart.sign() * (scores[first] - scores[second])).clamp(min=0)
    return (short.sum(dim=0) / known.sum(dim=0).clamp(min=1)).sum()
