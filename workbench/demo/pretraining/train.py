"""The two stages of pretraining: see (the picture alone), then match (picture and prompt).

`see` trains the vision part on what is under each patch and on the flaws of the picture. `match`
trains everything on pairs. Both stages end with a learning rate near zero, so that what they leave
can be shipped; both can be cut short, and `match` writes a checkpoint every few minutes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from modelops.predictors.mint.modeling import MintIQAModel

from .backbone import Encode, middle_states, query_states, vision_tokens
from .batches import PictureSource, PromptBatch, prompts_for
from .heads import PooledHeads, SlotHeads, VisionHeads

Part = nn.Module | nn.Parameter


@dataclass(frozen=True)
class Stage:
    """How long and how fast a stage learns."""

    steps: int
    #: Pictures in a batch.
    pictures: int
    #: Prompts made up for each picture (in `match`).
    prompts: int
    #: Peak learning rates of the vision part and of everything else.
    vision_rate: float
    rate: float
    warmup: int = 200
    decay: float = 0.03


class Heads(nn.Module):
    """Everything that is thrown away afterwards."""

    def __init__(self, vision_width: int, width: int) -> None:
        super().__init__()
        self.vision = VisionHeads(vision_width)
        self.middle = SlotHeads(width)
        self.last = SlotHeads(width)
        self.pooled = PooledHeads(width)


def _schedule(step: int, stage: Stage) -> float:
    """Linear warm-up, then half a cosine down to 1 % of the peak."""
    warm = min(1.0, (step + 1) / stage.warmup)
    return warm * (0.99 * 0.5 * (1 + math.cos(math.pi * step / stage.steps)) + 0.01)


def _optimizer(parts: list[tuple[Part, float]], decay: float) -> torch.optim.AdamW:
    groups = []
    for part, rate in parts:
        parameters = [part] if isinstance(part, nn.Parameter) else list(part.parameters())
        for matrices in (True, False):
            chosen = [p for p in parameters if (p.ndim > 1) == matrices]
            weight_decay = decay if matrices else 0.0
            groups.append({"params": chosen, "peak": rate, "weight_decay": weight_decay})
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98))


def _update(optimizer: torch.optim.AdamW, loss: Tensor, factor: float) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()


class _Smooth:
    """Running means of the losses, for the report."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add(self, **losses: Tensor) -> dict[str, float]:
        for name, loss in losses.items():
            new = float(loss.detach())
            self.values[name] = 0.97 * self.values.get(name, new) + 0.03 * new
        return self.values


def see(
    model: MintIQAModel, heads: Heads, source: PictureSource, stage: Stage, seed: int
) -> Iterator[tuple[int, dict[str, float]]]:
    """Trains the vision part; yields (steps done, smoothed losses) after each step."""
    rng = np.random.default_rng([seed, 1])
    rate = stage.vision_rate
    optimizer = _optimizer([(model.vision_model, rate), (heads.vision, rate)], stage.decay)
    smooth = _Smooth()
    batches = source.batches(stage.pictures, rng)
    for step, batch in zip(range(stage.steps), batches, strict=False):
        tokens = vision_tokens(model, batch.pixels)
        ground = torch.from_numpy(batch.scenes[:, 7])
        loss = heads.vision(tokens[:, 1:], batch.patches, ground, batch.severities)
        _update(optimizer, loss, _schedule(step, stage))
        yield step + 1, smooth.add(vision=loss)


def _pair_losses(
    model: MintIQAModel,
    heads: Heads,
    tokens: Tensor,
    image: Tensor,
    pair: PromptBatch,
    encode: Encode,
) -> dict[str, Tensor]:
    """tokens (pairs, patches + 1, width), image: severities of the pictures (pairs, 7)."""
    with middle_states(model) as middle:
        queries = query_states(model, tokens, *encode(pair.prompts))
    severities = torch.cat([image, pair.severities], dim=1)
    return {
        "pooled": heads.pooled(queries.mean(dim=1), severities),
        "middle": heads.middle(middle[0], pair.slots),
        "last": heads.last(queries, pair.slots),
    }


def _match_parts(model: MintIQAModel, heads: Heads, stage: Stage) -> list[tuple[Part, float]]:
    vision: list[Part] = [model.vision_model, heads.vision]
    rest: list[Part] = [model.qformer, model.embeddings, model.query_tokens]
    rest += [heads.middle, heads.last, heads.pooled]
    return [
        *((part, stage.vision_rate) for part in vision),
        *((part, stage.rate) for part in rest),
    ]


def match(
    model: MintIQAModel,
    heads: Heads,
    source: PictureSource,
    stage: Stage,
    seed: int,
    encode: Encode,
) -> Iterator[tuple[int, dict[str, float]]]:
    """Trains everything on pairs; yields (steps done, smoothed losses) after each step."""
    rng = np.random.default_rng([seed, 2])
    optimizer = _optimizer(_match_parts(model, heads, stage), stage.decay)
    smooth = _Smooth()
    batches = source.batches(stage.pictures, rng)
    for step, batch in zip(range(stage.steps), batches, strict=False):
        tokens = vision_tokens(model, batch.pixels)
        ground = torch.from_numpy(batch.scenes[:, 7])
        seen = heads.vision(tokens[:, 1:], batch.patches, ground, batch.severities)
        pair = prompts_for(np.repeat(batch.scenes, stage.prompts, axis=0), rng)
        repeated, image = (
            part.repeat_interleave(stage.prompts, dim=0) for part in (tokens, batch.severities)
        )
        losses = _pair_losses(model, heads, repeated, image, pair, encode)
        loss = losses["pooled"] + losses["middle"] + 0.5 * losses["last"] + seen
        _update(optimizer, loss, _schedule(step, stage))
        yield step + 1, smooth.add(vision=seen, **losses)
