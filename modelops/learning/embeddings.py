"""Pooled embeddings on disk: computed once per image, prompt and backbone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .shards import ShardStore

Key = tuple[str, str]
#: Three million vectors of 768 numbers in float32.
_MOST_BYTES = 10 * 2**30


class EmbeddingCache:
    """Embeddings by (sha256 of the image, sha256 of the prompt), both in hexadecimal.

    `dtype` is how vectors are stored: float32 gives back the same bits, float16 half the space.
    The embeddings of all backbones in `folder` together take at most `most_bytes` (`ShardStore`).
    """

    def __init__(
        self,
        folder: Path,
        backbone_sha256: str,
        dtype: DTypeLike = np.float32,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._store = ShardStore(folder, backbone_sha256, most_bytes, dtype)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, NDArray[np.floating]]:
        """The known vectors (D,); a key without one is absent from the result."""
        names = {image + prompt: (image, prompt) for image, prompt in keys}
        return {names[name]: vector for name, vector in self._store.get_many(names).items()}

    def put_many(self, vectors: Mapping[Key, NDArray[np.floating]]) -> None:
        """Adds vectors as one shard, if there is room. Raises OSError if the disk is full, with
        nothing added."""
        if vectors:
            self._store.put({image + prompt: it for (image, prompt), it in vectors.items()})
