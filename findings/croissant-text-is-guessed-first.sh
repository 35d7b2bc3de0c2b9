#!/usr/bin/env bash
# Croissant's declared types are applied to what a table reader has guessed already: text loses its leading zeros,
# generators that are called None or NA vanish, and one empty cell rounds large whole numbers.
#
# Guess, before it was run: a field of type sc:Text gives the cell as it is written; one of type sc:Integer gives
# whole numbers exactly, and none for an empty cell.
#
# Seen: mlcroissant 1.1.1 with pandas 3.1.1: 0012 becomes 12, the generators None and NA are missing, and the seed
# 9007199254740993 is 9007199254740992 because another row has none.
#
# Who meets it: everyone whose images or prompts are numbered 0001 and up, and whose seeds have more than 53 bits:
# keys no longer join. Give such tables as Parquet, or names a letter in front.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mlcroissant==1.1.1 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import hashlib
import json
import logging
from pathlib import Path

import mlcroissant

logging.disable()
PREFIXES = {"sc": "https://schema.org/", "cr": "http://mlcommons.org/croissant/", "dct": "http://purl.org/dc/terms/"}
TERMS = ("recordSet", "field", "source", "fileObject", "extract", "column")
CONTEXT = {"@language": "en", "@vocab": "https://schema.org/", **PREFIXES, "conformsTo": "dct:conformsTo"}
CONTEXT |= {term: f"cr:{term}" for term in TERMS}
CONTEXT["dataType"] = {"@id": "cr:dataType", "@type": "@vocab"}


def records(table, types):
    Path("table.csv").write_text(table)
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"rows/{column}",
            "dataType": kind,
            "source": {"fileObject": {"@id": "table.csv"}, "extract": {"column": column}},
        }
        for column, kind in types.items()
    ]
    document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "scores",
        "description": "scores",
        "url": "http://localhost/",
        "license": "CC0-1.0",
        "version": "1.0.0",
        "datePublished": "2026-01-01",
        "creator": {"@type": "sc:Person", "name": "A lab"},
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "table.csv",
                "name": "table.csv",
                "contentUrl": "table.csv",
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(table.encode()).hexdigest(),
            }
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "field": fields}],
    }
    Path("croissant.json").write_text(json.dumps(document))
    return list(mlcroissant.Dataset("croissant.json").records("rows"))


table = "image,generator,seed\n0012,None,9007199254740993\n0007,NA,\n"
types = {"image": "sc:Text", "generator": "sc:Text", "seed": "sc:Integer"}
first, second = records(table, types)
print(first)
print(second)
assert first == {"rows/image": b"12", "rows/generator": None, "rows/seed": 9007199254740992}
assert second == {"rows/image": b"7", "rows/generator": None, "rows/seed": None}
PYTHON
