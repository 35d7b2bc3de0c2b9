#!/usr/bin/env bash
# pingouin's intraclass correlation averages what one rater said twice of one image and says nothing.
#
# Guess, before it was run: an error that a rater and an image occur twice, as its ratings must be one per cell.
#
# Seen: pingouin 0.7.0: one repeated rating is averaged into its cell; the six values are those of the table with
# the mean in its place.
#
# Who meets it: studies with repeats (retest images): their ICC rests on cells of unequal noise without a word.
# Choose the first answer, or average knowingly.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pingouin==0.7.0 pandas==3.1.1 numpy==2.2.6 scipy==1.17.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import pandas as pd
from pingouin import intraclass_corr

SCORES = [[4, 5, 4], [2, 2, 1], [3, 4, 5], [1, 2, 1], [5, 4, 4], [2, 3, 3]]
rows = [(image, rater, score) for image, row in enumerate(SCORES) for rater, score in enumerate(row)]
once = pd.DataFrame(rows, columns=["image", "rater", "score"])
# The first rater rated the first image again, with 1.
twice = pd.concat([once, pd.DataFrame([(0, 0, 1)], columns=once.columns)])
averaged = once.astype({"score": float})
averaged.loc[0, "score"] = (4 + 1) / 2


def icc(table):
    return intraclass_corr(table, "image", "rater", "score")["ICC"].round(6).tolist()


print("once", icc(once), "twice", icc(twice))
assert icc(twice) == icc(averaged) != icc(once)
PYTHON
