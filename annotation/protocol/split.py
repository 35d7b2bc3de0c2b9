"""Which prompts are held out: a systematic random sample, stratified by generator.

Prompts are sorted by their set of generators, in random order within each, and taken at a fixed
interval from a random start (systematic sampling; Cochran, Sampling Techniques, chapter 8). Every
prompt has the same probability `share`, and the number held out is within one of its expectation,
overall and for each run of prompts with the same generators.
"""

import hashlib
import math
import random
from collections.abc import Iterable, Mapping
from enum import StrEnum


class Split(StrEnum):
    """The model learns from the pool; the hold-out only measures how well."""

    POOL = "pool"
    HOLDOUT = "holdout"


def assign_splits(
    existing: Mapping[str, str], new: Mapping[str, Iterable[str]], share: float, seed: int
) -> dict[str, str]:
    """The split of each prompt in `new` (prompt → its generators).

    A prompt in `existing` (prompt → split) keeps its split. The others are drawn with `seed` and
    the prompts themselves, so the same import gives the same draw, whatever the order of its rows.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share {share} is outside 0…1")
    drawn = {prompt: generators for prompt, generators in new.items() if prompt not in existing}
    held_out = _systematic_sample(drawn, share, seed)
    return {
        prompt: existing.get(prompt) or (Split.HOLDOUT if prompt in held_out else Split.POOL)
        for prompt in new
    }


def _systematic_sample(
    prompts: Mapping[str, Iterable[str]], share: float, seed: int
) -> frozenset[str]:
    digest = hashlib.sha256("\0".join(sorted(prompts)).encode()).hexdigest()
    rng = random.Random(f"{seed}:{digest}")  # noqa: S311 -- a reproducible draw, not a secret
    strata: dict[tuple[str, ...], list[str]] = {}
    for prompt in sorted(prompts):
        strata.setdefault(tuple(sorted(set(prompts[prompt]))), []).append(prompt)
    order = []
    for stratum in sorted(strata):
        rng.shuffle(strata[stratum])
        order += strata[stratum]
    start = rng.random()
    # A prompt is taken where the running sum of shares passes a whole number.
    return frozenset(
        prompt
        for place, prompt in enumerate(order)
        if math.floor(start + (place + 1) * share) > math.floor(start + place * share)
    )
