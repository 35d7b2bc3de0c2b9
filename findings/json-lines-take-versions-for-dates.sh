#!/usr/bin/env bash
# In a JSON Lines file, datasets and pyarrow take strings that look like dates for times: the model version
# "2024-08-06" does not come back as it was written, not even as a feature that is declared as a string.
#
# Guess, before it was run: a string in quotes stays a string, JSON says its type, unlike CSV; and where it does not,
# declaring the feature as a string helps.
#
# Seen: datasets 5.2.0 and pyarrow 26.0.1: the column is timestamp[s], and a row has datetime(2024, 8, 6). Declared as
# Value("string"), the row has "2024-08-06 00:00:00". One "v6.1" among the rows, and all are as they were written; if it
# comes after the first 10 MB, datasets refuses the file. pandas 3.1.1 keeps strings with dtype=False.
#
# Who meets it: makers of models name their snapshots by days ("2024-08-06", "2025-04-14"), and a table of images has a
# column for that. Joined with one that was read as CSV or Parquet, no row fits. Use Parquet.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import json
from datetime import datetime

import pandas
import pyarrow.json
from datasets import Features, Value, load_dataset
from datasets.exceptions import DatasetGenerationError


def write(path, versions, more=""):
    with open(path, "w") as lines:
        lines.writelines(
            json.dumps({"version": version, "prompt": f"a fox{more}"}) + "\n" for version in versions
        )
    return path


def load(path, **options):
    return load_dataset("json", data_files=path, split="train", cache_dir="cache", **options)


days = ["2024-08-06", "2025-04-14"]
path = write("days.jsonl", days)
rows = load(path)
print(rows.features, rows["version"][:])
assert rows.features["version"] == Value("timestamp[s]")
assert rows["version"][:] == [datetime(2024, 8, 6), datetime(2025, 4, 14)]
assert str(pyarrow.json.read_json(path).schema.field("version").type) == "timestamp[s]"
assert list(pandas.read_json(path, lines=True, dtype=False).version) == days

assert load(write("mixed.jsonl", [*days, "v6.1"]))["version"][:] == [*days, "v6.1"]
try:
    load(write("late.jsonl", [days[0]] * 12_000 + ["v6.1"], " " * 1000))
except DatasetGenerationError as error:
    print(repr(error.__cause__))
    assert "v6.1" in str(error.__cause__)
else:
    raise AssertionError("a version that comes late is no longer refused")

told = Features({"version": Value("string"), "prompt": Value("string")})
declared = load(path, features=told)["version"][:]
print("declared as string:", declared)
assert declared == ["2024-08-06 00:00:00", "2025-04-14 00:00:00"]
PYTHON
