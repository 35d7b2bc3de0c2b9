"""The total that a rater is told with the first image: it is true, and it does not grow."""

from typing import Any

import pytest

from annotation.models import Rater, Study, Trial
from annotation.protocol.sessions import SessionState
from annotation.rating.claims import Offer, claim_trials
from annotation.rating.sessions import withdraw
from annotation.rating.totals import progress_of
from tests import factories
from tests.annotation.rating.helpers import access_of, in_rating, set_study
from tests.annotation.rating.test_blocks import answer_next, make_known, roles, set_plan


def totals_of(rater: Rater, seed: int, ahead: int) -> tuple[set[int], list[Trial]]:
    """All totals that the rater was told after practice, and the trials that came."""
    access = in_rating(rater, seed=seed)
    offer: Offer = claim_trials(access=access, ahead=ahead)
    told = set()
    while offer.trials:
        if not offer.trials[0].practice:
            told.add(offer.total)
            assert access.session is not None
            assert progress_of(access=access, session=access.session)[1] == offer.total
        offer = answer_next(access, offer, ahead)
    assert offer.state is SessionState.DONE
    told.add(offer.total)
    return told, list(Trial.objects.filter(rater=rater).exclude(role="practice"))


PLANS: list[dict[str, Any]] = [
    {"repeat_share": 0.05, "gold_share": 0.05, "stabilisation_trials": 5, "practice_trials": 3},
    {"repeat_share": 0.1},
    {"repeat_share": 0.3, "block_trials": 4},
    {"repeat_share": 0.2, "block_trials": 1},
    {"gold_share": 0.3},
]


@pytest.mark.parametrize("ahead", [0, 2])
@pytest.mark.parametrize("plan", PLANS)
def test_a_small_study_tells_the_total_with_its_repeats_from_the_start(
    study: Study, rater: Rater, plan: dict[str, Any], ahead: int
) -> None:
    set_plan(study, **plan)
    set_study(study, session_trials=60)
    factories.make_stimuli(study, 36)
    make_known(study, "gold", [0.2] * 4)
    make_known(study, "practice", [0.1, 0.5, 0.9])
    told, trials = totals_of(rater, 7, ahead)
    assert told == {len(trials)}
    assert len(trials) > 36
    assert roles(trials)["main"] + roles(trials)["stabilisation"] == 36


@pytest.mark.parametrize("seed", range(5))
def test_a_session_that_is_shorter_than_its_study_tells_its_length(
    study: Study, rater: Rater, seed: int
) -> None:
    set_plan(study, repeat_share=0.1, gold_share=0.1, stabilisation_trials=3)
    set_study(study, session_trials=25)
    factories.make_stimuli(study, 40)
    make_known(study, "gold", [0.2] * 4)
    told, trials = totals_of(rater, seed, 2)
    assert told == {25}
    assert len(trials) == 25


def test_images_that_come_free_do_not_move_the_goal_post(study: Study, rater: Rater) -> None:
    set_plan(study)
    factories.make_stimuli(study, 16)
    set_study(study, target_ratings=1, maximum_ratings=1)
    study.stimuli.update(wanted_ratings=1, maximum_ratings=1)
    other = in_rating(factories.make_rater(study))
    claim_trials(access=other, ahead=0)  # ten of them
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    assert offer.total == 6
    withdraw(access=other)
    while offer.trials:
        assert offer.total == 6
        offer = answer_next(access, offer)
    assert (offer.state, offer.answered) == (SessionState.DONE, 6)
    # What is left is for another session.
    assert claim_trials(access=in_rating(rater), ahead=0).total == 10


def test_images_that_others_take_make_the_total_smaller_only(study: Study, rater: Rater) -> None:
    set_plan(study)
    factories.make_stimuli(study, 30)
    study.stimuli.update(wanted_ratings=1, maximum_ratings=1)
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    assert offer.total == 30
    other = in_rating(factories.make_rater(study))
    claim_trials(access=other, ahead=0)
    told = []
    while offer.trials:
        told.append(offer.total)
        offer = answer_next(access, offer)
    assert told == sorted(told, reverse=True)
    assert told[-1] == offer.answered == 20


def test_a_day_s_limit_is_in_the_total(study: Study, rater: Rater) -> None:
    set_plan(study, daily_trials=12)
    factories.make_stimuli(study, 30)
    told, trials = totals_of(rater, 1, 2)
    assert told == {12}
    assert len(trials) == 12


def test_the_page_s_own_question_says_the_same_before_the_first_image(
    study: Study, rater: Rater
) -> None:
    set_plan(study, repeat_share=0.1)
    set_study(study, session_trials=60)
    factories.make_stimuli(study, 36)
    access = in_rating(rater)
    assert access.session is not None
    before = progress_of(access=access, session=access.session)
    assert before == (0, claim_trials(access=access_of(rater), ahead=0).total)
    assert before[1] > 36
