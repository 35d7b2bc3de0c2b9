"""Endless shuffled batches of pictures, mirrored at random, with prompts made up as they come."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modelops.predictors.mint.preprocessing import normalise

from ..grammar import prompt_of
from .cache import Pictures
from .labels import ask, cover_of, decode_scene, mirror, patch_labels, slot_labels


@dataclass(frozen=True)
class PictureBatch:
    """Pictures as the model takes them, and what is known about them."""

    pixels: Tensor  # float (batch, 3, side, side), normalised
    patches: Tensor  # int64 (batch, patches, 4)
    severities: Tensor  # float (batch, 7)
    scenes: NDArray[np.int64]  # (batch, 8)


@dataclass(frozen=True)
class PromptBatch:
    """A prompt for each picture of a batch, and how the pair differs."""

    prompts: list[str]
    severities: Tensor  # float (batch, 4)
    slots: Tensor  # int64 (batch, 2, 8)


class PictureSource:
    """Draws batches from the cache, each epoch in a new order."""

    def __init__(self, pictures: Pictures, *, grid: int) -> None:
        self.pictures = pictures
        self.grid = grid
        self.cover = cover_of(pictures.items, grid)

    def take(self, rows: NDArray[np.int64], *, turn: bool) -> PictureBatch:
        """The pictures of the given rows, all mirrored or none."""
        pixels, cover = self.pictures.pixels[rows], self.cover[rows]
        scenes = self.pictures.scenes[rows]
        if turn:
            pixels, scenes = pixels[:, :, ::-1], mirror(scenes)
            cover = cover.reshape(-1, self.grid, self.grid)[:, :, ::-1].reshape(len(rows), -1)
        return PictureBatch(
            normalise(torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))),
            torch.from_numpy(patch_labels(cover, scenes)),
            torch.from_numpy(self.pictures.severities[rows]),
            scenes,
        )

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[PictureBatch]:
        while True:
            order = rng.permutation(len(self.pictures))
            for start in range(0, len(order) - size + 1, size):
                yield self.take(order[start : start + size], turn=bool(rng.random() < 0.5))


def prompts_for(scenes: NDArray[np.int64], rng: np.random.Generator) -> PromptBatch:
    """Makes up a prompt for each picture."""
    drawn = [decode_scene(row) for row in scenes.tolist()]
    asked = [ask(scene, rng) for scene in drawn]
    return PromptBatch(
        [prompt_of(question.scene) for question in asked],
        torch.tensor([question.severities for question in asked], dtype=torch.float32),
        torch.from_numpy(
            np.stack([slot_labels(q.scene, d) for q, d in zip(asked, drawn, strict=True)])
        ),
    )
