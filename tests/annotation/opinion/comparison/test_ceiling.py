"""What a perfect predictor would reach: by hand, and against one that knows the truth."""

import numpy as np
import pytest
from scipy import stats

from annotation.opinion.comparison.ceiling import noise_ceiling
from annotation.opinion.comparison.errors import ComparisonError
from annotation.opinion.methods import ScaleLimits, Votes


def _votes(table: np.ndarray) -> Votes:
    """table: (S, U), NaN where there is no vote."""
    stimulus, subject = np.nonzero(np.isfinite(table))
    limits = ScaleLimits(1, 5, 5)
    return Votes.of(
        table[stimulus, subject], stimulus, subject,
        scale=limits, stimuli=table.shape[0], subjects=table.shape[1],
    )  # fmt: skip


def test_two_raters_by_hand() -> None:
    # Halves are the two raters. Products of deviations are 4 × .75, so their covariance is .75;
    # means 1.5 1.5 3.5 3.5 have variance 1; each rater's variance is 1.25.
    found = noise_ceiling(_votes(np.array([[1, 2], [2, 1], [3, 4], [4, 3.0]])), draws=20)
    assert found.plcc is not None
    assert found.plcc.value == pytest.approx(np.sqrt(0.75))
    assert found.srcc is not None
    assert found.srcc.value == pytest.approx(6 / np.pi * np.arcsin(np.sqrt(0.75) / 2))
    assert found.between_halves is not None
    assert found.between_halves.value == pytest.approx(0.6)
    assert (found.images, found.compared) == (4, 4)


def test_raters_who_agree_leave_nothing_to_miss() -> None:
    found = noise_ceiling(_votes(np.array([[1, 1, 1], [2, 2, 2], [5, 5, 5.0]])), draws=20)
    assert found.plcc is not None
    assert found.plcc.value == pytest.approx(1)


def test_raters_who_disagree_leave_no_ceiling() -> None:
    found = noise_ceiling(_votes(np.array([[1, 5], [3, 3], [5, 1.0]])), draws=20)
    assert (found.plcc, found.srcc) == (None, None)


@pytest.mark.parametrize("per_image", [2, 3, 8])
def test_it_is_what_the_truth_itself_reaches(per_image: int) -> None:
    random = np.random.default_rng(per_image)
    reached, found = [], []
    for seed in range(6):
        true = 1 + 4 * random.beta(2, 2, 800)
        table = np.full((800, 30), np.nan)
        bias = random.normal(0, 0.3, 30)
        for image, row in enumerate(table):
            chosen = random.choice(30, per_image, replace=False)
            said = true[image] + bias[chosen] + random.normal(0, 0.7, per_image)
            row[chosen] = np.clip(np.rint(said), 1, 5)
        label = np.nanmean(table, axis=1)
        ceiling = noise_ceiling(_votes(table), draws=10, splits=20, seed=seed)
        assert ceiling.plcc is not None
        assert ceiling.srcc is not None
        reached.append(
            (stats.pearsonr(true, label).statistic, stats.spearmanr(true, label).statistic)
        )
        found.append((ceiling.plcc.value, ceiling.srcc.value))
    assert np.mean(found, axis=0) == pytest.approx(np.mean(reached, axis=0), abs=0.015)


def test_prompts_widen_the_interval() -> None:
    random = np.random.default_rng(3)
    true = np.repeat(random.normal(3, 0.5, 40), 5)
    # Some prompts are much harder to judge.
    spread = np.repeat(random.choice([0.1, 1.2], 40), 5)
    votes = _votes(np.clip(true[:, None] + spread[:, None] * random.normal(size=(200, 6)), 1, 5))
    intervals = (noise_ceiling(votes, prompt=p).plcc for p in (np.arange(200) // 5, None))
    by_prompt, by_image = (
        item.high - item.low
        for item in intervals
        if item is not None and item.low is not None and item.high is not None
    )
    assert by_prompt > 1.2 * by_image


@pytest.mark.parametrize(
    "table",
    [
        np.array([[1.0], [2], [3], [4]]),
        np.array([[1, np.nan], [np.nan, 2], [3, 4], [5, 4]]),
        np.empty((0, 2)),
    ],
)
def test_without_three_images_that_two_rated_there_is_none(table: np.ndarray) -> None:
    with pytest.raises(ComparisonError, match="a noise ceiling needs three"):
        noise_ceiling(_votes(table))
