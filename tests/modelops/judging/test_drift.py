"""Drift of made-up scores and embeddings whose truth is known."""

import numpy as np
import pytest
from scipy import stats

from modelops.judging.drift import FEWEST, find_drift
from modelops.judging.errors import JudgingError

RANDOM = np.random.default_rng(5)
LEARNT = RANDOM.normal(0.5, 0.1, 300)
LOOKS = RANDOM.normal(0, 1, (300, 6))


def test_images_of_the_same_kind_do_not_drift() -> None:
    """In thirty draws of the same world no verdict says otherwise."""
    found = [
        find_drift(
            {"a": LEARNT},
            {"a": random.normal(0.5, 0.1, 200)},
            LOOKS,
            random.normal(0, 1, (200, 6)),
        )
        for random in map(np.random.default_rng, range(30))
    ]
    assert [it.drifts for it in found] == [False] * 30


def test_scores_that_are_lower_are_named_with_scipy_s_distance() -> None:
    lower = LEARNT[:200] - 0.1
    found = find_drift({"a": LEARNT, "b": LEARNT}, {"a": lower, "b": LEARNT[:200]})
    first, second = found.scores
    assert first.distance == pytest.approx(stats.ks_2samp(LEARNT, lower).statistic)
    assert (first.drifts, second.drifts, found.drifts, found.images) == (True, False, True, None)


def test_images_like_nothing_learnt_are_found_by_their_place() -> None:
    new = LOOKS[:100].copy()
    new[[7, 30, 31, 60, 61, 62, 63, 64]] += 50
    new[7] += 10
    found = find_drift({"a": LEARNT}, {"a": LEARNT[:100]}, LOOKS, new).images
    assert found is not None
    assert found.share == 0.08
    assert found.drifts
    assert found.strange[0] == 7
    assert sorted(found.strange) == [7, 30, 31, 60, 61, 62, 63, 64]


def test_many_images_that_hardly_differ_do_not_matter() -> None:
    many = np.random.default_rng(1).normal(0.5, 0.1, 50_000)
    found = find_drift({"a": many}, {"a": many + 0.005})
    assert found.scores[0].p_value < 1e-6
    assert not found.drifts


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_a_few_images_say_nothing(count: int) -> None:
    found = find_drift({"a": LEARNT}, {"a": LEARNT[:count]})
    assert (found.enough, found.drifts, found.scores, found.new) == (False, False, (), count)


def test_an_embedding_that_is_no_number_is_named() -> None:
    broken = LOOKS.copy()
    broken[9, 2] = np.nan
    with pytest.raises(JudgingError, match="embedding 9 is not a finite number"):
        find_drift({"a": LEARNT}, {"a": LEARNT}, LOOKS, broken)
