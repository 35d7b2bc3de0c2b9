"""Pictures for pretraining, drawn once: pixels at the model's resolution and what is in them.

Pictures are drawn in shards by several processes. A shard is a NumPy archive that is written under
a temporary name and renamed, so an interrupted run continues where it stopped.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.protocol.aigciqa2023 import AUTHENTICITY, QUALITY
from modelops.predictors.mint.preprocessing import image_to_pixels

from ..flaws import WEIGHTS
from ..generators import random_generator
from ..grammar import BACKGROUNDS, COLOURS, RELATIONS, SHAPES, Scene, Split, sample_scene
from ..scenes import SIZE
from ..world import PRETRAINING_STREAM, Picture, paint_as_drawn

SHARD = 500
MAX_ITEMS = 8
#: The flaws that are visible in the picture alone, in the order of the severity columns.
IMAGE_FLAWS = (*WEIGHTS[QUALITY], *WEIGHTS[AUTHENTICITY])
#: Increased whenever the drawing changes, so that old shards are not mixed in.
CACHE_VERSION = 2


@dataclass(frozen=True)
class Pictures:
    """`n` drawn pictures: arrays over the first axis."""

    #: uint8 (n, side, side, 3)
    pixels: NDArray[np.uint8]
    #: float32 (n, 7), by IMAGE_FLAWS
    severities: NDArray[np.float32]
    #: int64 (n, 8): count, colour, shape of both groups (count 0: no group), relation (0: none),
    #: background
    scenes: NDArray[np.int64]
    #: float32 (n, 8, 4): x, y, diameter as fractions of the side, group (−1: no item)
    items: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pixels)


def encode_scene(scene: Scene) -> list[int]:
    """The scene as the eight numbers of `Pictures.scenes`."""
    numbers = [
        number
        for group in scene.groups
        for number in (group.count, COLOURS.index(group.colour), SHAPES.index(group.shape))
    ]
    numbers += [0] * (6 - len(numbers))
    relation = 0 if scene.relation is None else RELATIONS.index(scene.relation) + 1
    return [*numbers, relation, BACKGROUNDS.index(scene.background)]


def _items_of(picture: Picture) -> NDArray[np.float32]:
    rows = np.full((MAX_ITEMS, 4), -1, dtype=np.float32)
    for row, item in zip(rows, picture.items, strict=False):
        group = [group.shape for group in picture.drawn.groups].index(item.shape)
        row[:] = item.x / SIZE, item.y / SIZE, item.diameter / SIZE, group
    return rows


def draw_picture(seed: int, index: int) -> Picture:
    """Picture `index` of a pretraining seed: as asked for, in a random style, with image flaws."""
    rng = np.random.default_rng([PRETRAINING_STREAM, seed, index])
    scene = sample_scene(rng, Split.PRETRAINING, pairs=0.7)
    return paint_as_drawn(scene, random_generator(rng), rng)


def draw_pictures(seed: int, indices: Iterable[int], side: int) -> Pictures:
    """The pictures of the given indices, reduced to `side` as the model's preprocessing does."""
    pictures = [draw_picture(seed, index) for index in indices]
    severity = [{flaw.kind: flaw.severity for flaw in picture.flaws} for picture in pictures]
    columns = [[row.get(kind, 0.0) for kind in IMAGE_FLAWS] for row in severity]
    small = [image_to_pixels(picture.image, side).permute(1, 2, 0) for picture in pictures]
    return Pictures(
        pixels=np.stack([image.numpy() for image in small]),
        severities=np.array(columns, dtype=np.float32),
        scenes=np.array([encode_scene(picture.drawn) for picture in pictures], dtype=np.int64),
        items=np.stack([_items_of(picture) for picture in pictures]),
    )


def _draw_shard(seed: int, shard: int, side: int, path: Path) -> None:
    pictures = draw_pictures(seed, range(shard * SHARD, (shard + 1) * SHARD), side)
    temporary = path.with_suffix(f".{os.getpid()}.part")
    with temporary.open("wb") as file:
        np.savez(file, **vars(pictures))
    temporary.replace(path)


def _shard_path(folder: Path, seed: int, shard: int, side: int) -> Path:
    return folder / f"v{CACHE_VERSION}-seed{seed}-side{side}-{shard:04d}.npz"


def draw_cache(
    folder: Path,
    *,
    seed: int,
    pictures: int,
    side: int,
    processes: int,
    progress: Callable[[int, int], None],
) -> None:
    """Draws the shards that are missing; `progress(done, total)` counts pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = range(-(-pictures // SHARD))
    missing = [n for n in shards if not _shard_path(folder, seed, n, side).exists()]
    done = (len(shards) - len(missing)) * SHARD
    with ProcessPoolExecutor(processes) as pool:
        jobs = [
            pool.submit(_draw_shard, seed, n, side, _shard_path(folder, seed, n, side))
            for n in missing
        ]
        for job in as_completed(jobs):
            job.result()
            done += SHARD
            progress(done, len(shards) * SHARD)


def load_cache(folder: Path, *, seed: int, pictures: int, side: int) -> Pictures:
    """The drawn pictures in memory (38 kB each at a side of 112)."""
    names = ("pixels", "severities", "scenes", "items")

    def shards() -> Iterator[dict[str, NDArray[np.generic]]]:
        for shard in range(-(-pictures // SHARD)):
            with np.load(_shard_path(folder, seed, shard, side), allow_pickle=False) as archive:
                yield {name: archive[name] for name in names}

    loaded = list(shards())
    return Pictures(
        **{name: np.concatenate([s[name] for s in loaded])[:pictures] for name in names}
    )
