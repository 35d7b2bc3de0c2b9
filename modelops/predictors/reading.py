"""What a model reads of prompts: it cuts the long ones, and knows no words of some scripts."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .base import PredictorKind


@dataclass(frozen=True)
class Reading:
    """What a model reads of one prompt.

    pieces: word pieces of the whole prompt, ends included; it reads the first `limit` of them,
    which reach to character `end`. unknown: words of the whole prompt that it does not know, all of
    which are one and the same to it. knows_none: whether it knows none. content: equal for prompts
    of which it reads the same.
    """

    pieces: int
    limit: int
    end: int
    unknown: tuple[str, ...]
    knows_none: bool
    content: bytes

    @property
    def cut(self) -> bool:
        return self.pieces > self.limit


class PromptReader(Protocol):
    """A model's way to read, without the model."""

    def read(self, prompts: Sequence[str]) -> list[Reading]: ...


@runtime_checkable
class ReadingKind(PredictorKind, Protocol):
    """A kind that can say what its backbones read of a prompt. It loads no model for that."""

    def reader(self, weights: str) -> PromptReader:
        """As backbones of these weights read (empty: its own). Raises a MintError naming the
        folder."""


@dataclass(frozen=True)
class ReadingCounts:
    """Of N prompts: how many are cut, unreadable (no word is known), or hold unknown words next to
    known ones; and how many the model cannot tell from another one of them."""

    prompts: int
    limit: int
    cut: int
    unreadable: int
    unknown: int
    alike: int


def count_readings(readings: Collection[Reading]) -> ReadingCounts:
    contents = Counter(reading.content for reading in readings)
    return ReadingCounts(
        prompts=len(readings),
        limit=max((reading.limit for reading in readings), default=0),
        cut=sum(reading.cut for reading in readings),
        unreadable=sum(reading.knows_none for reading in readings),
        unknown=sum(bool(it.unknown) and not it.knows_none for it in readings),
        alike=sum(number for number in contents.values() if number > 1),
    )
