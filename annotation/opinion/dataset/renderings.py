"""All files of a dataset release that are made of its facts and its tables: its own, then those of
`forms`. Pure: no Django.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..export.dictionary import tables as dictionary
from .card import card
from .citation import citation_cff
from .croissant import croissant
from .facts import DatasetFacts, StoredFile
from .forms import Tables, files_of


def renderings(
    facts: DatasetFacts,
    tables: Tables,
    document: Mapping[str, Any],
    stored: Sequence[StoredFile],
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Path in the archive → content, piece by piece, of every file that is neither a table nor a
    picture; each is to be written before the next one is asked for.

    document: the study's (`export.document`). stored: the archive's files, a sequence that grows as
    those given here are written.
    """
    texts = {
        "README.md": card(facts),
        "CITATION.cff": citation_cff(facts),
        "DICTIONARY.md": dictionary(facts.study),
        "croissant.json": _json(croissant(facts, [file for file in stored if _is_table(file)])),
        "study.json": _json({**document, "dataset": facts.to_json()}),
    }
    yield from ((path, [text.encode()]) for path, text in texts.items())
    yield from files_of(facts, tables, stored)


def _is_table(file: StoredFile) -> bool:
    """Not one that belongs to a folder of pictures."""
    return "/" not in file.path


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
