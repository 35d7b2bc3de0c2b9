#!/usr/bin/env bash
# Croissant's declared types are applied to what a table reader has guessed already, by the language's own casts:
# a text loses its leading zeros, generators that are called None or NA vanish, one empty cell rounds large whole
# numbers, and no is true.
#
# Guess, before it was run: a field of type sc:Text gives the cell as it is written, one of type sc:Integer whole
# numbers exactly and none for an empty cell; sc:Boolean reads no as false, or refuses it.
#
# Seen: mlcroissant 1.1.1 with pandas 3.1.1: 0012 becomes 12, the generators None and NA are missing, the seed
# 9007199254740993 is 9007199254740992 because another row has none, and a column of yes and no is true in every
# row. The document validates, and reading says nothing.
#
# Who meets it: everyone whose images are numbered 0001 and up (keys no longer join), whose seeds have more than
# 53 bits, and who says in a column whether a score counts (every excluded one counts again). Give such tables as
# Parquet, with true and false.
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


table = "image,generator,seed,counts\n0012,None,9007199254740993,yes\n0007,NA,,no\n"
types = {"image": "sc:Text", "generator": "sc:Text", "seed": "sc:Integer", "counts": "sc:Boolean"}
read = [tuple(row[f"rows/{name}"] for name in types) for row in records(table, types)]
print(read)
assert read == [(b"12", None, 9007199254740992, True), (b"7", None, None, True)]
PYTHON
