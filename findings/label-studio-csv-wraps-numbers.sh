#!/usr/bin/env bash
# Label Studio's CSV has a number as a list of an object, where a text or a single choice is itself.
#
# Guess, before it was run: an annotation {"number": 3.5} becomes the cell 3.5, as {"text": ["r-1"]} becomes r-1.
#
# Seen: label-studio-sdk 2.1.2: the cell is [{"number":3.5}], also in JSON_MIN; the text's is r-1. A spreadsheet and
# pandas take the column of scores for texts.
#
# Who meets it: whoever exports scores from Label Studio as CSV and takes their mean. Read each cell with json.loads.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check label-studio-sdk==2.1.2
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import csv
import json
from pathlib import Path

from label_studio_sdk.converter import Converter

CONFIG = """<View>
  <Image name="picture" value="$image"/>
  <Number name="score" toName="picture" min="1" max="5" step="0.5"/>
  <TextArea name="rater" toName="picture"/>
</View>"""


def result(name, kind, value):
    return {"from_name": name, "to_name": "picture", "type": kind, "value": value}


annotation = {
    "id": 1,
    "created_at": "2026-01-01T00:00:00+00:00",
    "result": [result("score", "number", {"number": 3.5}), result("rater", "textarea", {"text": ["r-1"]})],
}
Path("tasks.json").write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": [annotation]}]))
converter = Converter(CONFIG, ".", download_resources=False)
converter.convert("tasks.json", "out", "CSV", is_dir=False, sep=",")
(row,) = csv.DictReader(Path("out/result.csv").open())
print("score:", row["score"], "; rater:", row["rater"])
assert row["rater"] == "r-1"
assert json.loads(row["score"]) == [{"number": 3.5}], "the behaviour has changed"
converter.convert("tasks.json", "min", "JSON_MIN", is_dir=False)
(item,) = json.loads(Path("min/result.json").read_text())
assert (item["score"], item["rater"]) == ([{"number": 3.5}], "r-1"), "the behaviour has changed"
PYTHON
