"""Certificates by hand, and in small simulated panels."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from annotation.opinion.methods.base import ScaleLimits, Votes
from benchmarks.certificate_world import PanelWorld
from modelops.judging.certificate import Certificate, Lack, certify
from modelops.judging.errors import JudgingError

SCALE = ScaleLimits(0, 100, 101)
IMAGES = 40
TRUTH = np.linspace(20, 80, IMAGES)
PROMPT = np.arange(IMAGES) // 2
SIGNS = np.where(np.arange(IMAGES) % 2, 1.0, -1.0)


def dense(scores: Any) -> Votes:
    """(S, U) scores, everyone's of every image."""
    table = np.asarray(scores, dtype=np.float64)
    image, rater = (it.reshape(-1) for it in np.indices(table.shape))
    images, raters = table.shape
    return Votes.of(table.reshape(-1), image, rater, scale=SCALE, stimuli=images, subjects=raters)


def panel(off: float = 4.0) -> Votes:
    """Three raters: one on the truth, one above and one below it by turns."""
    return dense(np.stack([TRUTH, TRUTH + off * SIGNS, TRUTH - off * SIGNS], axis=1))


def test_a_model_on_the_truth_beats_whoever_is_not() -> None:
    """The others of the first rater are the truth on average, so model and rater are equally
    close: no advantage either way, surely below the margin. The model is 2 from the mean of the
    others of each other rater, who is 6 from it."""
    found = certify(panel(), TRUTH, PROMPT)
    assert [test.advantage for test in found.raters] == [0, -1, -1]
    assert [test.images for test in found.raters] == [40, 40, 40]
    assert (found.winning_rate, found.granted, found.lacks) == (1, True, ())


def test_a_model_that_is_farther_off_than_everyone_is_not_close() -> None:
    found = certify(panel(), TRUTH + 9, PROMPT)
    first = found.raters[0]
    assert (first.advantage, first.beaten) == (1, False)
    far = certify(panel(), TRUTH + 30 * np.roll(SIGNS, 1), PROMPT)
    assert (far.winning_rate, far.granted) == (0, False)
    assert Lack.NOT_CLOSE in far.lacks


def test_the_mean_score_is_no_model() -> None:
    """Raters are so noisy that the middle is closer to the others than each rater is."""
    random = np.random.default_rng(1)
    noisy = np.clip(50 + random.normal(0, 20, (200, 4)), 0, 100)
    found = certify(dense(noisy), np.full(200, 50.0), np.arange(200))
    assert found.winning_rate == 1
    assert found.lacks == (Lack.NO_BETTER_THAN_MEAN,)


def test_the_p_value_is_that_of_scipy_on_single_images() -> None:
    """With a prompt for each image it is the plain one-sided t-test."""
    random = np.random.default_rng(3)
    scores = np.clip(TRUTH[:, None] + random.normal(0, 8, (IMAGES, 3)), 0, 100)
    model = TRUTH + random.normal(0, 8, IMAGES)
    found = certify(dense(scores), model, np.arange(IMAGES))
    ps = []
    for rater, test in enumerate(found.raters):
        others = np.delete(scores, rater, axis=1).mean(axis=1)
        ahead = np.sign(np.abs(model - others) - np.abs(scores[:, rater] - others))
        expected = stats.ttest_1samp(ahead, 0.1, alternative="less").pvalue
        assert test.p_value == pytest.approx(expected)
        ps.append(expected)
    rejected = stats.false_discovery_control(ps, method="by") <= 0.05
    assert [test.beaten for test in found.raters] == rejected.tolist()


def test_the_error_that_remains_is_free_of_the_raters_noise() -> None:
    """Labels are the truth; three raters 0, +4 and −4 off have a variance of 16 each, so the
    label's is 16/3 by their spread. The model is 5 off: √(25 − 16/3)."""
    found = certify(panel(), TRUTH + 5 * SIGNS, PROMPT).error
    assert found is not None
    assert found.rmse.value == pytest.approx(np.sqrt(25 - 16 / 3))
    assert found.worth == pytest.approx(16 / (25 - 16 / 3))
    none_left = certify(panel(), TRUTH, PROMPT).error
    assert none_left is not None
    assert (none_left.rmse.value, none_left.worth) == (0, None)


@pytest.mark.parametrize(
    ("votes", "prompt"),
    [
        (dense(TRUTH[:, None]), PROMPT),
        (dense(np.stack([TRUTH, TRUTH + 3], 1)), PROMPT),
        (dense(np.stack([TRUTH[:29]] * 3, 1)), PROMPT[:29]),
        (dense(np.stack([TRUTH[:5]] * 3, 1)), PROMPT[:5]),
        (panel(), PROMPT % 3),
        (dense(np.empty((0, 3))), PROMPT[:0]),
    ],
    ids=["one rater", "two raters", "29 images", "five images", "three prompts", "nothing"],
)
def test_too_little_to_tell_is_no_certificate(votes: Votes, prompt: Any) -> None:
    found = certify(votes, TRUTH[: votes.stimuli], prompt)
    assert (found.lacks, found.granted) == ((Lack.FEW_RATERS,), False)


def test_one_rater_leaves_the_error_unknown() -> None:
    assert certify(dense(TRUTH[:, None]), TRUTH, PROMPT).error is None


def test_equal_scores_are_no_proof() -> None:
    """All labels equal: the model that says so, too, is as close, and knows nothing."""
    same = np.full(IMAGES, 50.0)
    found = certify(dense(np.stack([same] * 3, 1)), same, PROMPT)
    assert found.lacks == (Lack.NO_BETTER_THAN_MEAN,)


def test_images_that_the_model_was_not_asked_about_do_not_count() -> None:
    expected = TRUTH.copy()
    expected[:5] = np.nan
    found = certify(panel(), expected, PROMPT)
    assert found.images == 35
    assert {test.images for test in found.raters} == {35}


@pytest.mark.parametrize(("expected", "prompt"), [(TRUTH[:3], PROMPT), (TRUTH, PROMPT[:3])])
def test_arrays_of_another_length_are_named(expected: Any, prompt: Any) -> None:
    with pytest.raises(JudgingError, match="has 3 values; the votes are of 40 images"):
        certify(panel(), expected, prompt)


def granted(world: PanelWorld, seeds: int) -> list[Certificate]:
    found = [world.certificate(np.random.default_rng(seed)) for seed in range(seeds)]
    return [item for item in found if item.granted]


def test_a_model_at_the_margin_is_rarely_certified() -> None:
    """Forty seeded panels of the kind that the benchmark counts by the hundred."""
    world = PanelWorld(images=150, model_error=0.26)
    assert world.advantage(4_000) > 0.1
    assert len(granted(world, 40)) <= 2


def test_a_good_model_is_certified() -> None:
    world = PanelWorld(images=300, model_error=0.05)
    assert world.advantage(4_000) < 0
    assert len(granted(world, 10)) >= 9
