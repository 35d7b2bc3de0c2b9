"""What a form is, and the registry in which it is found by name. Pure: no Django.

To add one: a file here that registers it in `FORMS`, and the file's name in this package's
`__init__`; dataset releases then have it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from workbench.core.registry import Entry, Registry

from ..facts import DatasetFacts, StoredFile
from .tables import Tables

#: Path in the archive → what the file holds, piece by piece.
Files = Iterator[tuple[str, Iterable[bytes]]]
#: Where forms lie in the archive that are not about the whole of it.
FOLDER = "forms"


class Form(Entry, Protocol):
    """One way to state a dataset release."""

    @property
    def label(self) -> str:
        """What it is, in English, as the archive says it."""

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        """What the form needs and the release lacks, as a sentence; empty if nothing."""

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        """Its files, in order, of a release that lacks nothing; each is to be read before the next
        one is asked for. stored: all files of the archive until now."""


FORMS = Registry[Form]("form")
