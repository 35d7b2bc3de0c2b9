"""Arrays that another process finds again, within a bound, and never with a flipped bit."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from modelops.learning.shards import Array, ShardStore

#: A shard of two arrays of 4 × 8 float16: 128 bytes of values, 64 of keys, some header.
PLENTY = 2**20


def key(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def arrays(*numbers: int) -> dict[str, Array]:
    return {
        key(n): np.random.default_rng(n).normal(size=(4, 8)).astype(np.float16) for n in numbers
    }


def shards(root: Path) -> list[Path]:
    return sorted(root.glob("*/*"))


def size_of_a_shard(root: Path) -> int:
    ShardStore(root / "measured", "a", PLENTY).put(arrays(1, 2))
    return shards(root / "measured")[0].stat().st_size


def test_another_process_reads_the_same_bits(tmp_path: Path) -> None:
    ShardStore(tmp_path, "a", PLENTY).put(arrays(1, 2))
    ShardStore(tmp_path, "a", PLENTY).put(arrays(3))
    found = ShardStore(tmp_path, "a", PLENTY)
    for number in (3, 1, 2):
        array = found.get(key(number))
        assert array is not None
        assert array.dtype == np.float16
        assert (array == arrays(number)[key(number)]).all()
    assert found.get(key(4)) is None


def test_many_are_read_at_once_also_of_files_that_came_later(tmp_path: Path) -> None:
    early = ShardStore(tmp_path, "a", PLENTY)
    early.put(arrays(1, 2, 5, 6, 7))
    ShardStore(tmp_path, "a", PLENTY).put(arrays(3))
    known, rows = early.rows([key(3), key(4), key(1)])
    assert known.tolist() == [True, False, True]
    assert rows is not None
    expected = [arrays(3)[key(3)], np.zeros((4, 8), np.float16), arrays(1)[key(1)]]
    assert (rows == np.stack(expected)).all()
    known, rows = early.rows([key(8)])
    assert (known.tolist(), rows) == ([False], None)


def test_names_do_not_share_arrays(tmp_path: Path) -> None:
    ShardStore(tmp_path, "a", PLENTY).put(arrays(1))
    assert ShardStore(tmp_path, "b", PLENTY).get(key(1)) is None


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_shard_with_a_flipped_bit_is_deleted(tmp_path: Path, place: int) -> None:
    ShardStore(tmp_path, "a", PLENTY).put(arrays(1))
    ShardStore(tmp_path, "a", PLENTY).put(arrays(2))
    rotten, kept = shards(tmp_path)
    data = bytearray(rotten.read_bytes())
    data[place] ^= 1
    rotten.write_bytes(bytes(data))
    found = ShardStore(tmp_path, "a", PLENTY)
    assert [found.get(key(1)) is None, found.get(key(2)) is None].count(True) == 1
    assert shards(tmp_path) == [kept]


def test_a_cut_shard_is_deleted(tmp_path: Path) -> None:
    ShardStore(tmp_path, "a", PLENTY).put(arrays(1))
    os.truncate(shards(tmp_path)[0], 30)
    assert ShardStore(tmp_path, "a", PLENTY).get(key(1)) is None
    assert shards(tmp_path) == []


def test_the_oldest_shard_goes_first_whoever_wrote_it(tmp_path: Path) -> None:
    room = 2 * size_of_a_shard(tmp_path)
    root = tmp_path / "root"
    for age, (name, numbers) in enumerate([("old", (1, 2)), ("new", (3, 4))]):
        ShardStore(root, name, room).put(arrays(*numbers))
        (shard,) = (root / name).iterdir()
        os.utime(shard, (1_000 + age, 1_000 + age))
    assert ShardStore(root, "mine", room).put(arrays(5, 6))
    assert [path.parent.name for path in shards(root)] == ["mine", "new"]


def test_a_store_does_not_drive_out_its_own(tmp_path: Path) -> None:
    room = 2 * size_of_a_shard(tmp_path)
    store = ShardStore(tmp_path / "root", "a", room)
    assert [store.put(arrays(n, n + 1)) for n in (1, 3, 5)] == [True, True, False]
    assert store.get(key(1)) is not None
    assert len(shards(tmp_path / "root")) == 2


def test_a_shard_that_another_process_deleted_is_still_read(tmp_path: Path) -> None:
    store = ShardStore(tmp_path, "a", PLENTY)
    store.put(arrays(1))
    shards(tmp_path)[0].unlink()
    array = store.get(key(1))
    assert array is not None
    assert (array == arrays(1)[key(1)]).all()
