#!/usr/bin/env bash
# irrCAC's Krippendorff's alpha with ordinal weights is not Krippendorff's ordinal alpha.
#
# Guess, before it was run: .815, the published value of the 4 x 12 example.
#
# Seen: irrCAC 0.4.4: .83364, by Gwet's ordinal weights; its nominal (.74342) and quadratic (.84911) values are
# Krippendorff's. The package krippendorff 0.9.0 gives the published .815388.
#
# Who meets it: whoever checks an ordinal alpha with a second package, or compares papers.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check irrCAC==0.4.4 krippendorff==0.9.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC

NONE = np.nan
# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C.
RATINGS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
)
units = pd.DataFrame(RATINGS.T)
gwet = {w: CAC(units, weights=w).krippendorff()["est"]["coefficient_value"] for w in ("identity", "ordinal", "quadratic")}
ordinal = krippendorff.alpha(reliability_data=RATINGS, level_of_measurement="ordinal")
print(gwet, f"krippendorff: {ordinal:.6f}")
assert gwet == {"identity": 0.74342, "ordinal": 0.83364, "quadratic": 0.84911}
assert abs(ordinal - 0.815388) < 1e-6
PYTHON
