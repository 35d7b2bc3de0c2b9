"""Ways of scoring images, run in turns, so that other work on the machine affects them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from modelops.predictors.hardware import native_precision
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.engine import Engine, Item
from modelops.predictors.mint.preprocessing import normalise

#: Pooled embeddings (N, Dq) of N items.
Way = Callable[[Sequence[Item]], NDArray[np.float32]]
#: The batch of the released script.
_RELEASED_BATCH = 8
STRAIGHTFORWARD = "straightforward"
#: Share of an embedding that must differ between images for differences between ways to tell.
_TELLING = 1e-3


@dataclass(frozen=True)
class Pace:
    """What one way took for all images, in each round, and what it gave."""

    seconds: list[float]
    values: NDArray[np.float32]


def straightforward(loaded: LoadedModel) -> Way:
    """As the released script does it: the same modules in float32, eight images at a time, each
    transformed by Pillow in the loop, nothing kept."""

    def embed(items: Sequence[Item]) -> NDArray[np.float32]:
        found = []
        for start in range(0, len(items), _RELEASED_BATCH):
            batch = items[start : start + _RELEASED_BATCH]
            size = loaded.processor.image_size
            pixels = normalise(torch.stack([_by_pillow(Path(str(it.image)), size) for it in batch]))
            words = loaded.processor.tokenizer([it.prompt for it in batch])
            given = [tensor.to(loaded.model.device) for tensor in (pixels, *words)]
            with torch.no_grad():
                found.append(loaded.model(*given).pooled)
        pooled: NDArray[np.float32] = torch.cat(found).cpu().numpy()
        return pooled

    return embed


def ways_of(loaded: LoadedModel) -> dict[str, Way]:
    """The straightforward way first, then the engine in each precision that the device has."""
    names = {"engine, float32": Engine(loaded)}
    if native_precision(loaded.model.device) == "bfloat16":
        names["engine, bfloat16"] = Engine(loaded, precision="bfloat16")
    engines = {name: _by(engine) for name, engine in names.items()}
    return {STRAIGHTFORWARD: straightforward(loaded), **engines}


def in_turns(ways: Mapping[str, Way], items: Sequence[Item], rounds: int) -> dict[str, Pace]:
    """Each way once per round, after one round that does not count."""
    paces: dict[str, Pace] = {}
    for number in range(rounds + 1):
        for name, way in ways.items():
            gc.collect()
            start = time.perf_counter()
            values = way(items)
            took = time.perf_counter() - start
            pace = paces.setdefault(name, Pace([], values))
            if number:
                pace.seconds.append(took)
    return paces


def compared(paces: Mapping[str, Pace], images: int) -> list[dict[str, Any]]:
    """Figures of each way. A ratio is the median of the rounds' ratios, because two ways within one
    round have the same neighbours; a difference is relative to the differences between images."""
    base = paces[STRAIGHTFORWARD]
    return [
        {
            "way": name,
            "images_per_second": round(images / statistics.median(pace.seconds), 2),
            "ms_per_image": round(statistics.median(pace.seconds) / images * 1e3, 2),
            "ratio": round(statistics.median(map(_ratio, base.seconds, pace.seconds)), 2),
            "difference": relative_difference(pace.values, base.values),
        }
        for name, pace in paces.items()
    ]


def relative_difference(values: NDArray[np.float32], base: NDArray[np.float32]) -> float | None:
    """Between embeddings (N, D) in two ways, as a share of the differences between images; None if
    random weights hardly tell images apart: there is nothing to compare it with."""
    spread = np.linalg.norm(base - base.mean(axis=0))
    if spread < _TELLING * np.linalg.norm(base):
        return None
    return float(f"{np.linalg.norm(values - base) / spread:.1e}")


def _ratio(base: float, other: float) -> float:
    return base / other


def _by(engine: Engine) -> Way:
    return lambda items: engine.embed(items).values


def _by_pillow(path: Path, size: int) -> torch.Tensor:
    """The official transform, uint8 (3, size, size)."""
    with Image.open(path) as image:
        short = min(image.size)
        width, height = (int(size * side / short) for side in image.size)
        resized = image.resize((width, height), Image.Resampling.BICUBIC)
        left, top = round((width - size) / 2), round((height - size) / 2)
        cut = resized.crop((left, top, left + size, top + size)).convert("RGB")
        return torch.from_numpy(np.array(cut)).permute(2, 0, 1)
