"""How an import of a dataset release goes on, for whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...models import Study

#: The archive is held against its hashes; given pictures are read; images are written; the tables
#: of the study are compared.
CHECKING, READING, WRITING, COMPARING = "checking", "reading", "writing", "comparing"


@dataclass(frozen=True)
class Imported:
    """A new study, and what is in it."""

    study: Study
    images: int
    #: Images whose files are not in the archive: those out of use, and unused practice ones.
    without_file: int
    raters: int
    ratings: int
    #: Of what was collected, the same as in the archive.
    data_sha256: str


def _silent(*_said: Any) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Watch:
    """What is called meanwhile; each may raise an error, which takes everything back."""

    #: Stage; how many images of how many.
    progress: Callable[[str, int, int], None] = _silent
    #: The key of the study, before there are files of it.
    begun: Callable[[int], None] = _silent
    #: The last word of the transaction that writes it.
    written: Callable[[Imported], None] = _silent


#: Nobody watches.
UNWATCHED = Watch()
