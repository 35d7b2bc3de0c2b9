#!/usr/bin/env bash
# A Hugging Face image folder has the rows of its metadata file: images without a row vanish, and a row without an
# image stays until it is read.
#
# Guess, before it was run: five images give five rows, of which those without metadata have none; a row whose
# image is missing is an error when loading.
#
# Seen: datasets 5.2.0: of five images with three rows three are left; with a row for a missing image the length
# counts it, and only reading that row fails.
#
# Who meets it: whoever ships a folder in which some images have no MOS yet. Give every image a row.
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


def folder(name, rows):
    path = Path(name)
    path.mkdir()
    for number in range(5):
        Image.new("RGB", (8, 8), (40 * number, 0, 0)).save(path / f"i{number}.png")
    (path / "metadata.csv").write_text("file_name,mos\n" + "".join(f"i{row}.png,{row}.5\n" for row in rows))
    return load_dataset(name, cache_dir=f"{name}-cache")["train"]


fewer, more = folder("fewer", [0, 2, 4]), folder("more", [0, 1, 2, 3, 4, 5])
print("five images, three rows:", fewer.num_rows, "; five images, six rows:", more.num_rows)
assert fewer["mos"][:] == [0.5, 2.5, 4.5] and more.num_rows == 6
try:
    more[5]
except FileNotFoundError as error:
    print("only reading the sixth fails:", error.strerror)
else:
    raise AssertionError("the behaviour has changed")
PYTHON
