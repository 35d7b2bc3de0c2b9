"""The prompt grammar of the demo world: a scene is the truth, a prompt is how it is asked for.

A scene holds one or two groups of equal objects, their position to each other, and a background:
"two red circles left of a blue square on grass".

Prompts are split once and for all by their hash: a study may use only the prompts of
`Split.STUDY`, the pretraining of the tiny model only those of `Split.PRETRAINING`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

COUNT_WORDS = ("a", "two", "three", "four")
#: In the order of the colour circle, so that steps around it say how far apart two colours are.
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple")
SHAPES = ("circle", "square", "triangle", "star", "heart", "cross")
PLURALS = {shape: "crosses" if shape == "cross" else f"{shape}s" for shape in SHAPES}
RELATIONS = ("left of", "right of", "above", "below")
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
BACKGROUNDS = ("grass", "sand", "water", "night sky", "brick", "paper")
#: One prompt in this many belongs to studies.
STUDY_SHARE = 4


class GrammarError(ValueError):
    """A scene that the grammar does not know; the message names the part."""


class Split(StrEnum):
    """Who may draw a prompt."""

    STUDY = "study"
    PRETRAINING = "pretraining"


@dataclass(frozen=True)
class Group:
    """`count` (1–4) objects of one colour and shape."""

    count: int
    colour: str
    shape: str

    def __post_init__(self) -> None:
        if not 1 <= self.count <= len(COUNT_WORDS):
            raise GrammarError(f"count {self.count} is outside 1…{len(COUNT_WORDS)}")
        if self.colour not in COLOURS:
            raise GrammarError(
                f"{self.colour!r} is not a colour of the grammar: {', '.join(COLOURS)}"
            )
        if self.shape not in SHAPES:
            raise GrammarError(f"{self.shape!r} is not a shape of the grammar: {', '.join(SHAPES)}")


@dataclass(frozen=True)
class Scene:
    """One group on a background, or two with the first in `relation` to the second."""

    groups: tuple[Group, ...]
    relation: str | None
    background: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.groups) <= 2:
            raise GrammarError(f"a scene has one or two groups, not {len(self.groups)}")
        if (self.relation is None) != (len(self.groups) == 1):
            raise GrammarError("a scene has a relation if and only if it has two groups")
        if self.relation is not None and self.relation not in RELATIONS:
            raise GrammarError(f"{self.relation!r} is not a relation: {', '.join(RELATIONS)}")
        if self.background not in BACKGROUNDS:
            raise GrammarError(f"{self.background!r} is not a background: {', '.join(BACKGROUNDS)}")

    @property
    def objects(self) -> int:
        return sum(group.count for group in self.groups)


def colour_steps(first: str, second: str) -> int:
    """How many steps (0–3) around the colour circle lie between two colours."""
    apart = abs(COLOURS.index(first) - COLOURS.index(second))
    return min(apart, len(COLOURS) - apart)


def _phrase(group: Group) -> str:
    noun = group.shape if group.count == 1 else PLURALS[group.shape]
    article = "an" if group.count == 1 and group.colour[0] in "aeiou" else None
    return f"{article or COUNT_WORDS[group.count - 1]} {group.colour} {noun}"


def _place(background: str) -> str:
    return {"water": "on water", "night sky": "in the night sky", "brick": "on a brick wall"}.get(
        background, f"on {background}"
    )


def prompt_of(scene: Scene) -> str:
    """The sentence that asks for the scene."""
    first = _phrase(scene.groups[0])
    if scene.relation is None:
        return f"{first} {_place(scene.background)}"
    return f"{first} {scene.relation} {_phrase(scene.groups[1])} {_place(scene.background)}"


def split_of(prompt: str) -> Split:
    """Which side of the fixed split a prompt is on: by the first eight bytes of its SHA-256."""
    digest = hashlib.sha256(prompt.encode()).digest()
    held = int.from_bytes(digest[:8], "big") % STUDY_SHARE == 0
    return Split.STUDY if held else Split.PRETRAINING


def _sample_any(rng: np.random.Generator, pairs: float) -> Scene:
    colours = rng.permutation(len(COLOURS))
    shapes = rng.permutation(len(SHAPES))
    number = 2 if rng.random() < pairs else 1
    # The groups differ in colour and in shape, so that either identifies a group.
    groups = tuple(
        Group(int(rng.integers(1, 5)), COLOURS[colours[i]], SHAPES[shapes[i]])
        for i in range(number)
    )
    relation = RELATIONS[rng.integers(len(RELATIONS))] if number == 2 else None
    return Scene(groups, relation, BACKGROUNDS[rng.integers(len(BACKGROUNDS))])


def sample_scene(rng: np.random.Generator, split: Split, *, pairs: float = 0.75) -> Scene:
    """A random scene whose prompt is on the given side; `pairs` is the share with two groups."""
    while True:
        scene = _sample_any(rng, pairs)
        if split_of(prompt_of(scene)) is split:
            return scene


def sample_scenes(rng: np.random.Generator, split: Split, number: int) -> list[Scene]:
    """`number` scenes with distinct prompts."""
    chosen: dict[str, Scene] = {}
    while len(chosen) < number:
        scene = sample_scene(rng, split)
        chosen.setdefault(prompt_of(scene), scene)
    return list(chosen.values())


def words() -> Iterator[str]:
    """Every word that a prompt may hold, for the tokenizer's vocabulary."""
    places = (_place(background) for background in BACKGROUNDS)
    parts = (*COUNT_WORDS, "an", *COLOURS, *SHAPES, *PLURALS.values(), *RELATIONS, *places)
    yield from dict.fromkeys(word for part in parts for word in part.split())
