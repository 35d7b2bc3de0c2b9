"""Parquet in long form: one row per score, with types, and what its columns say."""

import json
from collections.abc import Iterator

from workbench.core.texts import gettext_noop

from ..scores import SCORES
from .arrow import parquet, schema_of
from .base import FORMATS, Source

#: Of the file's own facts, which readers call its metadata.
FACTS = "mint-study"


class Parquet:
    name = extension = "parquet"
    version = "1"
    citation = "Apache Parquet 2.6"
    content_type = "application/vnd.apache.parquet"
    label = gettext_noop("Parquet: one row per score")

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        schema = schema_of(SCORES.columns, {FACTS: json.dumps(source.facts.to_json())})
        return parquet(source.batches(SCORES, schema), schema)


FORMATS.register(Parquet())
