#!/usr/bin/env bash
# A metadata column that is called image takes the place of the picture in a Hugging Face image folder.
#
# Guess, before it was run: an error that the name is taken, or a second name for one of the two.
#
# Seen: datasets 5.2.0: loading succeeds without a word, and image is the text of the column; there is no picture
# in the dataset.
#
# Who meets it: manifests and label files of this field often call their first column image. Rename it before
# packing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check datasets==5.2.0 pillow==13.0.0 numpy==2.2.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
from pathlib import Path

from datasets import load_dataset
from PIL import Image

folder = Path("images")
folder.mkdir()
Image.new("RGB", (8, 8), "red").save(folder / "a.png")
(folder / "metadata.csv").write_text("file_name,image,mos\na.png,set-1/a,3.5\n")
rows = load_dataset("images", cache_dir="cache")["train"]
print(rows.features, rows[0])
assert rows[0] == {"image": "set-1/a", "mos": 3.5}
PYTHON
