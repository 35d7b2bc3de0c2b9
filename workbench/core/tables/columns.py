"""The columns that a reader of tables knows, and how people write their names."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

#: What `str.strip` leaves: a second byte order mark, a space of no width.
_UNSEEN = "\ufeff\u200b"


def stripped(written: str) -> str:
    """A column's name without the blanks around it, seen or not."""
    return written.strip().strip(_UNSEEN).strip()


def _folded(written: str) -> str:
    """In no case and no width."""
    return unicodedata.normalize("NFKC", stripped(written)).casefold()


@dataclass(frozen=True)
class Columns:
    """By their names, in which neither case nor blanks around them count."""

    #: Those without which a table is none; in a JSON object, any may be absent.
    required: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()
    #: Those that hold numbers, which may have a decimal comma.
    numbers: frozenset[str] = frozenset()
    #: Further words for columns.
    words: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _known(self) -> dict[str, str]:
        own = {name: name for name in (*self.required, *self.others)}
        return {_folded(word): name for word, name in {**self.words, **own}.items()}

    def knows(self, written: str) -> bool:
        return _folded(written) in self._known

    def named(self, written: str) -> str:
        """The known column that `written` means; else `written`, without blanks around it."""
        return self._known.get(_folded(written)) or stripped(written)
