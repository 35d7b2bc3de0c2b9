#!/usr/bin/env bash
# torchmetrics' Spearman correlation takes a missing label for the largest one and says nothing; its Pearson
# correlation is NaN for the same input.
#
# Guess, before it was run: NaN for the perspective with the missing label, as Pearson and as scipy.
#
# Seen: torchmetrics 1.9.0 with torch 2.13.0: for twenty images with one missing label Spearman is finite and far
# off, Kendall is finite, too; scipy 1.17.1 says nan.
#
# Who meets it: whoever validates on images that not every perspective has labels for: SRCC is lowered or raised
# by images that nobody rated. Mask before the metric.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 torchmetrics==1.9.0 scipy==1.17.1 numpy==2.2.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import math

import torch
from scipy.stats import spearmanr
from torchmetrics import KendallRankCorrCoef, PearsonCorrCoef, SpearmanCorrCoef

predicted = torch.arange(20.0)
labels = predicted.clone()
labels[0] = math.nan
spearman, kendall, pearson = (
    float(metric()(predicted, labels))
    for metric in (SpearmanCorrCoef, KendallRankCorrCoef, PearsonCorrCoef)
)
by_scipy = float(spearmanr(predicted, labels).statistic)
print(f"Spearman {spearman:.4f}, Kendall {kendall:.4f}, Pearson {pearson}, scipy's Spearman {by_scipy}")
assert math.isnan(pearson) and math.isnan(by_scipy)
# All other images are in perfect order: the missing label was ranked as the largest.
assert abs(spearman - float(spearmanr(predicted, [20, *range(1, 20)]).statistic)) < 1e-3
assert math.isfinite(kendall) and kendall < 1
PYTHON
