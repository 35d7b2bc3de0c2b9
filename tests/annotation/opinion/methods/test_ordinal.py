"""The ordinal model against likelihoods written out with scipy."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from annotation.opinion.methods import Subjects, Votes

from .panel import SLIDER, estimated, sparse_panel, votes

EDGES = np.array([-np.inf, 1.5, 2.5, 3.5, 4.5, np.inf])


def improbable(opinion: float, votes: Votes, subjects: Subjects) -> float:
    """Minus the logarithm of an opinion's posterior, given the votes on one image."""
    level = votes.score.astype(int) - 1
    bias, spread = subjects.bias[votes.subject], subjects.inconsistency[votes.subject]
    above = norm.cdf((EDGES[level] - opinion - bias) / spread)
    shares = norm.cdf((EDGES[level + 1] - opinion - bias) / spread) - above
    return float(-(votes.weight @ np.log(shares)) + (opinion - 3) ** 2 / (2 * 4**2))


def test_a_score_is_the_mean_vote_at_the_most_probable_opinion() -> None:
    panel = sparse_panel()
    found = estimated("ordinal", panel)
    across = np.hypot(found.common["inconsistency"], found.common["bias_sd"])
    for stimulus in np.flatnonzero(found.n):
        own = panel.kept(panel.stimulus == stimulus)
        best = minimize_scalar(
            improbable, bounds=(-2, 8), args=(own, found.subjects), options={"xatol": 1e-9}
        )
        shares = np.diff(norm.cdf((EDGES - best.x) / across))
        assert found.value[stimulus] == pytest.approx(shares @ np.arange(1, 6), abs=1e-5)


def test_all_votes_at_the_end_leave_a_score_below_it() -> None:
    stimulus, subject = (item.ravel() for item in np.indices((4, 5)))
    score = np.where(stimulus == 0, 5, 2 + (stimulus + subject) % 3)
    found = estimated("ordinal", votes(score, stimulus, subject, stimuli=4, subjects=5))
    assert 4.4 < found.value[0] < 5
    # An interval at the end is not symmetric.
    assert found.high[0] - found.value[0] < found.value[0] - found.low[0]


def test_on_a_slider_it_is_near_the_model_of_numbers() -> None:
    panel = sparse_panel(scale=SLIDER)
    one, two = estimated("ordinal", panel), estimated("subject_map", panel)
    assert np.corrcoef(one.value, two.value)[0, 1] > 0.98


def test_a_raters_shift_is_found() -> None:
    stimulus, subject = (item.ravel() for item in np.indices((60, 6)))
    generator = np.random.default_rng(3)
    opinion = generator.uniform(1.5, 4.5, 60)[stimulus] + np.array([-0.8, 0, 0, 0, 0, 0.8])[subject]
    score = np.clip(np.rint(opinion + 0.5 * generator.normal(size=subject.size)), 1, 5)
    found = estimated("ordinal", votes(score, stimulus, subject, stimuli=60, subjects=6))
    assert found.subjects.bias == pytest.approx([-0.8, 0, 0, 0, 0, 0.8], abs=0.2)
    assert found.common["inconsistency"] == pytest.approx(0.5, abs=0.1)


def test_inconsistency_is_found_from_two_votes_per_image() -> None:
    """1.0 instead of .7 was found where each image's opinion swallows most of its two votes."""
    generator = np.random.default_rng(5)
    images, raters = 2_000, 40
    stimulus = np.repeat(np.arange(images), 2)
    subject = np.argsort(generator.random((images, raters)), axis=1)[:, :2].ravel()
    noise = 0.7 * generator.normal(size=stimulus.size)
    score = np.clip(np.rint(generator.normal(3, 0.8, images)[stimulus] + noise), 1, 5)
    found = estimated("ordinal", votes(score, stimulus, subject, stimuli=images, subjects=raters))
    assert found.common["inconsistency"] == pytest.approx(0.7, abs=0.1)
