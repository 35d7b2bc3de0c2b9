"""Many images and prompts to embeddings: on processor cores each takes a batch of its own; on a GPU
all cores decode ahead of it (docs/decisions/021)."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from ..base import Embeddings, Precision
from ..errors import UnreadableImageError
from ..hardware import device_errors, in_halves, threads_each
from ..mint.engine import ahead_of
from ..mint.preprocessing import ImageSource, read_image
from ..token_reader import clean
from .checkpoint import ImageTextModel

#: Images per batch on a core, and on a GPU, where a model of this size leaves room for more.
_BATCHES = {"cpu": 8, "cuda": 64}
_BATCHES_AHEAD = 3
_NOT_EVEN_ONE = "one image at a time; end what else uses it, or take a smaller model"

#: Pixels float32 (3, S, S), or why there are none.
_Decoded = Tensor | UnreadableImageError


class ImageTextEmbedder:
    """A frozen backbone; `base.Embedder`."""

    def __init__(self, loaded: ImageTextModel, precision: Precision = "float32") -> None:
        self._loaded = loaded
        self.precision: Precision = precision
        self.device = next(loaded.model.parameters()).device
        self.workers = torch.get_num_threads()

    @property
    def sha256(self) -> str:
        """Of the files, so that it is the same in any precision, and on any device."""
        return self._loaded.sha256

    @property
    def embedding_size(self) -> int:
        return 3 * self._loaded.width

    def embed(self, images: Sequence[ImageSource], prompts: Sequence[str]) -> Embeddings:
        """Raises DeviceError if even one image is too much for the memory, or the GPU is gone."""
        items = list(zip(images, prompts, strict=True))
        values = np.full((len(items), self.embedding_size), np.nan, dtype=np.float32)
        errors: dict[int, Exception] = {}
        parts = self._on_cores if self.device.type == "cpu" else self._on_device
        with device_errors(self.device, too_small_for=_NOT_EVEN_ONE):
            for start, decoded, embedded in parts(items):
                rows = dict(enumerate(decoded, start))
                errors |= {row: it for row, it in rows.items() if not isinstance(it, Tensor)}
                good = [row for row in rows if row not in errors]
                if good:
                    values[good] = embedded.cpu().numpy()
        return Embeddings(values, errors)

    def _on_cores(self, items: "_Items") -> Iterator["_Part"]:
        cores = self.workers
        size = min(_BATCHES["cpu"], max(1, -(-len(items) // cores)))
        streams = max(1, min(cores, -(-len(items) // size)))
        with threads_each(cores // streams), ThreadPoolExecutor(streams) as pool:
            yield from pool.map(partial(self._from_files, items, size), range(0, len(items), size))

    def _from_files(self, items: "_Items", size: int, start: int) -> "_Part":
        """Items `start` … on one core, from file to embedding."""
        part = items[start : start + size]
        return self._part(start, part, [self._decode(item) for item in part])

    def _on_device(self, items: "_Items") -> Iterator["_Part"]:
        """Batch by batch, while all cores decode what comes next."""
        size = _BATCHES["cuda"]
        with (
            threads_each(1),
            ThreadPoolExecutor(self.workers) as pool,
            closing(ahead_of(pool, self._decode, items, _BATCHES_AHEAD * size)) as decoding,
        ):
            for start in range(0, len(items), size):
                part = items[start : start + size]
                yield self._part(start, part, list(islice(decoding, len(part))))

    def _part(self, start: int, items: "_Items", decoded: list[_Decoded]) -> "_Part":
        good = [it for it in decoded if isinstance(it, Tensor)]
        if not good:
            return start, decoded, torch.empty(0)
        prompts = [items[row][1] for row, it in enumerate(decoded) if isinstance(it, Tensor)]
        pixels = torch.stack(good)
        parts = in_halves(lambda rows: self._forward(pixels[rows], prompts[rows]), len(good))
        return start, decoded, torch.cat(parts)

    def _forward(self, pixels: Tensor, prompts: list[str]) -> Tensor:
        """float32 (B, 3·D); a prompt that several images were made from is computed once."""
        places = {prompt: place for place, prompt in enumerate(dict.fromkeys(prompts))}
        ids, mask = self._loaded.tokens([clean(prompt) for prompt in places])
        texts = torch.tensor([places[prompt] for prompt in prompts], device=self.device)
        half = self.precision == "bfloat16"
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            return self._loaded.embed(
                pixels.to(self.device),
                ids.to(self.device),
                None if mask is None else mask.to(self.device),
                texts,
            )

    def _decode(self, item: tuple[ImageSource, str]) -> _Decoded:
        try:
            return read_image(item[0], self._loaded.pixels)
        except UnreadableImageError as error:
            return error


_Items = Sequence[tuple[ImageSource, str]]
#: The first row, each row's pixels or error, and embeddings of those that can be read.
_Part = tuple[int, list[_Decoded], Tensor]
