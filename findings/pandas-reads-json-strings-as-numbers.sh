#!/usr/bin/env bash
# pandas.read_json turns JSON strings of digits into numbers: seeds that were written as strings to be exact are
# rounded, and image names lose their zeros.
#
# Guess, before it was run: a JSON string stays a string: that is why seeds of 64 bits are written so.
#
# Seen: pandas 3.1.1: the seed 9007199254740993 is the float 9007199254740992 as soon as another is beyond 63
# bits; the name 0012 is 12; dtype=False keeps both.
#
# Who meets it: whoever opens a JSON Lines export as pandas' documentation shows. Read with dtype=False, or take
# the Parquet form.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 numpy==2.2.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import io

import pandas

LINES = (
    '{"name": "0012", "seed": "9007199254740993"}\n'
    '{"name": "0007", "seed": "18446744073709551615"}\n'
)
guessed = pandas.read_json(io.StringIO(LINES), lines=True)
kept = pandas.read_json(io.StringIO(LINES), lines=True, dtype=False)
print(guessed.to_dict("records"), kept.to_dict("records"))
assert guessed["name"].tolist() == [12, 7]
assert guessed["seed"].tolist()[0] == 9007199254740992.0
assert kept["name"].tolist() == ["0012", "0007"] and kept["seed"].tolist()[0] == "9007199254740993"
PYTHON
