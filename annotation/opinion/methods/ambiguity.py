"""Quality, bias, inconsistency and content ambiguity by maximum likelihood.

The model: score = ψ of the stimulus + b of the subject + noise of the variance σ² + a², σ of the
subject and a of the stimulus's content. Only the sums σ² + a² are determined: what could be of
either is taken as the subjects', so that the least ambiguous content has a = 0.
"""

from dataclasses import dataclass

import numpy as np

from .base import Floats, Integers, Votes
from .projection import MOST_ITERATIONS, Projection, weighted_mean

#: As in `projection`: a variance's floor, and when ψ is still.
_EPSILON = 1e-8
_STILL = 1e-8
#: Variances settle more slowly than ψ.
_ROUNDS = 5 * MOST_ITERATIONS


@dataclass(frozen=True)
class AmbiguityFit:
    projection: Projection
    #: (S,): a of each stimulus's content.
    ambiguity: Floats


def fit_ambiguity(votes: Votes, content: Integers, least: float) -> AmbiguityFit:
    """content: (S,), the content that each stimulus shows, from 0. least: below which σ does not
    fall; with 0 the likelihood has no bound, as a σ and an a may both go to 0 where a subject and a
    content have one vote in common.

    In turn: weighted means for ψ and b; and variances that satisfy Σ r²w² = Σ w, w = 1/(σ² + a²),
    by σ² ← σ² Σ r²w² / Σ w, likewise a² (a fixed point is where the likelihood's slope is 0).
    """
    of_content, size = content[votes.stimulus], int(content.max(initial=-1)) + 1
    quality = weighted_mean(votes.score, votes.stimulus, votes.stimuli, votes.weight)
    bias = np.zeros(votes.subjects)
    residual = votes.score - quality[votes.stimulus]
    own = _mean_square(residual, votes.subject, votes.subjects)
    shared = _mean_square(residual, of_content, size)
    for _ in range(_ROUNDS):
        weight = 1 / (own[votes.subject] + shared[of_content] + _EPSILON)
        bias = weighted_mean(
            votes.score - quality[votes.stimulus], votes.subject, votes.subjects, weight
        )
        before, quality = (
            quality,
            weighted_mean(
                votes.score - bias[votes.subject],
                votes.stimulus,
                votes.stimuli,
                weight * votes.weight,
            ),
        )
        residual = votes.score - quality[votes.stimulus] - bias[votes.subject]
        spreads = np.sqrt(own), np.sqrt(shared)
        own = np.maximum(own * _step(residual, weight, votes.subject, votes.subjects), least**2)
        shared = shared * _step(residual, weight, of_content, size)
        moved = (quality - before, np.sqrt(own) - spreads[0], np.sqrt(shared) - spreads[1])
        settled = all(np.linalg.norm(move) < _STILL for move in moved)
        if settled:
            break
    there = np.bincount(votes.subject, minlength=votes.subjects) > 0
    middle = float(bias[there].mean()) if there.any() else 0.0
    total = np.bincount(votes.stimulus, weights=weight * votes.weight, minlength=votes.stimuli)
    with np.errstate(divide="ignore"):
        error = 1 / np.sqrt(total)
    common = shared[of_content].min(initial=np.inf) if of_content.size else 0.0
    projection = Projection(quality + middle, error, bias - middle, np.sqrt(own + common), settled)
    return AmbiguityFit(projection, np.sqrt(np.maximum(shared - common, 0.0))[content])


def _mean_square(residual: Floats, groups: Integers, size: int) -> Floats:
    n = np.maximum(np.bincount(groups, minlength=size), 1)
    found: Floats = np.bincount(groups, weights=residual**2, minlength=size) / n
    return found


def _step(residual: Floats, weight: Floats, groups: Integers, size: int) -> Floats:
    """By how much each variance is to be multiplied, (size,)."""
    shown = np.bincount(groups, weights=(residual * weight) ** 2, minlength=size)
    expected = np.bincount(groups, weights=weight, minlength=size)
    ratio: Floats = np.divide(shown, expected, out=np.ones_like(shown), where=expected > 0)
    return ratio
