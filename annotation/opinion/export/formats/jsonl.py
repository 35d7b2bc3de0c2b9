"""JSON Lines in long form: one object per score, as PostgreSQL writes it. No header: loaders expect
none. Structures are texts, so that no loader makes columns of a study's own keys."""

from collections.abc import Iterator

from workbench.core.texts import gettext_noop

from ..scores import SCORES
from ..writing import JsonWriting
from .base import FORMATS, Source


class JsonLines:
    name = extension = "jsonl"
    version = "4"
    citation = "JSON Lines, jsonlines.org; RFC 8259"
    content_type = "application/x-ndjson"
    label = gettext_noop("JSON Lines: one row per score")

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        return source.rows(SCORES, JsonWriting())


FORMATS.register(JsonLines())
