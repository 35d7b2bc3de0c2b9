"""The subject model with priors against least squares and sums by hand, and on hard panels."""

from dataclasses import replace

import numpy as np
import pytest

from annotation.opinion.methods import METHODS, Estimates, OpinionError, Votes
from benchmarks.opinion_coverage import off
from benchmarks.opinion_world import Floats, Panel, Population

from .panel import SLIDER, estimated, golden, sparse_panel

SPARSE = (
    Panel(300, 12, 3),
    Panel(300, 12, 3, random=1),
    Panel(300, 12, 5),
    Panel(1000, 40, 3, random=4),
    Panel(1000, 40, 5, random=4),
)
RATERS = Population(bias=0.3, inconsistency=0.6, quality=(3.1, 0.85), lapses=(0.0,))


def drawn(panel: Panel, seed: int = 0) -> tuple[Votes, Floats]:
    return panel.draw(RATERS, np.random.default_rng(seed))


def sums(panel: Votes, found: Estimates) -> tuple[Floats, Floats]:
    """Qualities and biases by a dense least squares with the inconsistencies found."""
    rows, size = np.arange(panel.score.size), panel.stimuli + panel.subjects
    design = np.zeros((rows.size + panel.subjects, size))
    design[rows, panel.stimulus] = design[rows, panel.stimuli + panel.subject] = 1
    scale = np.sqrt(panel.weight) / found.subjects.inconsistency[panel.subject]
    target = np.append(panel.score * scale, np.zeros(panel.subjects))
    design[rows] *= scale[:, None]
    # The prior: each bias is an observation of 0.
    places = np.arange(panel.subjects)
    design[rows.size + places, panel.stimuli + places] = 1 / found.common["bias_sd"]
    solved: Floats = np.asarray(np.linalg.lstsq(design, target)[0], dtype=np.float64)
    return solved[: panel.stimuli], solved[panel.stimuli :]


def test_scores_and_biases_are_those_of_least_squares() -> None:
    panel = sparse_panel()
    found = estimated("subject_map", panel)
    quality, bias = sums(panel, found)
    np.testing.assert_allclose(found.subjects.bias, bias, atol=1e-5)
    np.testing.assert_allclose(found.value, np.clip(quality, 1, 5), atol=1e-5)


def test_an_inconsistency_is_where_its_own_equation_holds() -> None:
    panel = replace(sparse_panel(), weight=np.ones(sparse_panel().score.size))
    found = estimated("subject_map", panel)
    quality, bias = sums(panel, found)
    variance = found.subjects.inconsistency**2
    known = np.bincount(panel.stimulus, 1 / variance[panel.subject], panel.stimuli)
    for rater in range(panel.subjects):
        own = panel.subject == rater
        images = panel.stimulus[own]
        squares = ((panel.score[own] - quality[images] - bias[rater]) ** 2).sum()
        error = 1 / (own.sum() / variance[rater] + 1 / found.common["bias_sd"] ** 2)
        swallowed = ((1 / known[images]).sum() + own.sum() * error) / variance[rater]
        expected = (10 * found.common["inconsistency"] ** 2 + squares) / (
            10 + own.sum() - swallowed
        )
        assert variance[rater] == pytest.approx(expected, rel=1e-3)


def test_biases_and_inconsistencies_of_raters_are_found() -> None:
    generator = np.random.default_rng(5)
    stimulus, subject = (item.ravel() for item in np.indices((300, 8)))
    bias, spread = np.array([-0.6, -0.3, 0, 0, 0, 0.1, 0.3, 0.5]), np.array([0.3] * 6 + [0.6, 1.2])
    quality = generator.uniform(30, 70, 300)
    noise = 10 * spread[subject] * generator.normal(size=subject.size)
    score = quality[stimulus] + 10 * bias[subject] + noise
    panel = Votes.of(score, stimulus, subject, scale=SLIDER, stimuli=300, subjects=8)
    found = estimated("subject_map", panel)
    np.testing.assert_allclose(found.subjects.bias, 10 * bias, atol=1.5)
    np.testing.assert_allclose(found.subjects.inconsistency, 10 * spread, rtol=0.15)
    assert found.subjects.bias.sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("panel", SPARSE, ids=str)
def test_on_sparse_panels_it_beats_the_mean_and_the_fit_without_priors(panel: Panel) -> None:
    errors: dict[str, list[float]] = {"mos": [], "p910": [], "subject_map": []}
    for seed in range(2):
        votes, quality = drawn(panel, seed)
        for name, found in errors.items():
            found.append(off(estimated(name, votes).value, quality))
    means = {name: np.mean(found) for name, found in errors.items()}
    assert means["subject_map"] < 0.97 * means["mos"]
    assert means["subject_map"] < 0.97 * means["p910"]


def test_no_rater_collapses_and_no_score_leaves_the_scale() -> None:
    votes, _ = drawn(Panel(300, 12, 3))
    plain, found = estimated("p910", votes), estimated("subject_map", votes)
    assert plain.subjects.inconsistency.min() < 1e-3
    assert found.subjects.inconsistency.min() > 0.25
    assert found.value.min() >= 1
    assert found.value.max() <= 5


@pytest.mark.parametrize("data", ["itu_demo", "nflx_public", "quality_variation_2017_agh_tv"])
def test_on_dense_sets_it_is_near_the_fit_without_priors(data: str) -> None:
    panel, expected = golden(data)
    moved = estimated("subject_map", panel).value - expected["p910_mle"]["quality_scores"]
    assert np.abs(moved).mean() < 0.04


def test_the_worth_of_the_prior_must_be_above_0() -> None:
    method = METHODS["subject_map"]
    for worth in (0, -1, float("nan"), float("inf")):
        with pytest.raises(OpinionError, match=r"prior_votes is .*, not a finite number above 0"):
            method.estimate(sparse_panel(), method.parameters(prior_votes=worth))


def test_a_rater_who_weighs_less_counts_less() -> None:
    panel = sparse_panel()
    light = replace(panel, weight=np.where(panel.subject == 3, 1e-6, 1.0))
    without = panel.kept(panel.subject != 3)
    found, expected = estimated("subject_map", light), estimated("subject_map", without)
    rated = expected.n > 0
    # Only what all raters have in common still hears of them.
    np.testing.assert_allclose(found.value[rated], expected.value[rated], atol=0.05)


def test_the_same_votes_again_change_no_score() -> None:
    panel = sparse_panel()
    again = {name: np.tile(getattr(panel, name), 2) for name in ("score", "stimulus", "subject")}
    twice = Votes.of(
        **again,
        weight=np.tile(panel.weight, 2),
        scale=panel.scale,
        stimuli=panel.stimuli,
        subjects=panel.subjects,
    )
    found, expected = estimated("subject_map", twice), estimated("subject_map", panel)
    np.testing.assert_allclose(found.value, expected.value, atol=0.05)
    assert found.n.tolist() == (2 * expected.n).tolist()
