"""Learning curves: laws by hand and by scipy, and worlds whose curve goes on."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from annotation.opinion.comparison.measures import srcc
from benchmarks.learning_worlds import SIMULATED
from modelops.judging.learning_curve import FEWEST, HeldOut, Laws, Learnt, fit, learning_curve
from modelops.learning.bayes import fit_last_layer
from modelops.learning.labels import Labels

RATINGS = np.array([25.0, 50, 100, 200, 400])


def law(ratings: NDArray[np.float64], limit: float, half: float) -> NDArray[np.float64]:
    found: NDArray[np.float64] = limit * np.sqrt(ratings / (ratings + half))
    return found


class Study:
    """A simulated world of 40 features: pool images rated once in a random order, and the
    hold-out by five raters."""

    def __init__(self, world: str, seed: int, images: int = 900) -> None:
        made = SIMULATED[world](images, 40, seed)
        rng = np.random.default_rng(seed)
        self.pool = rng.permutation(np.flatnonzero(~made.held_out))
        self.looks, self.rated = made.looks[self.pool], made.rate(self.pool, rng)
        held = np.flatnonzero(made.held_out)
        mos = np.mean([made.rate(held, rng) for _ in range(5)], axis=0)[:, None]
        self.held_out = HeldOut(made.looks[held], mos, held // 4)

    def learnt(self, images: int, *, noise: float = 0.0) -> Learnt:
        more = noise * np.random.default_rng(0).normal(size=images)
        mos = np.clip(self.rated[:images] + more, 0, 1)[:, None]
        labels = Labels(mos, np.ones_like(mos), np.full_like(mos, np.nan))
        return Learnt(self.looks[:images], labels, np.arange(1, images + 1))


@pytest.fixture(scope="module")
def even() -> Study:
    return Study("even", 1)


def test_a_law_is_found_again() -> None:
    found = fit(RATINGS, np.stack([law(RATINGS, 0.8, 50), law(RATINGS, 0.6, 200)]))
    np.testing.assert_allclose(found.limit, [0.8, 0.6], rtol=0.01)
    # h is one of a grid whose steps are 6 %.
    np.testing.assert_allclose(found.half, [50, 200], rtol=0.04)


def test_it_is_the_law_of_weighted_least_squares_as_scipy_finds_it() -> None:
    values = law(RATINGS, 0.75, 90) + np.array([0.02, -0.03, 0.01, 0.01, -0.005])
    known, _ = curve_fit(law, RATINGS, values, p0=(0.7, 50), sigma=1 / np.sqrt(RATINGS))
    found = fit(RATINGS, values[None])
    assert found.limit[0] == pytest.approx(known[0], rel=0.01)
    assert found.at(600)[0] == pytest.approx(law(np.array([600.0]), *known)[0], abs=2e-3)


def test_how_many_ratings_reach_a_correlation_is_the_law_turned_round() -> None:
    laws = Laws(np.array([0.8, 0.8, 0.8]), np.array([100.0, 100, 0.5]))
    # .8·√(r/(r + 100)) = .4 where r/(r + 100) = 1/4; .8 itself is never reached.
    needed = laws.ratings_for(np.array([0.4, 0.8, -0.1]))
    np.testing.assert_allclose(needed, [100 / 3, np.inf, 0])


def test_no_correlation_above_one_is_expected() -> None:
    found = fit(RATINGS, np.array([[0.3, 0.5, 0.8, 0.97, 0.99]]))
    assert found.limit[0] == 1
    assert found.at(1e9)[0] <= 1


def test_a_short_curve_promises_no_more_than_a_longer_one(even: Study) -> None:
    longer = learning_curve(even.learnt(400), even.held_out)
    alone = learning_curve(even.learnt(60), even.held_out)
    short = learning_curve(even.learnt(60), even.held_out, longer)
    assert short.steps == alone.steps
    assert longer.fitted is not None
    assert short.fitted is not None
    assert short.fitted.limit[0] <= longer.fitted.limit[0]
    assert short.drawn is not None
    assert longer.drawn is not None
    assert (short.drawn.limit <= longer.drawn.limit).all()


def test_each_step_is_a_last_layer_of_the_first_images(even: Study) -> None:
    learnt, held_out = even.learnt(160), even.held_out
    curve = learning_curve(learnt, held_out)
    assert [step.images for step in curve.steps] == [20, 27, 36, 49, 66, 88, 119, 160]
    assert [step.ratings for step in curve.steps] == [step.images for step in curve.steps]
    layer = fit_last_layer(learnt.embeddings[:36], learnt.labels.take(np.arange(36)))
    wanted = srcc(layer.predict(held_out.embeddings).mean[:, 0], held_out.mos[:, 0])
    found = curve.steps[2].srcc
    assert found.value == wanted
    assert found.low is not None
    assert found.low < found.value


def test_what_more_ratings_lead_to_is_within_the_interval_that_was_told() -> None:
    held = []
    for world in SIMULATED:
        for seed in range(3):
            study = Study(world, seed)
            now = learning_curve(study.learnt(250), study.held_out)
            later = learning_curve(study.learnt(450), study.held_out).steps[-1]
            told = now.expected(later.ratings)
            assert told is not None
            assert told.low is not None
            assert told.high is not None
            assert told.high - told.low < 0.35
            held.append(told.low <= later.srcc.value <= told.high)
    assert sum(held) >= 8, held


def test_ratings_that_teach_less_are_needed_in_greater_number(even: Study) -> None:
    good = learning_curve(even.learnt(120), even.held_out)
    poor = learning_curve(even.learnt(400, noise=0.5), even.held_out)
    needed, itself = poor.ratings_to_match(good), good.ratings_to_match(good)
    assert needed is not None
    assert itself is not None
    assert itself.value == pytest.approx(120, rel=0.4)
    assert needed.value > 2 * itself.value
    assert needed.low is not None
    assert needed.low > 120


def test_nothing_is_said_of_too_few_images_or_prompts(even: Study) -> None:
    held_out = even.held_out
    few = learning_curve(even.learnt(FEWEST - 1), held_out)
    small = HeldOut(held_out.embeddings[:19], held_out.mos[:19], held_out.prompt[:19])
    for curve in (few, learning_curve(even.learnt(100), small)):
        assert curve.steps == ()
        assert curve.expected(300) is None
        assert curve.ratings_to_match(curve) is None
    short = learning_curve(even.learnt(22), held_out)
    assert len(short.steps) == 3
    assert short.expected(300) is None
    one_prompt = HeldOut(held_out.embeddings, held_out.mos, np.zeros_like(held_out.prompt))
    told = learning_curve(even.learnt(100), one_prompt).expected(300)
    assert told is not None
    assert told.low is None


def test_a_curve_begins_when_all_perspectives_have_a_label(even: Study) -> None:
    learnt, held_out = even.learnt(100), even.held_out
    labels = Labels(
        *(
            np.hstack([it, it])
            for it in (learnt.labels.mos, learnt.labels.ratings, learnt.labels.sd)
        )
    )
    labels.mos[:30, 1] = np.nan
    twice = HeldOut(held_out.embeddings, np.hstack([held_out.mos] * 2), held_out.prompt)
    curve = learning_curve(Learnt(learnt.embeddings, labels, learnt.ratings), twice)
    assert curve.steps[0].images > 30
