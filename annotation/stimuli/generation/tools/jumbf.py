"""Boxes of JUMBF (ISO/IEC 19566-5) and values of CBOR (RFC 8949), as far as Content Credentials
use them for names."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DEEPEST = 32
_MOST_BOXES, _MOST_VALUES = 2000, 20_000
#: The description box: a UUID of 16 bytes, toggles, then a label if their second bit is set.
_LABEL_FOLLOWS = 2


@dataclass(frozen=True)
class Box:
    """A content box with the labels of the superboxes around it, from outside to inside."""

    labels: tuple[str, ...]
    value: Any


def values_of(data: bytes) -> list[Box]:
    """The CBOR and JSON boxes of a superbox, decoded; those that are damaged are left out."""
    found: list[Box] = []
    pending: list[tuple[int, int, tuple[str, ...]]] = [(0, len(data), ())]
    while pending and len(found) < _MOST_BOXES:
        start, end, labels = pending.pop(0)
        for kind, at, stop in _boxes(data, start, end):
            if kind == b"jumb" and len(labels) < _DEEPEST and len(pending) < _MOST_BOXES:
                pending.append((at, stop, (*labels, _label(data, at, stop))))
            elif kind in (b"cbor", b"json"):
                decoded = _decoded(kind, data[at:stop])
                if decoded is not None:
                    found.append(Box(labels, decoded))
    return found


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of the content of each box."""
    for _box in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        stop = end if size == 0 else at + size
        if stop > end or stop < at + head:
            return
        yield kind, at + head, stop
        at = stop


def _label(data: bytes, start: int, end: int) -> str:
    for kind, at, stop in _boxes(data, start, end):
        if kind != b"jumd" or stop - at < 17 or not data[at + 16] & _LABEL_FOLLOWS:
            return ""
        return data[at + 17 : stop].partition(b"\0")[0].decode("utf-8", "replace")
    return ""


def _decoded(kind: bytes, data: bytes) -> Any:
    try:
        return json.loads(data) if kind == b"json" else _Cbor(data).value(0)
    except (ValueError, LookupError, TypeError, struct.error, RecursionError):
        return None


class _Cbor:
    """Reads one value; raises ValueError, LookupError or TypeError for what is none."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.left = data, 0, _MOST_VALUES

    def value(self, depth: int) -> Any:
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            raise ValueError("too deep or too many values")
        first = self.data[self.at]
        self.at += 1
        kind, size = first >> 5, first & 31
        if size == 31:
            return self._open_ended(kind, depth)
        if kind == 7:
            return self._simple(size)
        number = self._number(size)
        if kind in (2, 3):
            return self._text(kind, number)
        return self._composed(kind, number, depth)

    def _composed(self, kind: int, number: int, depth: int) -> Any:
        if kind == 4:
            return [self.value(depth + 1) for _item in range(self._count(number))]
        if kind == 5:
            pairs = range(self._count(number))
            return {str(self.value(depth + 1)): self.value(depth + 1) for _pair in pairs}
        if kind == 6:
            return self.value(depth + 1)  # a tag says how to understand what follows
        return number if kind == 0 else -1 - number

    def _count(self, number: int) -> int:
        if number > self.left:
            raise ValueError("more values than bytes")
        return number

    def _number(self, size: int) -> int:
        if size < 24:
            return size
        return int.from_bytes(self._take({24: 1, 25: 2, 26: 4, 27: 8}[size]))

    def _take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) < size:
            raise ValueError("ends within a value")
        self.at += size
        return taken

    def _text(self, kind: int, size: int) -> Any:
        data = self._take(size)
        return data.decode("utf-8", "replace") if kind == 3 else data

    def _simple(self, size: int) -> Any:
        layouts = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}
        if size in layouts:
            layout, width = layouts[size]
            return struct.unpack(layout, self._take(width))[0]
        if size == 24:
            self.at += 1
        return {20: False, 21: True}.get(size)

    def _open_ended(self, kind: int, depth: int) -> Any:
        items: list[Any] = []
        while self.data[self.at] != 0xFF:
            items.append(self.value(depth + 1))
        self.at += 1
        if kind == 5:
            return dict(zip(map(str, items[::2]), items[1::2], strict=True))
        if kind in (2, 3):
            return ("" if kind == 3 else b"").join(items)
        return items
