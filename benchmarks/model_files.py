"""The pictures that the model's benchmarks read."""

import json
from pathlib import Path

from PIL import Image

from annotation.stimuli.importing.lossless import as_png
from modelops.predictors.mint.engine import Item
from workbench.demo.world import build_world

_LISTED = "drawn.json"


def draw(images: int, folder: Path) -> list[Item]:
    """The demo's pictures with their prompts, as PNG files of 512 pixels. What an earlier call
    drew in `folder` is taken as it is."""
    if not (folder / _LISTED).exists():
        folder.mkdir(parents=True, exist_ok=True)
        prompts = {}
        for drawn in build_world(seed=1, images=images):
            (folder / drawn.filename).write_bytes(drawn.data)
            prompts[enlarged(folder / drawn.filename).name] = drawn.prompt
        (folder / _LISTED).write_text(json.dumps(prompts))
    drawn_before = json.loads((folder / _LISTED).read_text())
    return [Item(folder / name, prompt) for name, prompt in drawn_before.items()]


def enlarged(path: Path) -> Path:
    """The same picture as a PNG of 512 pixels, as the public databases hold theirs."""
    large = path.with_suffix(".png")
    with Image.open(path) as image:
        image.resize((512, 512), Image.Resampling.LANCZOS).save(large)
    return large


def as_stored(path: Path) -> Path:
    """The same picture as an import writes it; what an earlier call wrote is taken as it is."""
    stored = path.with_suffix(".stored.png")
    if not stored.exists():
        with Image.open(path) as image:
            stored.write_bytes(as_png(image))
    return stored
