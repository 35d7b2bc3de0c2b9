"""Rows put together by Arrow of parts that PostgreSQL has written once each: what is said of an
image stands in the rows of all its scores. Pure: no Django.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

#: Rows that are put together at a time: about a megabyte of CSV.
_TOGETHER = 4_000
#: What `index` is in a row that has nothing of a part, and in one whose own cells have the part.
NOTHING, OWN = -1, -2


@dataclass(frozen=True)
class Part:
    """What rows share, such as what is said of their image."""

    #: (N + 2,) texts of N things; then what stands for nothing; then an empty one.
    texts: pa.Array
    #: (R,) which of them each row has.
    index: NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """R rows. Each is what its kind begins with, its shared parts, its own cells, and what its kind
    ends with."""

    #: (R,) kinds of rows, as places in `starts` and `ends`.
    kinds: NDArray[np.int64]
    starts: Sequence[str]
    ends: Sequence[str]
    #: By name, in the order of the columns.
    parts: Mapping[str, Part]
    #: (R,) texts.
    own: pa.Array

    def __len__(self) -> int:
        return len(self.kinds)

    def slices(self) -> Iterator["Lines"]:
        """The same, some thousand rows at a time."""
        for begin in range(0, len(self), _TOGETHER):
            rows = slice(begin, begin + _TOGETHER)
            parts = {name: Part(part.texts, part.index[rows]) for name, part in self.parts.items()}
            yield Lines(self.kinds[rows], self.starts, self.ends, parts, self.own[rows])

    def text(self, leave_out: Collection[str] = ()) -> bytes:
        """All rows; leave_out: names of parts."""
        starts, ends = (pa.array(texts, pa.binary()) for texts in (self.starts, self.ends))
        parts = [part for name, part in self.parts.items() if name not in leave_out]
        shared = [part.texts.take(part.index) for part in parts]
        columns = (starts.take(self.kinds), *shared, self.own, ends.take(self.kinds))
        return _bytes_of(pc.binary_join_element_wise(*columns, b""))


def texts_of(data: bytes, lengths: bytes, *, more: Sequence[str] = ()) -> pa.Array:
    """Texts that follow each other in `data`; lengths: of each in bytes, as PostgreSQL sends int4.
    more: texts that come after them."""
    ends = [text.encode() for text in more]
    found = [*np.frombuffer(lengths, ">i4").tolist(), *map(len, ends)]
    offsets = np.concatenate(([0], np.cumsum(found, dtype=np.int64))).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join((data, *ends)))]
    return pa.Array.from_buffers(pa.binary(), len(found), buffers)


def shared(data: bytes, lengths: bytes, index: NDArray[np.int64], *, nothing: str) -> Part:
    """A part of rows; index: (R,) `NOTHING`, `OWN`, or which of the texts each row has; nothing:
    what stands for nothing."""
    texts = texts_of(data, lengths, more=(nothing, ""))
    # NOTHING and OWN are −1 and −2.
    return Part(texts, np.where(index < 0, len(texts) - 3 - index, index))


def numbers_of(data: bytes, kind: str) -> NDArray[np.int64]:
    """Whole numbers as PostgreSQL sends them; kind: as NumPy calls it, such as `>i4`."""
    return np.frombuffer(data, kind).astype(np.int64)


def _bytes_of(texts: Any) -> bytes:
    """All of them, one after the other."""
    _valid, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    return bytes(data.slice(int(ends[0]), int(ends[-1] - ends[0])))
