"""What the pretraining asks about a picture and about a picture–prompt pair, as arrays.

From the picture alone: what is under each patch, and how severe each flaw is. From the pair: a
prompt is made up for each picture, often one that asks for something else, and the labels say what
differs. Prompts come from the pretraining side of the grammar's split only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.protocol.aigciqa2023 import CORRESPONDENCE

from ..flaws import WEIGHTS
from ..grammar import (
    BACKGROUNDS,
    COLOURS,
    OPPOSITE,
    RELATIONS,
    SHAPES,
    Group,
    Scene,
    Split,
    colour_steps,
    prompt_of,
    split_of,
)

#: Ignored by cross-entropy.
NO_LABEL = -100
PAIR_FLAWS = tuple(WEIGHTS[CORRESPONDENCE])
#: How often each flaw of correspondence is put between a picture and its prompt.
_ODDS = {"count": 0.38, "colour": 0.38, "place": 0.38, "missing": 0.42}


def cover_of(items: NDArray[np.float32], grid: int) -> NDArray[np.int8]:
    """Which group lies under each patch's centre (−1: none), (n, grid · grid), row by row."""
    centres = (np.arange(grid, dtype=np.float32) + 0.5) / grid
    x, y = np.tile(centres, grid), np.repeat(centres, grid)
    dx, dy = items[:, None, :, 0] - x[None, :, None], items[:, None, :, 1] - y[None, :, None]
    inside = (np.hypot(dx, dy) < items[:, None, :, 2] * 0.5) & (items[:, None, :, 3] >= 0)
    group = np.where(inside, items[:, None, :, 3], -1).max(axis=2)
    cover: NDArray[np.int8] = group.astype(np.int8)
    return cover


def mirror(scenes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The scenes of pictures that are turned left to right."""
    turned = scenes.copy()
    turned[:, 6] = np.array([0, 2, 1, 3, 4])[scenes[:, 6]]
    return turned


def patch_labels(cover: NDArray[np.int8], scenes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Class labels of each patch, (n, patches, 4): colour, shape, count, side.

    Colour and shape have a last class for the background; count (0–3) and side (0 alone, 1–4 the
    relation to the other group) are NO_LABEL there.
    """
    group = np.maximum(cover, 0).astype(np.int64)
    rows = np.arange(len(scenes))[:, None]
    count, colour, shape = (scenes[rows, 3 * group + part] for part in range(3))
    relation = scenes[:, 6:7]
    opposite = np.array([0, 2, 1, 4, 3])[relation]
    side = np.where(group == 0, relation, opposite)
    none = cover < 0
    return np.stack(
        [
            np.where(none, len(COLOURS), colour),
            np.where(none, len(SHAPES), shape),
            np.where(none, NO_LABEL, count - 1),
            np.where(none, NO_LABEL, side),
        ],
        axis=2,
    )


def decode_scene(numbers: Sequence[int]) -> Scene:
    """The inverse of `cache.encode_scene`."""
    groups = tuple(
        Group(int(count), COLOURS[colour], SHAPES[shape])
        for count, colour, shape in (numbers[0:3], numbers[3:6])
        if count
    )
    relation = RELATIONS[numbers[6] - 1] if numbers[6] else None
    return Scene(groups, relation, BACKGROUNDS[numbers[7]])


def swapped(scene: Scene) -> Scene:
    """The same picture described from its other group."""
    if scene.relation is None:
        return scene
    return Scene(scene.groups[::-1], OPPOSITE[scene.relation], scene.background)


@dataclass(frozen=True)
class Asked:
    """A prompt's scene made up for a picture, and the severities (by PAIR_FLAWS) between them."""

    scene: Scene
    severities: tuple[float, ...]


def _pick(rng: np.random.Generator, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def _ask_for_more(scene: Scene, rng: np.random.Generator) -> Scene:
    """Asks for a second group that is not there."""
    there = scene.groups[0]
    more = Group(
        int(rng.integers(1, 5)),
        _pick(rng, [name for name in COLOURS if name != there.colour]),
        _pick(rng, [name for name in SHAPES if name != there.shape]),
    )
    return Scene((there, more), _pick(rng, RELATIONS), scene.background)


def _ask_elsewhere(scene: Scene, rng: np.random.Generator) -> tuple[Scene, float]:
    here = str(scene.relation)
    opposite = OPPOSITE[here]
    sideways = [name for name in RELATIONS if name not in (here, opposite)]
    far = rng.random() < 0.5
    relation = opposite if far else _pick(rng, sideways)
    return replace(scene, relation=relation), 1.0 if far else 0.5


def _with_group(scene: Scene, index: int, group: Group) -> Scene:
    groups = (*scene.groups[:index], group, *scene.groups[index + 1 :])
    return replace(scene, groups=groups)


def _ask_once(drawn: Scene, rng: np.random.Generator) -> Asked:
    wanted = {kind for kind, odds in _ODDS.items() if rng.random() < odds}
    there = len(drawn.groups)
    found = dict.fromkeys(PAIR_FLAWS, 0.0)
    scene = drawn
    if "missing" in wanted and there == 1:
        scene = _ask_for_more(scene, rng)
    if "place" in wanted and there == 2:
        scene, found["place"] = _ask_elsewhere(scene, rng)
    if "count" in wanted:
        index = int(rng.integers(there))
        old = scene.groups[index]
        count = int(rng.choice([number for number in range(1, 5) if number != old.count]))
        scene = _with_group(scene, index, replace(old, count=count))
        found["count"] = abs(count - old.count) / 3
    if len(scene.groups) > there:
        found["missing"] = scene.groups[1].count / scene.objects
    if "colour" in wanted:
        index = int(rng.integers(there))
        old = scene.groups[index]
        taken = {group.colour for group in (*drawn.groups, *scene.groups)}
        colour = _pick(rng, [name for name in COLOURS if name not in taken])
        scene = _with_group(scene, index, replace(old, colour=colour))
        found["colour"] = colour_steps(colour, old.colour) / 3
    scene = swapped(scene) if rng.random() < 0.5 else scene
    return Asked(scene, tuple(found.values()))


def ask(drawn: Scene, rng: np.random.Generator) -> Asked:
    """A prompt for the picture, from the pretraining side; every sixth asks for what is there."""
    while True:
        asked = _ask_once(drawn, rng)
        if split_of(prompt_of(asked.scene)) is Split.PRETRAINING:
            return asked


#: The columns of `slot_labels` and how many classes each has.
SLOT_CLASSES = {
    "present": 2,
    "drawn count": 4,
    "drawn colour": 6,
    "drawn side": 5,
    "asked count": 4,
    "asked colour": 6,
    "asked shape": 6,
    "asked side": 5,
}


def _side(scene: Scene, index: int) -> int:
    if scene.relation is None:
        return 0
    relation = scene.relation if index == 0 else OPPOSITE[scene.relation]
    return RELATIONS.index(relation) + 1


def slot_labels(asked: Scene, drawn: Scene) -> NDArray[np.int64]:
    """What was asked for and what is there, per asked group, (2, 8) by SLOT_CLASSES."""
    labels = np.full((2, len(SLOT_CLASSES)), NO_LABEL, dtype=np.int64)
    shapes = [group.shape for group in drawn.groups]
    for index, group in enumerate(asked.groups):
        labels[index, 4] = group.count - 1
        labels[index, 5] = COLOURS.index(group.colour)
        labels[index, 6] = SHAPES.index(group.shape)
        labels[index, 7] = _side(asked, index)
        labels[index, 0] = group.shape in shapes
        if group.shape in shapes:
            at = shapes.index(group.shape)
            labels[index, 1] = drawn.groups[at].count - 1
            labels[index, 2] = COLOURS.index(drawn.groups[at].colour)
            labels[index, 3] = _side(drawn, at)
    return labels
