"""MINT-IQA's stage 1 as a predictor: it embeds, is fine-tuned, and is saved."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ...learning.curves import Curve
from ...learning.recipe import Recipe
from ..base import Embeddings, Precision, Report, Samples, Verdict
from ..errors import UnreadableImageError
from ..hardware import is_out_of_memory
from .checkpoint import LoadedModel, backbone_hash, save_model
from .engine import Engine, Item
from .fine_tuning.accelerated import fine_tune_together
from .fine_tuning.data import KeptTrunk, TrainingData
from .fine_tuning.pixels import ImageFiles
from .fine_tuning.training import fine_tune
from .float8 import FEWEST, measured
from .modeling import MintIQAModel
from .preprocessing import ImageSource, try_image_to_pixels
from .processing import MintIQAProcessor

log = logging.getLogger(__name__)

_COMPARED: tuple[Precision, Precision] = ("bfloat16", "fp8")


class MintEmbedder:
    """A loaded model; `base.Trainable`."""

    def __init__(self, loaded: LoadedModel, precision: Precision = "float32") -> None:
        self.loaded = loaded
        self.precision: Precision = precision
        self._sha256: str | None = None
        self._engines: dict[Precision, Engine] = {}
        self.float8 = False

    @property
    def model(self) -> MintIQAModel:
        return self.loaded.model

    @property
    def processor(self) -> MintIQAProcessor:
        return self.loaded.processor

    @property
    def sha256(self) -> str:
        if self._sha256 is None:
            self._sha256 = backbone_hash(self.loaded)
        return self._sha256

    @property
    def embedding_size(self) -> int:
        return self.model.config.embedding_size

    @property
    def engine(self) -> Engine:
        return self._engine("fp8" if self.float8 else self.precision)

    def _engine(self, precision: Precision) -> Engine:
        if precision not in self._engines:
            self._engines[precision] = Engine(self.loaded, precision=precision)
        return self._engines[precision]

    def embed(self, images: Sequence[ImageSource], prompts: Sequence[str]) -> Embeddings:
        """Raises DeviceError if even one image is too much for the memory."""
        return self.engine.embed([Item(*item) for item in zip(images, prompts, strict=True)])

    def check_float8(self, images: Sequence[ImageSource], prompts: Sequence[str]) -> Verdict | None:
        """By the heads. None also if the device has no room for both; raises DeviceError if it has
        none for one image."""
        weight, bias = self.model.head_weights()
        if len(images) < FEWEST or not weight.any():
            return None
        items = [Item(*item) for item in zip(images, prompts, strict=True)]
        try:
            half, eighth = (self._engine(it).embed(items).values for it in _COMPARED)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            log.warning("float8 is not checked: %s has no room for its weights", self.model.device)
            return None
        return measured(half, eighth, weight, bias)

    def unreadable(self, images: Sequence[Path]) -> Mapping[int, Exception]:
        """On as many cores as torch uses."""
        read = partial(try_image_to_pixels, size=self.processor.image_size)
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            found = enumerate(pool.map(read, images))
            return {row: item for row, item in found if isinstance(item, UnreadableImageError)}

    def set_heads(self, weights: NDArray[np.float64], biases: NDArray[np.float64]) -> None:
        """If there are as many heads as perspectives they are overwritten; else all are new, named
        by their number: what a released model's three are about is not what these are about."""
        if len(weights) != len(self.model.config.head_names):
            log.info("%d new heads are made, one per perspective", len(weights))
            self.model.make_heads([f"head_{place}" for place in range(1, len(weights) + 1)])
        like = self.model.query_tokens
        self.model.set_head_weights(
            torch.as_tensor(weights, dtype=like.dtype, device=like.device),
            torch.as_tensor(biases, dtype=like.dtype, device=like.device),
        )

    def fine_tune(
        self, samples: Samples, recipe: Recipe, checkpoint: Path, report: Report
    ) -> Curve:
        """By `recipe.processes` processes; raises as `fine_tuning.training.fine_tune`."""
        self._sha256 = None
        self._engines.clear()
        train = fine_tune_together if recipe.processes > 1 else fine_tune
        return train(self.model, self._data(samples), recipe, checkpoint, report)

    def save(self, folder: Path) -> None:
        save_model(self.loaded, folder)

    def _data(self, samples: Samples) -> TrainingData:
        ids, mask = self.processor.tokenizer(list(samples.prompts))
        weights = samples.weights
        return TrainingData(
            ImageFiles(samples.images, self.processor.image_size),
            ids,
            mask,
            torch.as_tensor(samples.targets, dtype=torch.float32),
            weights=None if weights is None else torch.as_tensor(weights, dtype=torch.float32),
            groups=samples.groups,
            kept=KeptTrunk(samples.image_sha256, samples.cache),
        )
