"""Drift within sessions and halo between perspectives, on panels whose truth is known."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from annotation.opinion.agreement.base import AgreementError
from annotation.opinion.agreement.drift import drift
from annotation.opinion.agreement.halo import halo
from annotation.opinion.methods import Votes
from tests.annotation.opinion.methods.panel import votes

from .panels import simulated, table


def _positions(session: Any) -> Any:
    """Each vote's place in its session, from 0."""
    place = np.empty(session.size)
    for name in np.unique(session):
        place[session == name] = np.arange((session == name).sum())
    return place


def _drifting(seed: int, *, per_hundred: float = 0, first: float = 0) -> tuple[Votes, Any]:
    panel = simulated(seed, stimuli=100, subjects=25)
    place = _positions(panel.subject)
    score = panel.score + per_hundred * place / 100 + first * (place == 0)
    return dataclasses.replace(panel, score=score), place


def test_a_drift_is_found_and_covered() -> None:
    covered, values = 0, []
    for seed in range(12):
        panel, place = _drifting(seed, per_hundred=30)
        found = drift(panel, panel.subject, place).score
        assert found.low is not None
        assert found.high is not None
        covered += found.low < 30 < found.high
        values.append(found.value)
    assert np.mean(values) == pytest.approx(30, abs=5)
    assert covered >= 10
    assert found.meaning == "scores rise during a session"


def test_a_first_image_is_told_from_the_drift() -> None:
    found = []
    for seed in range(12):
        panel, place = _drifting(seed, per_hundred=60, first=-8)
        item = drift(panel, panel.subject, place).first
        assert item is not None
        found.append(item.value)
    assert np.mean(found) == pytest.approx(-8, abs=1.5)


def test_the_pace_is_the_change_of_the_logarithm_of_seconds() -> None:
    panel, place = _drifting(1)
    noise = np.random.default_rng(0).normal(0, 0.1, place.size)
    seconds = np.exp(2 - 0.5 * place / 100 + noise)
    seconds[3] = np.nan
    found = drift(panel, panel.subject, place, seconds).pace
    assert found is not None
    assert found.value == pytest.approx(-0.5, abs=0.15)
    assert found.n == place.size - 1
    assert found.meaning == "raters become faster during a session"


def test_three_sessions_by_hand() -> None:
    # Images 0, 1 in turned orders; each session's second score is 1 higher, images do not differ.
    panel = votes([3, 4, 3, 4, 3, 4], [0, 1, 1, 0, 0, 1], [0, 0, 1, 1, 2, 2], stimuli=2, subjects=3)
    found = drift(panel, [7, 7, 8, 8, 9, 9], [0, 1, 0, 1, 0, 1])
    # One point per trial, so 100 per hundred.
    assert found.score.value == pytest.approx(100)
    assert (found.score.n, found.first, found.pace) == (6, None, None)


def test_the_same_order_for_all_is_refused() -> None:
    panel = table([[1, 2], [3, 4], [5, 4]])
    with pytest.raises(AgreementError, match="place and image cannot be told apart"):
        drift(panel, panel.subject, panel.stimulus)


@pytest.mark.parametrize("panel", [table([[1], [2]]), table([[1, 2]])])
def test_one_rater_or_one_image_is_refused(panel: Votes) -> None:
    with pytest.raises(AgreementError, match="place and image cannot be told apart"):
        drift(panel, panel.subject, _positions(panel.subject))


def test_shapes_that_differ_are_named() -> None:
    panel = table([[1, 2], [3, 4]])
    with pytest.raises(AgreementError, match="4 votes, 1 sessions and 4 positions"):
        drift(panel, [1], [0, 1, 2, 3])
    with pytest.raises(AgreementError, match="4 votes, but 1 times"):
        drift(panel, [0, 1, 0, 1], [0, 1, 1, 0], [2.0])


def _two_perspectives(seed: int, shared: float) -> tuple[Votes, Votes]:
    """Residuals correlate by `shared`, images do not."""
    one, two = simulated(seed), simulated(seed)
    generator = np.random.default_rng(seed + 1000)
    images = 10 * generator.normal(size=two.stimuli)[two.stimulus]
    first, second = generator.normal(size=(2, two.score.size))
    mixed = shared * first + (1 - shared**2) ** 0.5 * second
    base = 10 * generator.normal(size=one.stimuli)[one.stimulus]
    return (
        dataclasses.replace(one, score=base + 7 * first),
        dataclasses.replace(two, score=images + 7 * mixed),
    )


@pytest.mark.parametrize(
    ("shared", "words"),
    [
        (0.0, "raters judge the two separately"),
        (0.35, "one judgement colours the other"),
        (0.8, "raters hardly judge the two apart"),
    ],
)
def test_halo_is_what_raters_share_apart_from_images(shared: float, words: str) -> None:
    found = halo(*_two_perspectives(1, shared), draws=200)
    assert found.raters.value == pytest.approx(shared, abs=0.08)
    assert found.raters.meaning == words
    assert found.raters.low is not None
    assert found.raters.high is not None
    assert found.raters.low < shared < found.raters.high
    assert abs(found.images.value) < 0.3
    assert (found.raters.n, found.images.n) == (600, 120)


def test_votes_are_paired_by_image_and_rater() -> None:
    one, two = _two_perspectives(2, 0.6)
    order = np.random.default_rng(0).permutation(two.score.size)[:500]
    names = ("score", "stimulus", "subject", "repetition", "weight")
    fewer = dataclasses.replace(two, **{name: getattr(two, name)[order] for name in names})
    found = halo(one, fewer, draws=20)
    assert found.raters.value == pytest.approx(0.6, abs=0.08)
    assert found.raters.n <= 500


@pytest.mark.parametrize(
    ("one", "two", "message"),
    [
        ([[1, 2], [3, 4]], [[1, 2]], "2 images by 2 raters for one perspective, 1 by 2"),
        ([[1], [2], [3]], [[2], [1], [3]], "no image was rated by two raters for both"),
        ([[1, 2], [3, 4]], [[1, 2], [3, 3]], "too few ratings for what is left"),
        ([[1, 1, 1], [3, 3, 3], [2, 2, 2]], [[2, 2, 2]] * 3, "raters agree exactly"),
    ],
)
def test_what_has_no_halo_is_refused(one: Any, two: Any, message: str) -> None:
    with pytest.raises(AgreementError, match=message):
        halo(table(one), table(two))
