#!/usr/bin/env bash
# WebDataset takes a sample's key up to the first dot of the file name: images called after a model's version fall
# into one sample, also those that its own writer wrote.
#
# Guess, before it was run: the suffix begins at the last dot: sdxl-1.0-1.png and sdxl-1.0-2.png are two samples
# with the keys sdxl-1.0-1 and sdxl-1.0-2.
#
# Seen: webdataset 1.0.2 and datasets 5.2.0: one sample sdxl-1 with the fields 0-1.json and 0-2.json; two samples
# written by TarWriter with such keys come back as one.
#
# Who meets it: whoever packs generated images under names like sdxl-1.0-0001.png. Name images by a hash or a
# number.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check webdataset==1.0.2 datasets==5.2.0 numpy==2.2.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import webdataset
from datasets import load_dataset

with webdataset.TarWriter("images.tar") as writer:
    for number in (1, 2):
        writer.write({"__key__": f"sdxl-1.0-{number}", "json": {"mos": number}})
samples = list(webdataset.WebDataset("images.tar", shardshuffle=False))
fields = [sorted(name for name in sample if not name.startswith("__")) for sample in samples]
print([sample["__key__"] for sample in samples], fields)
assert [sample["__key__"] for sample in samples] == ["sdxl-1"]
assert fields == [["0-1.json", "0-2.json"]]
rows = load_dataset("webdataset", data_files="images.tar", cache_dir="cache")["train"]
print(rows.column_names, rows.num_rows)
assert rows.num_rows == 1 and rows[0]["0-2.json"] == {"mos": 2}
PYTHON
