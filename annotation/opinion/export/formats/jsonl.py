"""JSON Lines: one record, of one stimulus, per line. No header line: loaders expect none."""

import json
from collections.abc import Iterable, Iterator

from workbench.core.texts import gettext_noop

from .base import FORMATS, Header, Record, in_batches, written


class JsonLines:
    name = extension = "jsonl"
    version = "3"
    citation = "JSON Lines, jsonlines.org; RFC 8259"
    content_type = "application/x-ndjson"
    label = gettext_noop("JSON Lines: one image per line")

    def encode(self, records: Iterable[Record], header: Header) -> Iterator[bytes]:
        return in_batches(written(records, _line))


def _line(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


FORMATS.register(JsonLines())
