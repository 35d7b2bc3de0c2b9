"""Intervals against a search over the scale, and against truth on simulated panels."""

import numpy as np
import pytest

from annotation.opinion.methods.intervals import (
    bounded_interval,
    fit_scatter,
    panel_variance,
    quantile_975,
)
from benchmarks.opinion_coverage import POPULATIONS, covered, estimates
from benchmarks.opinion_world import Panel, Population

from .panel import estimated, votes
from .test_mos import mos


@pytest.mark.parametrize("value", [1.0, 1.2, 3.0, 4.9, 5.0])
@pytest.mark.parametrize(("constant", "sos"), [(0.3, 0.0), (0.0, 0.2), (0.1, 0.4)])
def test_an_interval_is_every_score_that_the_value_is_near_to(
    value: float, constant: float, sos: float
) -> None:
    scores = np.linspace(1, 5, 400_001)
    near = (value - scores) ** 2 <= constant + sos * (scores - 1) * (5 - scores)
    parts = (np.array([value]), np.array([constant]), np.array([sos]))
    low, high = bounded_interval(*parts, (1, 5))
    assert low[0] == pytest.approx(scores[near].min(), abs=2e-5)
    assert high[0] == pytest.approx(scores[near].max(), abs=2e-5)


def test_a_value_outside_the_scale_has_the_interval_of_the_end() -> None:
    one, two = (
        bounded_interval(np.array([value]), np.array([0.3]), np.array([0.1]), (1, 5))
        for value in (5.0, 5.4)
    )
    assert one == two


def test_the_scatter_of_votes_is_found() -> None:
    generator = np.random.default_rng(1)
    mean, degrees = generator.uniform(1, 5, 20_000), np.full(20_000, 9.0)
    truth = 0.2 + 0.1 * (mean - 1) * (5 - mean)
    # The mean of ten votes is itself off by a tenth of the variance.
    seen = np.clip(mean + np.sqrt(truth / 10) * generator.normal(size=mean.size), 1, 5)
    variance = truth * generator.chisquare(9, mean.size) / 9
    found = fit_scatter(seen, variance, degrees, (1, 5))
    assert found.at(np.array([1.0, 3.0])) == pytest.approx([0.2, 0.6], rel=0.12)


def test_without_evidence_votes_scatter_evenly_over_the_scale() -> None:
    nothing = np.array([])
    found = fit_scatter(nothing, nothing, nothing, (0, 12))
    # Even from 0 to 12: variance 12²/12.
    assert found.at(np.array([6.0, 0.0])) == pytest.approx([12, 0])


def test_student_from_fifteen_votes() -> None:
    # t(0.975, 34) = 2.03224 and t(0.975, 119) = 1.98010, from a table.
    quantiles = quantile_975(np.array([1, 14, 15, 100]))
    assert quantiles == pytest.approx([1.95996, 1.95996, 2.03224, 1.98010], abs=1e-5)


def test_more_votes_make_an_interval_narrower_and_equal_votes_leave_a_width() -> None:
    numbers = [1, 2, 3, 5, 8, 14, 15, 40, 1000]
    groups = np.repeat(range(len(numbers)), numbers)
    found = mos(np.full(groups.size, 4), groups, len(numbers))
    widths = found.high - found.low
    assert (np.diff(widths) < 0).all()
    assert widths[-1] > 0


def test_a_raters_second_vote_brings_in_nobody_new() -> None:
    once = votes([2, 4, 3, 5], [0, 0, 1, 1], [0, 1, 0, 1], stimuli=2, subjects=2)
    twice = votes([2, 4] * 2 + [3, 5] * 2, [0] * 4 + [1] * 4, [0, 1] * 4, stimuli=2, subjects=2)
    widths = [
        (found.high - found.low)[0] for found in (estimated("mos", once), estimated("mos", twice))
    ]
    assert widths[1] > 0.8 * widths[0]


def test_the_variance_of_a_panels_bias_by_hand() -> None:
    # Biases 1, 0, −1: variance 1; their noise is 2²/8 = 0.5 each: (1 − 0.5) / 3. Nobody else votes.
    bias, spread = np.array([1, 0, -1, np.nan]), np.array([2, 2, 2, np.nan])
    assert panel_variance(bias, spread, np.array([8, 8, 8, 0])) == pytest.approx(0.5 / 3)
    assert panel_variance(bias[:1], spread[:1], np.array([8])) == 0


@pytest.mark.parametrize("each", [2, 3, 5, 8, 15])
@pytest.mark.parametrize("method", ["mos", "subject_map", "ordinal"])
def test_intervals_cover_what_the_population_would_vote(method: str, each: int) -> None:
    """Raters with biases, inconsistencies and lapses; see `benchmarks.opinion_world`."""
    shares = []
    for name in ("usual", "biased, with lapses"):
        population: Population = POPULATIONS[name]
        for seed in range(10):
            found, quality = estimates(method, Panel(100, 40, each), population, seed)
            shares.append(covered(found, population.true_scores(quality)))
    assert 0.92 <= np.mean(shares) <= 0.97
