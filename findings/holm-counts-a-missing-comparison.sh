#!/usr/bin/env bash
# statsmodels' Holm correction counts a comparison that could not be made as one more test, and its Benjamini-
# Hochberg correction then answers NaN for all.
#
# Guess, before it was run: NaN stays NaN and the others are corrected among themselves.
#
# Seen: statsmodels 0.15.0: of .01, .02, NaN, .5 the corrected values are .04, .06, nan, 1; without the NaN .03,
# .04, .5, so the second is significant only if the missing one is left out. fdr_bh: all NaN.
#
# Who meets it: whoever compares generators pair by pair where two of them share no prompt. Drop missing
# comparisons first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0 numpy==2.2.6 scipy==1.17.1 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
from statsmodels.stats.multitest import multipletests

pairs = [0.01, 0.02, np.nan, 0.5]
made = [0.01, 0.02, 0.5]
with_missing, without = multipletests(pairs, method="holm"), multipletests(made, method="holm")
print("Holm with the missing pair", with_missing[1], "without", without[1])
np.testing.assert_allclose(with_missing[1], [0.04, 0.06, np.nan, 1])
np.testing.assert_allclose(without[1], [0.03, 0.04, 0.5])
assert list(with_missing[0][:2]) == [True, False] and list(without[0][:2]) == [True, True]
assert np.isnan(multipletests(pairs, method="fdr_bh")[1]).all()
PYTHON
