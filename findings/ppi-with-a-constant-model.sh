#!/usr/bin/env bash
# ppi_py's interval of a mean is NaN where the model predicts one value for every image.
#
# Guess, before it was run: the classical interval: predictions that say nothing have weight 0.
#
# Seen: ppi-python 0.2.3: ppi_mean_ci gives (nan, nan), without an error; classical_mean_ci of the same labels is
# (2.88, 3.38).
#
# Who meets it: a study's first model, a perspective in which all labels are equal, a generator whose images the
# model cannot tell apart: a leaderboard with empty bars. Fall back where the predictions have no spread.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ppi-python==0.2.3
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import ppi_py

labels = np.random.default_rng(0).normal(3, 1, 50)
low, high = ppi_py.ppi_mean_ci(labels, np.full(50, 3.0), np.full(5000, 3.0), alpha=0.05)
classical = ppi_py.classical_mean_ci(labels, alpha=0.05)
print("with a constant model", low, high, "classical", classical)
assert np.isnan(low).all() and np.isnan(high).all() and np.isfinite(classical).all()
PYTHON
