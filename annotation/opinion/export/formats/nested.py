"""JSON Lines: one object per image, with all that was collected about it in its structure. What the
product imports again; nothing is left out."""

import json
from collections.abc import Iterator

from workbench.core.texts import gettext_noop

from .base import FORMATS, Record, Source, in_batches, written


class NestedLines:
    name = "nested"
    extension = "nested.jsonl"
    version = "4"
    citation = "JSON Lines, jsonlines.org; RFC 8259"
    content_type = "application/x-ndjson"
    label = gettext_noop("JSON Lines: one image per line")

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        return in_batches(written(source.records(), _line))


def _line(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


FORMATS.register(NestedLines())
