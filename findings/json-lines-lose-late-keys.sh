#!/usr/bin/env bash
# polars and DuckDB decide from the first rows of a JSON Lines file which keys there are; a key that first appears
# later is dropped without a word.
#
# Guess, before it was run: the column is there, with nulls before; or an error.
#
# Seen: polars 2.1.0: a key that first appears in line 151 is missing (100 lines are looked at). DuckDB 2.0.1: the
# same for one that first appears in line 30,001. pyarrow 26.0.1 keeps it.
#
# Who meets it: whoever exports ratings as JSON Lines in the order of time, where explanations or a fourth
# perspective came later. Write every key in every line, null where there is nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import json

import duckdb
import polars
import pyarrow.json


def write(path, before):
    rated = [{"score": 3} for _ in range(before)] + [{"score": 4, "why": "a sixth finger"}]
    with open(path, "w") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rated)


write("short.jsonl", 150)
write("long.jsonl", 30_000)
by_polars = polars.read_ndjson("short.jsonl").columns
by_duckdb = duckdb.sql("select * from 'long.jsonl'").columns
by_pyarrow = pyarrow.json.read_json("long.jsonl").column_names
print("polars", by_polars, "DuckDB", by_duckdb, "pyarrow", by_pyarrow)
assert by_polars == ["score"] and list(by_duckdb) == ["score"] and by_pyarrow == ["score", "why"]
PYTHON
