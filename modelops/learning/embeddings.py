"""Pooled embeddings on disk: computed once per image, prompt and backbone.

One folder per backbone hash. Each `put_many` adds one shard, a safetensors file of keys and vectors
whose name is the checksum of its content, so any number of processes may add at once without a
lock, and a shard that rotted is found by its name, deleted, and its embeddings computed anew.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray
from safetensors.numpy import load, save

from ..files import write_atomically

Key = tuple[str, str]
_SUFFIX = ".v1.safetensors"


class EmbeddingCache:
    """Embeddings by (sha256 of the image, sha256 of the prompt), both in hexadecimal.

    `dtype` is how vectors are stored: float32 gives back the same bits, float16 half the space
    (1.5 GB for a million vectors of 768).
    """

    def __init__(self, folder: Path, backbone_sha256: str, dtype: DTypeLike = np.float32) -> None:
        self.folder = folder / backbone_sha256
        self.dtype = np.dtype(dtype)
        self._read: set[str] = set()
        self._vectors: dict[Key, NDArray[np.floating]] = {}

    def get_many(self, keys: Sequence[Key]) -> dict[Key, NDArray[np.floating]]:
        """The vectors (D,) that are known; a key without one is absent from the answer."""
        if any(key not in self._vectors for key in keys):
            self._read_new_shards()
        return {key: self._vectors[key] for key in keys if key in self._vectors}

    def put_many(self, vectors: Mapping[Key, NDArray[np.floating]]) -> None:
        """Adds vectors as one shard. Raises OSError where the disk is full, nothing added."""
        if not vectors:
            return
        matrix = np.stack(list(vectors.values())).astype(self.dtype)
        keys = np.frombuffer(
            b"".join(bytes.fromhex(image + prompt) for image, prompt in vectors), dtype=np.uint8
        ).reshape(len(vectors), 64)
        data = save({"keys": keys, "vectors": matrix})
        name = hashlib.sha256(data).hexdigest() + _SUFFIX
        write_atomically(self.folder / name, data)
        self._keep(name, dict(zip(vectors, matrix, strict=True)))

    def _read_new_shards(self) -> None:
        for path in self.folder.glob(f"*{_SUFFIX}"):
            if path.name not in self._read:
                self._read_shard(path)

    def _read_shard(self, path: Path) -> None:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() + _SUFFIX != path.name:
            path.unlink(missing_ok=True)
            return
        shard = load(data)
        keys = [(row[:32].tobytes().hex(), row[32:].tobytes().hex()) for row in shard["keys"]]
        self._keep(path.name, dict(zip(keys, shard["vectors"], strict=True)))

    def _keep(self, name: str, vectors: dict[Key, NDArray[np.floating]]) -> None:
        self._vectors.update(vectors)
        self._read.add(name)
