#!/usr/bin/env bash
# scipy writes a list of names to a .mat file as a table of characters: shorter names come back with blanks at
# their end.
#
# Guess, before it was run: the strings that were saved.
#
# Seen: scipy 1.17.1: 'a.png' and 'abc.png' come back as 'a.png  ' and 'abc.png'; an object array keeps them.
#
# Who meets it: label files of this field are .mat with image names: the names of the shorter ones match no file.
# Save dtype=object, and strip when reading.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.2.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import numpy
from scipy.io import loadmat, savemat

names = ["a.png", "abc.png"]
savemat("names.mat", {"padded": numpy.array(names), "kept": numpy.array(names, dtype=object)})
read = loadmat("names.mat")
padded = read["padded"].tolist()
kept = [str(cell[0]) for cell in read["kept"].ravel()]
print(padded, kept)
assert padded == ["a.png  ", "abc.png"] and kept == names
PYTHON
