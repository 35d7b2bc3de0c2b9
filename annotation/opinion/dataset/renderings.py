"""The forms of a dataset release that are made of its facts and its tables. Pure: no Django."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..export.dictionary import tables as dictionary
from .card import card
from .citation import citation_cff
from .croissant import croissant
from .facts import DatasetFacts, StoredFile, Tables


def renderings(
    facts: DatasetFacts,
    tables: Tables,
    document: Mapping[str, Any],
    written: Sequence[StoredFile],
) -> Iterator[tuple[str, bytes]]:
    """Path in the archive → content, of every file that is neither a table nor a picture.

    document: the study's (`export.document`); written: the tables, with their hashes.
    """
    texts = {
        "README.md": card(facts),
        "CITATION.cff": citation_cff(facts),
        "DICTIONARY.md": dictionary(facts.study),
        "croissant.json": _json(croissant(facts, written)),
        "study.json": _json({**document, "dataset": facts.to_json()}),
    }
    yield from ((path, text.encode()) for path, text in texts.items())
    # Further forms come here: what each needs is in `facts` and `tables`.


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
