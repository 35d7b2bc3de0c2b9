"""Generators by their means: by hand, by statsmodels 0.15.0 and ppi-python 0.2.3, and simulated."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from annotation.opinion.comparison.crossed import crossed
from annotation.opinion.comparison.errors import ComparisonError
from annotation.opinion.comparison.holm import holm
from annotation.opinion.comparison.leaderboard import Leaderboard, leaderboard
from annotation.opinion.comparison.means import GeneratorMeans, Images
from annotation.opinion.methods import ScaleLimits, Votes
from benchmarks.worlds import World, bad, good, world

ACR5 = ScaleLimits(1, 5, 9)


def _small() -> tuple[Votes, Images]:
    """Six prompts by three generators, two of five raters each."""
    cells = [(p, g, (2 * p + 3 * g + j) % 5) for p in range(6) for g in range(3) for j in range(2)]
    prompt, generator, rater = np.array(cells).T
    score = [1 + ((7 * p + 5 * g + 3 * u + p * u * g) % 9) / 2 for p, g, u in cells]
    votes = Votes.of(score, prompt * 3 + generator, rater, scale=ACR5, stimuli=18, subjects=5)
    return votes, Images.of(np.arange(18) // 3, np.arange(18) % 3)


def _all(votes: Votes) -> np.ndarray:
    return np.ones(votes.score.size, bool)


def _board(of: World, draws: int = 50, seed: int = 0) -> Leaderboard:
    return leaderboard(of.votes, of.images, _all(of.votes), draws=draws, seed=seed)


def test_the_covariance_is_that_of_two_way_clusters() -> None:
    # statsmodels 0.15.0: OLS on three indicators, cov_cluster_2groups(prompt, rater) without its
    # corrections: of both, by prompt, by rater. Here 6/5 prompts and 5/4 raters are corrected for.
    votes, images = _small()
    means = GeneratorMeans.of(votes, images, _all(votes))
    influences = means.influences()
    found = crossed(influences)
    by_prompt = [
        [0.131944444, -0.055555556, 0.020833333],
        [-0.055555556, 0.182870370, -0.010995370],
        [0.020833333, -0.010995370, 0.099537037],
    ]
    by_rater = [
        [0.059027778, 0.032407407, -0.088831019],
        [0.032407407, 0.056712963, -0.056037809],
        [-0.088831019, -0.056037809, 0.144386574],
    ]
    both = [
        [0.03125, -0.023148148, -0.077546296],
        [-0.023148148, 0.092592593, -0.067033179],
        [-0.077546296, -0.067033179, 0.154224537],
    ]
    assert means.value == pytest.approx([3, 3.1666667, 3.0833333])
    assert found.by_prompt * 5 / 6 == pytest.approx(np.array(by_prompt), abs=1e-8)
    assert found.by_rater * 4 / 5 == pytest.approx(np.array(by_rater), abs=1e-8)
    without = found.by_prompt * 5 / 6 + found.by_rater * 4 / 5 - influences.single()
    assert without == pytest.approx(np.array(both), abs=1e-8)


def test_draws_have_the_covariance_that_is_stated() -> None:
    of = world(np.random.default_rng(8))
    found = crossed(GeneratorMeans.of(of.votes, of.images, _all(of.votes)).influences())
    drawn = np.cov(found.draws(20_000, seed=1).T, ddof=0)
    assert drawn == pytest.approx(found.covariance, abs=0.03 * found.covariance.max())
    # No part of the error counts twice: less than both bootstraps, more than each half.
    both = np.diag(found.by_prompt + found.by_rater)
    assert (np.diag(found.covariance) < both).all()
    assert (np.diag(found.covariance) >= both / 2 - 1e-12).all()


def test_holms_adjustment() -> None:
    # statsmodels 0.15.0, multipletests(method="holm").
    given = np.array([0.01, 0.04, 0.03, 0.005, 0.2, 0.012])
    assert holm(given) == pytest.approx([0.05, 0.09, 0.09, 0.03, 0.2, 0.05])
    assert holm(np.empty(0)).size == 0


def test_rows_and_pairs_by_hand() -> None:
    votes, images = _small()
    found = leaderboard(votes, images, _all(votes), draws=100)
    assert [row.generator for row in found.rows] == [1, 2, 0]
    assert [row.rank for row in found.rows] == [1, 2, 3]
    best = found.rows[0]
    assert best.mean == pytest.approx(3.1666667)
    assert (best.ratings, best.images, best.prompts, best.raters) == (12, 6, 6, 5)
    assert (best.predicted, best.left_out) == (0, 0)
    assert (found.basis, found.slope) == ("sample", None)
    assert [(pair.first, pair.second) for pair in found.pairs] == [(1, 2), (1, 0), (2, 0)]
    pair = found.pairs[1]
    assert pair.difference == pytest.approx(1 / 6)
    image_means = votes.score.reshape(18, 2).mean(axis=1)
    pooled = np.sqrt((image_means[0::3].var(ddof=1) + image_means[1::3].var(ddof=1)) / 2)
    assert pair.effect_size == pytest.approx(1 / 6 / pooled)
    assert pair.low < pair.difference < pair.high
    # Differences this small are chance: every rank is possible.
    assert not any(pair.significant for pair in found.pairs)
    assert {(row.rank_low, row.rank_high) for row in found.rows} == {(1, 3)}


def test_a_clear_order_is_a_certain_one() -> None:
    random = np.random.default_rng(5)
    of = world(random, prompts=150)
    shift = np.array([-2.0, 0, 2, 4])[of.images.generator[of.votes.stimulus]]
    found = _board(replace(of, votes=replace(of.votes, score=of.votes.score + shift)))
    assert [row.generator for row in found.rows] == [3, 2, 1, 0]
    assert [(row.rank_low, row.rank_high) for row in found.rows] == [(k, k) for k in range(1, 5)]
    assert all(pair.significant for pair in found.pairs)


def test_the_mean_is_of_images_and_not_of_ratings() -> None:
    # Image 0 has scores 1 1 1 5 (mean 2), image 1 one score of 4: mean 3; weights 1 and 3 of the
    # first two votes of image 2 (1 and 5) give 4, so that generator 1 has (4 + 2)/2 = 3.
    votes = Votes.of(
        [1, 1, 1, 5, 4, 1, 5, 2], [0, 0, 0, 0, 1, 2, 2, 3], [0, 1, 2, 3, 0, 1, 2, 0],
        weight=[1, 1, 1, 1, 1, 1, 3, 1], scale=ACR5, stimuli=4, subjects=4,
    )  # fmt: skip
    found = leaderboard(votes, Images.of([0, 1, 0, 1], [0, 0, 1, 1]), _all(votes), draws=20)
    assert [row.mean for row in found.rows] == pytest.approx([3, 3])


def test_acquired_draws_are_left_out_and_said_to_be() -> None:
    votes, images = _small()
    sample = votes.stimulus < 9
    found = leaderboard(votes, images, sample, draws=20)
    assert {row.prompts for row in found.rows} == {3}
    assert {row.ratings for row in found.rows} == {6}
    assert {row.left_out for row in found.rows} == {6}
    alone = Votes.of(
        votes.score[sample], votes.stimulus[sample], votes.subject[sample],
        scale=ACR5, stimuli=18, subjects=5,
    )  # fmt: skip
    again = leaderboard(alone, images, _all(alone), draws=20)
    assert [row.mean for row in again.rows] == [row.mean for row in found.rows]


def test_acquired_draws_count_by_their_inverse_probability() -> None:
    # Good images are rated three times as often. The plain mean is too high; the weighted is not.
    random = np.random.default_rng(3)
    plain: list[float] = []
    weighted: list[float] = []
    for _ in range(15):
        of = world(random, prompts=120)
        quality = np.bincount(of.votes.stimulus, of.votes.score) / 3
        chance = np.where(quality > 3, 0.6, 0.2)
        kept = (random.random(chance.size) < chance)[of.votes.stimulus]
        votes = Votes.of(
            of.votes.score[kept], of.votes.stimulus[kept], of.votes.subject[kept],
            scale=of.votes.scale, stimuli=chance.size, subjects=20,
        )  # fmt: skip
        known = replace(of.images, inclusion=chance)
        for images, into in ((of.images, plain), (known, weighted)):
            sample = np.full(votes.score.size, images is of.images)
            found = leaderboard(votes, images, sample, draws=10)
            into.append(float(np.mean([row.mean or 0 for row in found.rows])))
        assert found.basis == "weighted"
    assert np.mean(plain) > 3.15
    assert np.mean(weighted) == pytest.approx(3, abs=0.05)


def test_intervals_cover_with_and_without_predictions() -> None:
    """1,000 worlds are in the benchmark; here the same with fewer."""
    covered: dict[str, list[bool]] = {}
    width: dict[str, list[float]] = {}
    for name, model in (("none", None), ("good", good), ("bad", bad)):
        for seed in range(60):
            random = np.random.default_rng([seed, 7])
            of = world(random, raters=40, labelled=0.3, model=model)
            found = _board(of, draws=20)
            for row in found.rows:
                assert row.low is not None
                assert row.high is not None
                covered.setdefault(name, []).append(row.low <= of.true[row.generator] <= row.high)
                width.setdefault(name, []).append(row.high - row.low)
            for pair in found.pairs:
                true = of.true[pair.first] - of.true[pair.second]
                covered.setdefault(name + " pairs", []).append(pair.low <= true <= pair.high)
    for name, hits in covered.items():
        # Means of one world share prompts and raters: as 60 to 240 independent cases.
        assert 0.905 <= np.mean(hits) <= 0.99, name
    assert np.mean(width["good"]) < 0.92 * np.mean(width["none"])
    assert np.mean(width["bad"]) < 1.02 * np.mean(width["none"])


def test_prediction_powered_means_are_those_of_ppi_python() -> None:
    # 40 images, each a prompt of its own, 12 labelled; ppi-python 0.2.3 with λ = slope · 28/40,
    # which is what this slope is with the mean of all predictions.
    predicted = np.array([((13 * i) % 17) / 4 for i in range(40)])
    label = [0.8 * predicted[i] + ((5 * i) % 7) / 3 for i in range(12)]
    votes = Votes.of(
        label, np.arange(12), np.arange(12), scale=ScaleLimits(0, 10, 101), stimuli=40, subjects=12
    )
    images = Images.of(np.arange(40), np.zeros(40, int), predicted=predicted)
    found = leaderboard(votes, images, _all(votes), draws=20)
    row = found.rows[0]
    assert found.slope == pytest.approx(0.8372634643377003)
    assert row.mean == pytest.approx(2.57093159)
    assert (row.images, row.predicted) == (12, 40)
    # Theirs divides by n, not n − 1.
    assert row.standard_error == pytest.approx(0.51427311 / 1.959964 * np.sqrt(12 / 11), rel=0.05)


def test_a_mean_stays_on_the_scale_as_its_interval_does() -> None:
    # Scores 1 and 5 where 3 and 3.1 were predicted: a slope of 40. The other images' predictions
    # are .45 above those of the twelve: 3 + 40 · .45 · 28/40 would be 15.6.
    predicted = np.array([3 + 0.1 * (i % 2) if i < 12 else 3.5 for i in range(40)])
    votes = Votes.of(
        [1 + 4 * (i % 2) for i in range(12)],
        *(np.arange(12), np.arange(12)),
        scale=ACR5,
        stimuli=40,
        subjects=12,
    )
    images = Images.of(np.arange(40), np.zeros(40, int), predicted=predicted)
    (row,) = leaderboard(votes, images, _all(votes), draws=20).rows
    assert (row.mean, row.high) == (5, 5)


def test_predictions_that_do_not_vary_change_nothing() -> None:
    votes, images = _small()
    found = leaderboard(votes, replace(images, predicted=np.full(18, 3.3)), _all(votes), draws=20)
    plain = leaderboard(votes, images, _all(votes), draws=20)
    assert found.slope == 0
    assert [row.mean for row in found.rows] == pytest.approx([row.mean for row in plain.rows])
    assert [row.standard_error for row in found.rows] == pytest.approx(
        [row.standard_error for row in plain.rows]
    )


def test_one_generator_has_a_row_and_no_pair() -> None:
    votes, _ = _small()
    found = leaderboard(votes, Images.of(np.arange(18) // 3, np.zeros(18)), _all(votes), draws=20)
    row = found.rows[0]
    assert (row.rank, row.rank_low, row.rank_high) == (1, 1, 1)
    assert row.low is not None
    assert found.pairs == ()


def test_what_is_not_known_of_a_generator_is_none() -> None:
    # Generator 1 has one prompt, generator 2 only scores of 3, generator 3 none.
    votes = Votes.of(
        [1, 2, 4, 2, 4, 5, 3, 3], [0, 0, 1, 1, 2, 2, 3, 4], [0, 1, 0, 1, 0, 1, 0, 1],
        scale=ACR5, stimuli=6, subjects=2,
    )  # fmt: skip
    images = Images.of([0, 1, 0, 0, 1, 0], [0, 0, 1, 2, 2, 3])
    found = leaderboard(votes, images, _all(votes), draws=20)
    rows = {row.generator: row for row in found.rows}
    assert [row.generator for row in found.rows] == [1, 2, 0, 3]
    assert rows[0].rank == 1
    for generator, mean in ((1, 4.5), (2, 3), (3, None)):
        assert rows[generator].mean == mean
        assert (rows[generator].standard_error, rows[generator].low) == (None, None)
        assert (rows[generator].rank, rows[generator].rank_high) == (None, None)
    assert found.pairs == ()


def test_a_seed_gives_the_same_again() -> None:
    of = world(np.random.default_rng(1))
    assert _board(of) == _board(of)
    assert _board(of) != _board(of, seed=1)


def _with(**more: Any) -> tuple[Votes, Images, Any]:
    votes, images = _small()
    given = {"prompt": images.prompt, "generator": images.generator} | more
    sample = given.pop("sample", _all(votes))
    votes = given.pop("votes", votes)
    return votes, Images.of(**given), sample


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sample": np.zeros(36, bool)}, "no rating comes from a hold-out or audit draw"),
        ({"sample": np.ones(3, bool)}, "36 votes, but sample has 3 values"),
        ({"prompt": np.zeros(18)}, "all ratings that count are of one prompt"),
        ({"generator": np.full(18, -1)}, "generator 0 is -1"),
        ({"prompt": [0, 1]}, "prompt has 2 values instead of 18"),
        ({"generator": [], "prompt": []}, "there are no images"),
        ({"generator": [0, 1], "prompt": [0, 1]}, "votes on 18 images, but 2 images"),
        ({"predicted": np.full(18, np.nan)}, "prediction 0 is nan"),
        ({"inclusion": np.zeros(18)}, "an inclusion probability lies outside"),
        (
            {"votes": replace(_small()[0], subject=np.zeros(36, np.int64))},
            "all ratings that count are of one rater",
        ),
    ],
)
def test_bad_input_is_named(more: Any, message: str) -> None:
    with pytest.raises(ComparisonError, match=message):
        leaderboard(*_with(**more))
