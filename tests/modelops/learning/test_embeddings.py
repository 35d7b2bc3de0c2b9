import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from modelops.learning.shards import EmbeddingCache, Key


def key(number: int) -> Key:
    return hashlib.sha256(b"%d" % number).hexdigest(), hashlib.sha256(b"a prompt").hexdigest()


def some_vectors(*numbers: int) -> dict[Key, NDArray[np.floating]]:
    return {key(n): np.random.default_rng(n).normal(size=8).astype(np.float32) for n in numbers}


def test_another_process_reads_the_same_bits(tmp_path: Path) -> None:
    vectors = some_vectors(1, 2, 3)
    EmbeddingCache(tmp_path, "backbone").put_many(vectors)
    found = EmbeddingCache(tmp_path, "backbone").get_many([key(2), key(9), key(1)])
    assert set(found) == {key(1), key(2)}
    assert (found[key(2)] == vectors[key(2)]).all()


def test_half_precision_is_close_and_half_the_size(tmp_path: Path) -> None:
    vectors = some_vectors(*range(200))
    for dtype in (np.float16, np.float32):
        EmbeddingCache(tmp_path, np.dtype(dtype).name, dtype).put_many(vectors)
    found = EmbeddingCache(tmp_path, "float16", np.float16).get_many([key(5)])
    assert found[key(5)] == pytest.approx(vectors[key(5)], rel=1e-3, abs=1e-3)
    half, full = (
        next((tmp_path / name).iterdir()).stat().st_size - 200 * 64
        for name in ("float16", "float32")
    )
    assert half < 0.6 * full


def test_shards_of_several_writers_are_all_seen(tmp_path: Path) -> None:
    first, second = EmbeddingCache(tmp_path, "b"), EmbeddingCache(tmp_path, "b")
    first.put_many(some_vectors(1))
    second.put_many(some_vectors(2))
    assert len(first.get_many([key(1), key(2)])) == 2


def test_a_corrupt_shard_is_deleted_and_its_vectors_are_missing(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, "b")
    cache.put_many(some_vectors(1))
    cache.put_many(some_vectors(2))
    shards = sorted((tmp_path / "b").iterdir())
    data = bytearray(shards[0].read_bytes())
    data[-1] ^= 1
    shards[0].write_bytes(bytes(data))
    found = EmbeddingCache(tmp_path, "b").get_many([key(1), key(2)])
    assert len(found) == 1
    assert sorted((tmp_path / "b").iterdir()) == shards[1:]


def test_backbones_do_not_share_embeddings(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path, "one").put_many(some_vectors(1))
    assert EmbeddingCache(tmp_path, "other").get_many([key(1)]) == {}


def test_nothing_put_writes_nothing(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path, "b").put_many({})
    assert not (tmp_path / "b").exists()


def test_the_oldest_embeddings_of_other_backbones_make_room(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path, "old").put_many(some_vectors(*range(10)))
    (shard,) = (tmp_path / "old").iterdir()
    shard_size = shard.stat().st_size
    os.utime(shard, (1_000, 1_000))
    for name in ("new", "newer"):
        cache = EmbeddingCache(tmp_path, name, most_bytes=2 * shard_size)
        cache.put_many(some_vectors(*range(10)))
    assert sorted(path.parent.name for path in tmp_path.glob("*/*")) == ["new", "newer"]
    assert len(EmbeddingCache(tmp_path, "newer").get_many([key(3)])) == 1
