#!/usr/bin/env bash
# statsmodels' aggregate_raters makes a category of its own of the ratings that are missing, so Fleiss' kappa
# reports agreement about not having rated.
#
# Guess, before it was run: missing ratings are left out, or refused.
#
# Seen: statsmodels 0.15.0: three images, NaN where a rater did not rate: nan is the fourth category, and
# fleiss_kappa takes the table as complete.
#
# Who meets it: every study in which raters see a share of the images. Use Krippendorff's alpha, which is made for
# it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0 numpy==2.2.6 scipy==1.17.1 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

# Rows are images, columns raters: whoever rated an image agrees with the others wholly.
ratings = np.array([[1, 1, np.nan], [2, 2, np.nan], [3, 3, np.nan]])
table, categories = aggregate_raters(ratings)
kappa = fleiss_kappa(table)
print("categories", categories, "counts", table.tolist(), f"kappa {kappa:.3f}")
assert np.isnan(categories[-1]) and table[:, -1].tolist() == [1, 1, 1]
assert kappa < 0.3, "two of two agree everywhere: it should be 1"
PYTHON
