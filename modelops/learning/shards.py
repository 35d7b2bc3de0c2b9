"""Arrays on disk by image, in checksummed shards: what the caches of embeddings and trunks keep.

A shard is a safetensors file of keys and one array each, memory-mapped. Its name is the checksum of
its content, so any number of processes add at once without a lock, and a damaged one is found by
its name, deleted, and computed again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from workbench.core.files import sha256_of, write_atomically

_SUFFIX = ".v1.safetensors"
Array = NDArray[np.floating]
#: Of an embedding: the sha256 that names the picture, and that of the prompt.
Key = tuple[str, str]
#: Three million vectors of 768 numbers in float32.
_MOST_EMBEDDINGS = 10 * 2**30


class ShardStore:
    """Arrays of one shape by a key in hexadecimal (a SHA-256, or several), in `root`/`name`.

    dtype: of the stored arrays. All folders of `root` together take at most `most_bytes`: the
    oldest shard goes first, but none that this store has used, so that a set of arrays larger than
    that is kept in part instead of being driven out by itself. Processes that write at the same
    time may exceed the bound by a sixteenth each.
    """

    def __init__(
        self, root: Path, name: str, most_bytes: int, dtype: DTypeLike = np.float16
    ) -> None:
        self.root, self.folder, self.most_bytes = root, root / name, most_bytes
        self.dtype = np.dtype(dtype)
        self._files: dict[Path, Any] = {}
        self._places: dict[str, tuple[Path, int]] = {}
        self._room = 0

    def get(self, key: str) -> Array | None:
        """A copy of the array, or None if it is not known."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[str]) -> dict[str, Array]:
        """Copies of the known arrays."""
        keys = list(keys)
        if any(key not in self._places for key in keys):
            self._open_new_shards()
        wanted: dict[Path, dict[str, int]] = defaultdict(dict)
        for key in keys:
            if key in self._places:
                path, row = self._places[key]
                wanted[path][key] = row
        found: dict[str, Array] = {}
        for path, rows in wanted.items():
            values = self._files[path].get_slice("values")
            if 2 * len(rows) >= values.get_shape()[0]:
                values = values[:]  # in one go if most are wanted
            found |= {key: values[row] for key, row in rows.items()}
        return found

    def rows(self, keys: Sequence[str]) -> tuple[NDArray[np.bool_], Array | None]:
        """Which of N keys are known, and their arrays one under the other, (N, …), 0 where there is
        none; None instead if no key is known. For very many at once."""
        if any(key not in self._places for key in keys):
            self._open_new_shards()
        wanted: dict[Path, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for place, key in enumerate(keys):
            if key in self._places:
                path, row = self._places[key]
                targets, sources = wanted[path]
                targets.append(place)
                sources.append(row)
        known = np.zeros(len(keys), np.bool_)
        found: Array | None = None
        for path, (targets, sources) in wanted.items():
            values = self._files[path].get_tensor("values")
            if found is None:
                found = np.zeros((len(keys), *values.shape[1:]), values.dtype)
            found[targets], known[targets] = values[sources], True
        return known, found

    def put(self, values: Mapping[str, Array]) -> bool:
        """Adds arrays as one shard; returns False, adding nothing, if there is no room for it.

        Raises OSError if the disk is full, with nothing left behind.
        """
        keys = np.frombuffer(bytes.fromhex("".join(values)), np.uint8).reshape(len(values), -1)
        data = save({"keys": keys, "values": np.stack(list(values.values())).astype(self.dtype)})
        if not self._make_room(len(data)):
            return False
        path = self.folder / (hashlib.sha256(data).hexdigest() + _SUFFIX)
        write_atomically(path, data)
        self._open(path)
        return True

    def _open_new_shards(self) -> None:
        for path in self.folder.glob(f"*{_SUFFIX}"):
            if path in self._files:
                continue
            with suppress(FileNotFoundError):  # another process made room
                if sha256_of(path) + _SUFFIX == path.name:
                    self._open(path)
                else:
                    path.unlink(missing_ok=True)

    def _open(self, path: Path) -> None:
        with suppress(SafetensorError, FileNotFoundError):
            file: Any = safe_open(path, framework="np")  # the library leaves it untyped
            self._files[path] = file
            for row, key in enumerate(file.get_tensor("keys")):
                self._places[key.tobytes().hex()] = (path, row)

    def _make_room(self, size: int) -> bool:
        """Whether `size` more bytes fit, once the oldest shards are deleted.

        Looks at all shards once for a sixteenth of the bound: others may have written meanwhile.
        """
        if size > self._room:
            sizes = {path: it for path in self.root.glob(f"*/*{_SUFFIX}") if (it := _stat(path))}
            total = sum(bytes_ for _when, bytes_ in sizes.values())
            unused = sorted((it for it in sizes if it not in self._files), key=sizes.__getitem__)
            if total - sum(sizes[path][1] for path in unused) + size > self.most_bytes:
                return False
            for path in unused:
                if total + size <= self.most_bytes:
                    break
                path.unlink(missing_ok=True)
                total -= sizes[path][1]
            self._room = max(size, min(self.most_bytes - total, self.most_bytes // 16))
        self._room -= size
        return True


def _stat(path: Path) -> tuple[float, int] | None:
    """When it was written, and its size; None if it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime, found.st_size


class EmbeddingCache:
    """Embeddings by (sha256 that names the picture, sha256 of the prompt), both in hexadecimal.

    `dtype` is how vectors are stored: float32 gives back the same bits, float16 half the space.
    The embeddings of all backbones in `folder` together take at most `most_bytes` (`ShardStore`).
    """

    def __init__(
        self,
        folder: Path,
        backbone_sha256: str,
        dtype: DTypeLike = np.float32,
        most_bytes: int = _MOST_EMBEDDINGS,
    ) -> None:
        self._store = ShardStore(folder, backbone_sha256, most_bytes, dtype)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Array]:
        """The known vectors (D,); a key without one is absent from the result."""
        names = {image + prompt: (image, prompt) for image, prompt in keys}
        return {names[name]: vector for name, vector in self._store.get_many(names).items()}

    def rows(self, keys: Sequence[Key]) -> tuple[NDArray[np.bool_], Array | None]:
        """As `ShardStore.rows`: which are known, and vectors (N, D)."""
        return self._store.rows([image + prompt for image, prompt in keys])

    def put_many(self, vectors: Mapping[Key, Array]) -> None:
        """Adds vectors as one shard, if there is room. Raises OSError if the disk is full, with
        nothing added."""
        if vectors:
            self._store.put({image + prompt: it for (image, prompt), it in vectors.items()})
