"""Builds a demo world: pictures of prompts by make-believe generators, with their true scores.

The manifest says what a researcher would know (file, prompt, generator). The truth is written
next to it for the simulated raters and for measurements; nothing that learns may read it.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from annotation.protocol.aigciqa2023 import AUTHENTICITY, CORRESPONDENCE, QUALITY

from .flaws import (
    TRUE_PERSPECTIVES,
    Flaw,
    damage_of,
    spoil_quality,
    spoil_scene,
    true_scores,
)
from .generators import GENERATORS, MakeBelieveGenerator, choose_flaws, choose_kinds
from .grammar import Scene, Split, prompt_of, sample_scenes
from .scenes import Item, draw

#: The first number of every seed sequence, so that studies and pretraining never share a draw.
STUDY_STREAM = 1
PRETRAINING_STREAM = 2

TRUTH_FORMAT = 1
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Picture:
    """A drawn picture, the scene that was asked for, the one that was drawn, and the flaws."""

    image: Image.Image
    asked: Scene
    drawn: Scene
    items: tuple[Item, ...]
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True)
class WorldImage:
    """One image of a world: what is imported, and what only the generator knows."""

    filename: str
    data: bytes
    prompt: str
    generator: str
    true_scores: dict[str, float]
    flaws: tuple[Flaw, ...]


def paint_as_drawn(
    scene: Scene, generator: MakeBelieveGenerator, rng: np.random.Generator
) -> Picture:
    """The scene as it is, in the generator's style, with its flaws of quality and authenticity."""
    broken = choose_flaws(generator.profile, AUTHENTICITY, rng)
    poor = choose_flaws(generator.profile, QUALITY, rng)
    image, items = draw(scene, generator.look, damage_of(broken), rng)
    flaws = (*poor, *broken)
    return Picture(spoil_quality(image, flaws, rng), scene, scene, tuple(items), flaws)


def paint(scene: Scene, generator: MakeBelieveGenerator, rng: np.random.Generator) -> Picture:
    """What the generator makes of the scene, RGB 384 × 384."""
    kinds = choose_kinds(generator.profile, CORRESPONDENCE, rng)
    drawn, wrong = spoil_scene(scene, kinds, rng)
    picture = paint_as_drawn(drawn, generator, rng)
    return replace(picture, asked=scene, flaws=(*picture.flaws, *wrong))


def _encode(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92, subsampling=0)
    return buffer.getvalue()


def build_world(*, seed: int, images: int, prompts: int | None = None) -> Iterator[WorldImage]:
    """`images` pictures of `prompts` distinct study prompts (a third of the images by default).

    The same seed and sizes give the same bytes with the same version of Pillow. Each prompt is
    painted by different generators if it is painted up to six times. Raises ValueError for
    sizes that cannot be.
    """
    prompts = max(1, images // 3) if prompts is None else prompts
    if not 0 < prompts <= images:
        raise ValueError(f"a world of {images} images cannot show {prompts} prompts")
    scenes = sample_scenes(np.random.default_rng([STUDY_STREAM, seed]), Split.STUDY, prompts)
    for index in range(images):
        rng = np.random.default_rng([STUDY_STREAM, seed, index])
        scene = scenes[index % prompts]
        generator = GENERATORS[(index % prompts + index // prompts) % len(GENERATORS)]
        picture = paint(scene, generator, rng)
        yield WorldImage(
            filename=f"scene-{index + 1:05d}.jpg",
            data=_encode(picture.image),
            prompt=prompt_of(scene),
            generator=generator.name,
            true_scores=true_scores(picture.flaws),
            flaws=picture.flaws,
        )


def write_world(
    folder: Path,
    *,
    seed: int,
    images: int,
    prompts: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """`write_images` of a whole world."""
    world = build_world(seed=seed, images=images, prompts=prompts)
    return write_images(folder, world, images, progress=progress)


def write_images(
    folder: Path,
    images: Iterable[WorldImage],
    total: int,
    *,
    published: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Writes `images/`, `manifest.csv` (filename,prompt,generator) and `truth.json`.

    With `published` the true scores are in the manifest, as those of practice and gold images must
    be. Returns the manifest's path. `progress(done, total)` is called after each image. The
    manifest comes last, so that a world with a manifest is complete.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    scores = list(TRUE_PERSPECTIVES) if published else []
    rows = [["filename", "prompt", "generator", *(f"mos_{name}" for name in scores)]]
    truth: dict[str, Any] = {}
    for done, image in enumerate(images, 1):
        (folder / "images" / image.filename).write_bytes(image.data)
        known = [f"{image.true_scores[name]:.4f}" for name in scores]
        rows.append([image.filename, image.prompt, image.generator, *known])
        truth[image.filename] = _truth_of(image)
        if progress is not None:
            progress(done, total)
    document = {"format": TRUTH_FORMAT, "images": truth}
    (folder / "truth.json").write_text(json.dumps(document, indent=1) + "\n")
    manifest = folder / "manifest.csv"
    temporary = folder / "manifest.csv.part"
    with temporary.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    temporary.replace(manifest)
    return manifest


def _truth_of(image: WorldImage) -> dict[str, Any]:
    return {"scores": image.true_scores, "flaws": [asdict(flaw) for flaw in image.flaws]}


@dataclass(frozen=True)
class Truth:
    """What `truth.json` says about one image."""

    scores: dict[str, float]
    flaws: tuple[Flaw, ...]


def read_truth(path: Path) -> dict[str, Truth]:
    """The truth by file name; ValueError if the file has another format."""
    document = json.loads(path.read_text())
    if document.get("format") != TRUTH_FORMAT:
        raise ValueError(f"{path}: format {document.get('format')!r}, this version reads 1")
    return {
        name: Truth(
            entry["scores"],
            tuple(Flaw(**flaw) for flaw in entry["flaws"]),
        )
        for name, entry in document["images"].items()
    }
