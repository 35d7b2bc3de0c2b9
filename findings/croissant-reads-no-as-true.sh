#!/usr/bin/env bash
# A Croissant column of type sc:Boolean that holds yes and no is read as true in every row.
#
# Guess, before it was run: False for no, or an error that yes and no are not booleans.
#
# Seen: mlcroissant 1.1.1: True and True; the document validates and reading says nothing.
#
# Who meets it: whoever describes a table of single scores with a column that says whether a score counts: every
# excluded score counts again. Write true and false, or declare sc:Text.
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


read = [row["rows/counts"] for row in records("counts\nyes\nno\n", {"counts": "sc:Boolean"})]
print("yes, no are read as", read)
assert read == [True, True], "the behaviour has changed"
PYTHON
