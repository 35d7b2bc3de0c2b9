#!/usr/bin/env bash
# scikit-learn's quadratic kappa weighs by the position of a level among those that occur, not by its value.
#
# Guess, before it was run: weights by the distance of the values: 1 and 5 are four apart, 2 and 5 three.
#
# Seen: scikit-learn 1.9.1: levels 1, 2, 5 are taken as 0, 1, 2; .5 instead of .490 with all five levels named.
# The same ratings give another kappa as soon as one more image gets a 3.
#
# Who meets it: whoever reports agreement on five-level scales of which the extremes and one more were used. Name
# the levels: labels=[1, 2, 3, 4, 5].
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.2.6 scipy==1.17.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
from sklearn.metrics import cohen_kappa_score

one, other = [1, 1, 2, 5, 5, 2, 5, 1], [1, 2, 2, 5, 1, 5, 5, 1]
by_position = cohen_kappa_score(one, other, weights="quadratic")
by_value = cohen_kappa_score(one, other, weights="quadratic", labels=[1, 2, 3, 4, 5])
print(f"levels that occur: {by_position:.4f}; all five: {by_value:.4f}")
recoded = {1: 0, 2: 1, 5: 2}
same = cohen_kappa_score([recoded[x] for x in one], [recoded[x] for x in other], weights="quadratic")
assert abs(by_position - 0.5) < 1e-12 and abs(by_position - same) < 1e-12
assert abs(by_value - 25 / 51) < 1e-12
PYTHON
