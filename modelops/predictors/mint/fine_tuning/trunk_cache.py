"""The trunk cache: the output of the vision transformer's frozen blocks, computed once per image.

In the published recipe blocks 0–21 of 39 are frozen, so their output for an image is the same in
every epoch and every retrain. It is kept in float16, as the released code computes it. When only
heads change there is nothing left to compute at all: `embeddings` keeps pooled embeddings.

Training continues from it: `model.encode_upper(cache(rows), cache.blocks)` stands for
`model.encode_images(pixels(rows))`, with the same gradients above the frozen blocks.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ....learning.errors import LearningError
from ....learning.shards import Array, ShardStore
from ..modeling import MintIQAModel
from ..streaming import fingerprint

#: Bytes per shard: few files, and little is lost if one is damaged.
_SHARD_BYTES = 32 * 2**20
#: Images whose activations are computed at a time.
_BATCH = 8


def trunk_hash(model: MintIQAModel, blocks: int, *, bfloat16: bool = False) -> str:
    """SHA-256 of everything that activations after `blocks` blocks depend on, except the image."""
    vision, sizes = model.vision_model, model.vision_model.config
    about = (
        f"trunk 1 {blocks} {sizes.layer_norm_eps}{sizes.hidden_act} {sizes.num_attention_heads}"
        f"{sizes.image_size} {sizes.patch_size}"
    )
    if bfloat16:
        about += " bfloat16"
    parts = (vision.embeddings, *vision.encoder.layers[:blocks])
    named = (item for part in parts for item in sorted(part.state_dict().items()))
    return fingerprint(named, about=about)


class TrunkCache:
    """Activations after the frozen blocks of a model, of N images known by their SHA-256.

    `pixels(rows)` gives normalised images (B, 3, S, S) and is asked only for what is not known;
    `bfloat16` says whether products are then computed in half the width.
    What does not fit into `most_bytes`, or on the disk, is computed each time. Raises LearningError
    if the blocks would not give the same twice: dropout in their attention.
    """

    def __init__(
        self,
        model: MintIQAModel,
        images: Sequence[str],
        pixels: Callable[[Sequence[int]], Tensor],
        folder: Path,
        *,
        blocks: int,
        bfloat16: bool = False,
        most_bytes: int = 20 * 2**30,
    ) -> None:
        if model.vision_model.config.attention_dropout:
            raise LearningError(
                "attention_dropout of the vision blocks is not 0; set it to 0, or retrain with "
                "trunk_cache=false"
            )
        self.blocks = blocks
        self._model, self._images, self._pixels = model, images, pixels
        self._bfloat16 = bfloat16
        known_by = trunk_hash(model, blocks, bfloat16=bfloat16)
        self._store = ShardStore(folder, known_by, most_bytes)
        self._new: dict[str, Array] = {}
        self._full = False

    def __call__(self, rows: Sequence[int]) -> Tensor:
        """float32 (len(rows), patches + 1, Dv) on the model's device, for `encode_upper`."""
        images = {row: self._images[row] for row in rows}
        kept = self._store.get_many(image for image in images.values() if image not in self._new)
        known = {
            row: found
            for row, image in images.items()
            if (found := self._new.get(image, kept.get(image))) is not None
        }
        missing = [row for row in dict.fromkeys(rows) if row not in known]
        for start in range(0, len(missing), _BATCH):
            part = missing[start : start + _BATCH]
            known |= dict(zip(part, self._compute(part), strict=True))
        self._keep({self._images[row]: known[row] for row in missing})
        # It travels as it is stored, in half the width.
        half = torch.from_numpy(np.stack([known[row] for row in rows]))
        return half.to(self._device).float()

    @property
    def _device(self) -> torch.device:
        return self._model.query_tokens.device

    def flush(self) -> None:
        """Writes the rest, as a shard that is not full."""
        if self._new and not self._full:
            try:
                self._full = not self._store.put(self._new)
            except OSError:  # the cache saves time; it must never fail a training
                self._full = True
        self._new = {}

    @torch.no_grad()
    def _compute(self, rows: Sequence[int]) -> Array:
        pixels = self._pixels(rows).to(self._device)
        with torch.autocast(pixels.device.type, torch.bfloat16, enabled=self._bfloat16):
            hidden = self._model.encode_lower(pixels, self.blocks).half()
        if not hidden.isfinite().all():
            raise LearningError(
                f"activations after block {self.blocks} exceed float16's 65,504, or are "
                "NaN; retrain with trunk_cache=false"
            )
        found: Array = hidden.cpu().numpy()
        return found

    def _keep(self, values: dict[str, Array]) -> None:
        if self._full:
            return
        self._new |= values
        if sum(value.nbytes for value in self._new.values()) >= _SHARD_BYTES:
            self.flush()
