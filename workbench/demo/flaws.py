"""Graded flaws: what goes wrong in a picture, how badly (severity 0…1), and the true scores.

Flaws of quality are applied to the finished picture, flaws of authenticity to its objects while
they are drawn, flaws of correspondence to the scene before it is drawn (the prompt stays). A flaw
of correspondence is as severe as the drawing makes it: colours two of three steps apart on the
colour circle are 2/3. `true_scores` turns severities into scores and is the only place that does.
"""

import io
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from annotation.protocol.aigciqa2023 import AUTHENTICITY, CORRESPONDENCE, QUALITY

from .grammar import COLOURS, OPPOSITE, RELATIONS, Group, Scene, colour_steps
from .scenes import Damage

#: What a flaw of severity 1 takes from its perspective's score, by kind.
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    QUALITY: {"blur": 0.9, "noise": 0.85, "jpeg": 0.85, "banding": 0.75},
    AUTHENTICITY: {"warp": 0.9, "melt": 0.9, "texture": 0.8},
    CORRESPONDENCE: {"count": 0.6, "colour": 0.65, "place": 0.6, "missing": 0.95},
}
#: The perspectives from which a picture has a true score: those of AIGCIQA2023.
TRUE_PERSPECTIVES = tuple(WEIGHTS)
PERSPECTIVE_OF = {kind: name for name, kinds in WEIGHTS.items() for kind in kinds}
#: How much of a loss in the second perspective is felt in the first.
COUPLING: Mapping[tuple[str, str], float] = {
    (QUALITY, AUTHENTICITY): 0.08,
    (AUTHENTICITY, QUALITY): 0.12,
    (CORRESPONDENCE, AUTHENTICITY): 0.08,
    (CORRESPONDENCE, QUALITY): 0.05,
}


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong: its kind, its severity (0…1] and, in words, what happened."""

    kind: str
    severity: float
    detail: str

    def __post_init__(self) -> None:
        if self.kind not in PERSPECTIVE_OF:
            raise ValueError(f"{self.kind!r} is not a kind of flaw: {', '.join(PERSPECTIVE_OF)}")
        if not 0 < self.severity <= 1:
            raise ValueError(f"{self.kind}: severity {self.severity} is outside (0, 1]")

    @property
    def perspective(self) -> str:
        return PERSPECTIVE_OF[self.kind]


def true_scores(flaws: Iterable[Flaw]) -> dict[str, float]:
    """The true score 0…1 (1 is flawless) of each perspective.

    A perspective keeps the product of 1 − weight · severity over its own flaws, and then loses
    `COUPLING` of what the others lost by theirs. So no score ever rises with a severity, and the
    perspectives depend on each other only mildly.
    """
    own = dict.fromkeys(WEIGHTS, 1.0)
    for flaw in flaws:
        own[flaw.perspective] *= 1 - WEIGHTS[flaw.perspective][flaw.kind] * flaw.severity
    scores = dict(own)
    for (perspective, other), share in COUPLING.items():
        scores[perspective] *= 1 - share * (1 - own[other])
    return scores


# Quality: the finished picture.


def _blur(image: Image.Image, severity: float, rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(0.6 + 7.4 * severity))


def _noise(image: Image.Image, severity: float, rng: np.random.Generator) -> Image.Image:
    """Coloured grain of two pixels, which outlives a smaller display."""
    half = image.width // 2
    grain = rng.normal(size=(half, half, 3)).astype(np.float32) * (6 + 74 * severity)
    large = grain.repeat(2, axis=0).repeat(2, axis=1)
    noisy = np.asarray(image, dtype=np.float32) + large
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, severity: float, rng: np.random.Generator) -> Image.Image:
    """Compression at two thirds of the size, so that its blocks are visible."""
    buffer = io.BytesIO()
    small = image.resize((image.width * 2 // 3,) * 2, Image.Resampling.BILINEAR)
    small.save(buffer, "JPEG", quality=max(1, round(40 * math.exp(-3 * severity))))
    return Image.open(buffer).convert("RGB").resize(image.size, Image.Resampling.NEAREST)


def _banding(image: Image.Image, severity: float, rng: np.random.Generator) -> Image.Image:
    """Few levels of brightness; colours stay."""
    levels = 2.6 + 14 * (1 - severity) ** 1.5
    luma, blue, red = image.convert("YCbCr").split()
    step = 255 / levels
    table = [min(255, round((math.floor(value / step) + 0.5) * step)) for value in range(256)]
    return Image.merge("YCbCr", (luma.point(table), blue, red)).convert("RGB")


_QUALITY_EFFECTS: dict[str, Callable[[Image.Image, float, np.random.Generator], Image.Image]] = {
    "banding": _banding,
    "blur": _blur,
    "noise": _noise,
    "jpeg": _jpeg,
}


def spoil_quality(
    image: Image.Image, flaws: Iterable[Flaw], rng: np.random.Generator
) -> Image.Image:
    """The square picture with its flaws of quality, always in the same order; others do nothing."""
    severities = {flaw.kind: flaw.severity for flaw in flaws}
    for kind, effect in _QUALITY_EFFECTS.items():
        if kind in severities:
            image = effect(image, severities[kind], rng)
    return image


def damage_of(flaws: Iterable[Flaw]) -> Damage:
    """The flaws of authenticity, as the drawing takes them."""
    kinds = WEIGHTS[AUTHENTICITY]
    return Damage(**{flaw.kind: flaw.severity for flaw in flaws if flaw.kind in kinds})


# Correspondence: the scene before it is drawn.


def _without_a_group(scene: Scene, rng: np.random.Generator) -> tuple[Scene, Flaw] | None:
    if scene.relation is None:
        return None
    gone = int(rng.integers(2))
    lost, kept = scene.groups[gone], scene.groups[1 - gone]
    flaw = Flaw("missing", lost.count / scene.objects, f"{lost.colour} {lost.shape}")
    return Scene((kept,), None, scene.background), flaw


def _with_group(scene: Scene, index: int, group: Group) -> Scene:
    groups = tuple(group if i == index else other for i, other in enumerate(scene.groups))
    return replace(scene, groups=groups)


def _with_a_wrong_count(scene: Scene, rng: np.random.Generator) -> tuple[Scene, Flaw] | None:
    index = int(rng.integers(len(scene.groups)))
    group = scene.groups[index]
    count = int(rng.choice([number for number in range(1, 5) if number != group.count]))
    detail = f"{count} instead of {group.count} {group.colour} {group.shape}"
    drawn = _with_group(scene, index, replace(group, count=count))
    return drawn, Flaw("count", abs(count - group.count) / 3, detail)


def _with_a_wrong_colour(scene: Scene, rng: np.random.Generator) -> tuple[Scene, Flaw] | None:
    index = int(rng.integers(len(scene.groups)))
    group = scene.groups[index]
    taken = {other.colour for other in scene.groups}
    colour = str(rng.choice([name for name in COLOURS if name not in taken]))
    steps = colour_steps(colour, group.colour)
    drawn = _with_group(scene, index, replace(group, colour=colour))
    return drawn, Flaw("colour", steps / 3, f"{group.shape} {colour}, not {group.colour}")


def _with_a_wrong_place(scene: Scene, rng: np.random.Generator) -> tuple[Scene, Flaw] | None:
    if scene.relation is None:
        return None
    opposite = OPPOSITE[scene.relation]
    # Half of the wrong places are opposite, as the two others are alike.
    sideways = [name for name in RELATIONS if name not in (scene.relation, opposite)]
    relation = opposite if rng.random() < 0.5 else str(rng.choice(sideways))
    severity = 1.0 if relation == opposite else 0.5
    return replace(scene, relation=relation), Flaw(
        "place", severity, f"{relation} instead of {scene.relation}"
    )


_SCENE_EFFECTS: dict[str, Callable[[Scene, np.random.Generator], tuple[Scene, Flaw] | None]] = {
    "missing": _without_a_group,
    "count": _with_a_wrong_count,
    "colour": _with_a_wrong_colour,
    "place": _with_a_wrong_place,
}


def spoil_scene(
    scene: Scene, kinds: Iterable[str], rng: np.random.Generator
) -> tuple[Scene, list[Flaw]]:
    """The scene to draw in place of the one asked for, and what is wrong with it.

    A kind that cannot be applied is left out: nothing can be missing from one group, and after a
    group is gone nothing is in the wrong place.
    """
    wanted = set(kinds)
    flaws = []
    for kind, effect in _SCENE_EFFECTS.items():
        spoiled = effect(scene, rng) if kind in wanted else None
        if spoiled is not None:
            scene, flaw = spoiled
            flaws.append(flaw)
    return scene, flaws
