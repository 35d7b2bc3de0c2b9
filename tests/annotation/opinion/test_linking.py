"""The link between two scales. The numbers are those that were put in, or of `statistics`."""

import statistics

import numpy as np
import pytest

from annotation.opinion.linking import fit_link
from workbench.core.problems import Problem


def test_an_exact_relation_is_found() -> None:
    scores = np.linspace(1, 5, 12)
    link = fit_link(scores, 100 - 25 * (scores - 1))
    assert (link.offset, link.slope) == pytest.approx((125, -25))
    assert link.images == 12
    assert link.rmse == pytest.approx(0, abs=1e-9)
    assert link(np.array([3.0])) == pytest.approx([50])
    assert link.spread(np.array([0.5])) == pytest.approx([12.5])


def test_it_is_one_link_either_way_round_and_keeps_mean_and_spread() -> None:
    rng = np.random.default_rng(5)
    truth = rng.uniform(0, 1, 40)
    five = 1 + 4 * truth + rng.normal(0, 0.3, 40)
    hundred = 100 * truth**1.2 + rng.normal(0, 8, 40)
    there, back = fit_link(five, hundred), fit_link(hundred, five)
    assert there.slope * back.slope == pytest.approx(1)
    assert back(there(five)) == pytest.approx(five)
    moved = there(five).tolist()
    assert statistics.fmean(moved) == pytest.approx(statistics.fmean(hundred.tolist()))
    assert statistics.stdev(moved) == pytest.approx(statistics.stdev(hundred.tolist()))


@pytest.mark.parametrize(
    ("scores", "others", "message"),
    [
        (np.arange(9.0), np.arange(9.0), "have 9 images in common; a link needs 10"),
        (np.ones(12), np.arange(12.0), "the 12 common images do not go together"),
    ],
)
def test_what_tells_no_link_is_named(scores: np.ndarray, others: np.ndarray, message: str) -> None:
    with pytest.raises(Problem, match=message):
        fit_link(scores, others)
