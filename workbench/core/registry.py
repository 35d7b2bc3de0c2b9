"""A registry: entries of one kind, found by name, one file each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from .errors import MintError


class Entry(Protocol):
    """What every entry has, whatever its kind."""

    @property
    def name(self) -> str:
        """A short word for addresses, settings and tables: lower-case, digits, hyphens."""

    @property
    def version(self) -> str:
        """Increased whenever the same input gives another result."""

    @property
    def citation(self) -> str:
        """Its source: authors, title, place, section."""


class UnknownEntryError(MintError):
    """A name that no entry has."""

    code = "unknown_name"
    status = 400


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E]):
    """Entries by name, in the order of their registration.

    what: what messages call an entry, e.g. `acquisition strategy`.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, E] = {}

    def register(self, entry: E) -> E:
        """Adds an entry. Raises ValueError if another one has its name."""
        if entry.name in self._entries:
            raise ValueError(f"{entry.name!r} is the name of another {self.what}")
        self._entries[entry.name] = entry
        return entry

    @contextmanager
    def registered(self, entry: E) -> Iterator[E]:
        """An entry for the block's duration."""
        self.register(entry)
        try:
            yield entry
        finally:
            del self._entries[entry.name]

    def __getitem__(self, name: str) -> E:
        """Raises UnknownEntryError naming the existing ones."""
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownEntryError(
                f"there is no {self.what} {name!r}; there are {', '.join(self._entries)}"
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
