"""Makes the pictures of the demo: each subject by each generator, with flaws drawn from a seed."""

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from PIL import Image

from annotation.protocol.aigciqa2023 import AUTHENTICITY, CORRESPONDENCE, QUALITY

from ..flaws import Flaw, spoil_quality, true_scores
from ..generators import choose_flaws, choose_kinds
from ..world import Progress, WorldImage, write_images
from . import brush
from .fields import Floats, Vectors, column, mix
from .generators import GENERATORS, Finish, PictureGenerator
from .lens import bloomed, developed, focused, sharpened, to_image
from .light import render
from .subjects import SUBJECTS
from .subjects.base import Subject

#: The side of a finished picture.
SIZE = 512
SEED = 33
#: Of WebP, lossy.
_QUALITY = 79
_STREAM = 6
#: A flaw of quality of severity 1 is shown as that of the drawn world is at these.
_SEEN = {"blur": 0.45, "noise": 0.25, "jpeg": 0.5, "banding": 0.6}
#: Whose pictures have known scores: they are for training raters and for hidden checks.
KNOWN = ("balloons", "pancakes")


@dataclass(frozen=True)
class Order:
    """A picture to be made."""

    subject: Subject
    generator: PictureGenerator
    seed: int

    @property
    def filename(self) -> str:
        return f"{self.subject.name}-{GENERATORS.index(self.generator) + 1}.webp"

    def chance(self, part: int) -> np.random.Generator:
        """One source for each part of the work, so that none shifts another."""
        name = list(self.subject.name.encode())
        return np.random.default_rng(
            [_STREAM, self.seed, GENERATORS.index(self.generator), part, *name]
        )


def orders(seed: int = SEED) -> list[Order]:
    """Every subject by every generator."""
    return [Order(subject, generator, seed) for subject in SUBJECTS for generator in GENERATORS]


def flaws_of(order: Order) -> tuple[Flaw, ...]:
    """What will be wrong with the picture."""
    rng, profile, mistakes = order.chance(0), order.generator.profile, order.subject.mistakes
    poor = choose_flaws(profile, QUALITY, rng)
    broken = choose_flaws(profile, AUTHENTICITY, rng)
    kinds = [kind for kind in choose_kinds(profile, CORRESPONDENCE, rng) if kind in mistakes]
    if "missing" in kinds:  # what is not there has no colour and no place
        kinds = [kind for kind in kinds if kind not in ("colour", "place")]
    wrong = [Flaw(kind, mistakes[kind].severity, mistakes[kind].detail) for kind in kinds]
    return (*poor, *broken, *wrong)


def paint(order: Order, size: int = SIZE) -> WorldImage:
    """The picture and its truth; tens of seconds at full size."""
    flaws = flaws_of(order)
    image = picture_of(order, flaws, size)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=6)
    return WorldImage(
        filename=order.filename,
        data=buffer.getvalue(),
        prompt=order.subject.prompt,
        generator=order.generator.name,
        true_scores=true_scores(flaws),
        flaws=flaws,
    )


def picture_of(order: Order, flaws: Sequence[Flaw], size: int = SIZE) -> Image.Image:
    """RGB, size × size: staged, rendered, developed, finished, and spoilt."""
    severities = {flaw.kind: flaw.severity for flaw in flaws}
    stage = order.subject.stage(severities.keys(), order.chance(1))
    shot = render(stage, size)
    light = focused(shot, stage.camera)
    if stage.overlay is not None:
        light = light + stage.overlay(light.shape[1])
    finish = order.generator.finish
    values = developed(bloomed(light, finish.bloom), stage.exposure * finish.exposure)
    values = _broken(values, brush.spread_of(shot.things), severities, order.chance(2))
    values = _in_the_medium(values, order.subject.medium, finish)
    image = _finished(values, finish, size, order.chance(3))
    return spoil_quality(image, _as_seen(flaws), order.chance(4))


def _as_seen(flaws: Sequence[Flaw]) -> list[Flaw]:
    """The flaws of quality in the strength of those of image generators, not of broken files."""
    return [
        replace(flaw, severity=flaw.severity * _SEEN[flaw.kind])
        for flaw in flaws
        if flaw.perspective == QUALITY
    ]


def _broken(
    values: Vectors, where: Floats, severities: dict[str, float], rng: np.random.Generator
) -> Vectors:
    """The flaws of authenticity, always in the same order."""
    effects = {"warp": brush.warped, "melt": brush.melted, "texture": brush.garbled}
    for kind, effect in effects.items():
        shift = float(rng.random())
        if kind in severities:
            values = effect(values, where, severities[kind], shift)
    return values


def _in_the_medium(values: Vectors, medium: str, finish: Finish) -> Vectors:
    unit = values.shape[1] / 1000
    if medium == "oil":
        return brush.canvas(brush.painted(values, 9 * unit), 0.8)
    if medium == "ink":
        return brush.canvas(brush.painted(brush.inked(values), 6 * unit), 0.3)
    return brush.painted(values, finish.strokes * unit) if finish.strokes else values


def _finished(values: Vectors, finish: Finish, size: int, rng: np.random.Generator) -> Image.Image:
    side = values.shape[1]
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    dark = 1 - finish.vignette * 0.55 * np.clip(x * x + y * y - 0.35, 0, 2)
    grey = np.broadcast_to(brush.luma(values), values.shape)
    values = mix(grey, values, finish.saturation)
    values = (0.45 + (values - 0.45) * finish.contrast) * column(finish.tint)[:, :, None] * dark
    image = to_image(values)
    if finish.sharpness:
        image = sharpened(image, finish.sharpness)
    if not finish.grain:
        return image
    grained = np.asarray(image) + 255 * finish.grain * rng.normal(size=(size, size, 1))
    return Image.fromarray(np.clip(grained, 0, 255).astype(np.uint8))


def painted_all(processes: int, seed: int = SEED) -> Iterator[WorldImage]:
    """Every picture, in order."""
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(paint, orders(seed))


def write_pictures(folder: Path, processes: int, progress: Progress | None = None) -> None:
    """Writes `main`, `practice` and `gold` below `folder`, as `world.write_images` does.

    Of the pictures with known scores every second one, from the worst to the best, is for training,
    the others for checks.
    """
    made = []
    for image in painted_all(processes):
        made.append(image)
        if progress is not None:
            progress(len(made), len(orders()))
    known = [image for image in made if image.filename.split("-")[0] in KNOWN]
    known.sort(key=lambda image: fmean(image.true_scores.values()))
    main = [image for image in made if image not in known]
    write_images(folder / "main", main, len(main))
    for name, images in (("practice", known[::2]), ("gold", known[1::2])):
        write_images(folder / name, images, len(images), published=True)
