"""What a session consists of: practice, stabilisation, blocks, repeats, gold, rests, its length."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import Rater, RatingSession, Stimulus, Study, Trial
from annotation.opinion.labels import labels_of
from annotation.protocol.plan import PLAIN
from annotation.protocol.sessions import SessionState
from annotation.raters.access import Access
from annotation.rating.claims import Offer, claim_trials
from annotation.rating.submission import read_answer, submit_answer
from tests import factories
from tests.annotation.rating.helpers import in_rating, set_study, wrong_counters

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}


def set_plan(study: Study, **settings: Any) -> None:
    set_study(study, session_plan=replace(PLAIN, **settings).to_json())


def make_known(study: Study, purpose: str, scores: list[float]) -> list[Stimulus]:
    """Images of this purpose whose three published scores are all `scores`, one after another."""
    start = 500 if purpose == "practice" else 600
    made = factories.make_stimuli(study, range(start, start + len(scores)), purpose=purpose)
    for stimulus, mos in zip(made, scores, strict=True):
        for perspective in SCORES:
            factories.publish(stimulus=stimulus, perspective=perspective, mos=mos, source="experts")
    return made


def answer_next(access: Access, offer: Offer, ahead: int = 0) -> Offer:
    answer = read_answer(access=access, scores=SCORES, explanations={})
    return submit_answer(
        access=access, trial_id=offer.trials[0].id, answer=answer, language="en", ahead=ahead
    ).offer


def rate_all(access: Access, ahead: int = 0) -> list[Trial]:
    """Rates until the session is over; its trials in the order in which they were shown."""
    offer = claim_trials(access=access, ahead=ahead)
    while offer.trials:
        offer = answer_next(access, offer, ahead)
    assert offer.state is SessionState.DONE
    assert access.session is not None
    trials = Trial.objects.filter(session_id=access.session.id)
    return list(trials.order_by("position").select_related("stimulus"))


def roles(trials: list[Trial]) -> Counter[str]:
    return Counter(trial.role for trial in trials)


def test_practice_comes_first_spans_the_range_and_comes_once(study: Study, rater: Rater) -> None:
    set_plan(study, practice_trials=3)
    factories.make_stimuli(study, 4)
    low, _, middle, _, high = make_known(study, "practice", [0.1, 0.3, 0.5, 0.7, 0.9])
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=1)
    assert [trial.practice for trial in offer.trials] == [True, True]
    assert (offer.answered, offer.total) == (0, 3)
    trials = rate_all(access)
    assert [trial.role for trial in trials] == ["practice"] * 3 + ["main"] * 4
    assert {trial.stimulus for trial in trials[:3]} == {low, middle, high}
    assert [trial.block for trial in trials] == [0] * 3 + [1] * 4


def test_a_second_session_trains_with_what_is_new_only(study: Study, rater: Rater) -> None:
    set_plan(study, practice_trials=2)
    set_study(study, session_trials=1)
    factories.make_stimuli(study, 2)
    make_known(study, "practice", [0.2, 0.8])
    assert roles(rate_all(in_rating(rater))) == {"practice": 2, "main": 1}
    assert roles(rate_all(in_rating(rater))) == {"main": 1}


def test_stabilisation_opens_the_session_and_counts_nowhere(study: Study, rater: Rater) -> None:
    set_plan(study, stabilisation_trials=3)
    set_study(study, session_trials=12)
    factories.make_stimuli(study, 20)
    trials = rate_all(in_rating(rater))
    assert [trial.role for trial in trials] == ["stabilisation"] * 3 + ["main"] * 9
    assert len({trial.stimulus_id for trial in trials}) == 12
    counted = {label.stimulus for label in labels_of(study)}
    assert counted == {trial.stimulus_id for trial in trials[3:]}
    assert sum(Stimulus.objects.values_list("claimed_ratings", flat=True)) == 9
    assert wrong_counters() == 0


@pytest.mark.parametrize("block", [1, 2, 3])
def test_stabilisation_may_be_longer_than_a_block(study: Study, rater: Rater, block: int) -> None:
    set_plan(study, stabilisation_trials=3, block_trials=block)
    set_study(study, session_trials=12)
    factories.make_stimuli(study, 20)
    assert roles(rate_all(in_rating(rater))) == {"stabilisation": 3, "main": 9}


def test_a_block_may_be_a_repeat_alone(study: Study, rater: Rater) -> None:
    set_plan(study, repeat_share=0.3, block_trials=1)
    set_study(study, session_trials=20)
    factories.make_stimuli(study, 30)
    assert roles(rate_all(in_rating(rater)))["repeat"] >= 5


def test_a_study_that_runs_out_spends_nothing_on_stabilisation(study: Study, rater: Rater) -> None:
    set_plan(study, stabilisation_trials=5)
    factories.make_stimuli(study, 3)
    assert roles(rate_all(in_rating(rater))) == {"main": 3}


def test_repeats_are_hidden_far_apart_and_never_counted(study: Study, rater: Rater) -> None:
    set_plan(study, repeat_share=0.1)
    set_study(study, session_trials=40)
    factories.make_stimuli(study, 60)
    trials = rate_all(in_rating(rater))
    # A tenth of 40. The first two blocks have nothing to repeat; the others make up for it.
    assert len(trials) == 40
    assert 3 <= roles(trials)["repeat"] <= 4
    for trial in trials:
        if trial.role == "repeat":
            (original,) = (
                other
                for other in trials
                if other.stimulus_id == trial.stimulus_id and other.role == "main"
            )
            assert trial.position - original.position > 10
    assert roles(trials)["main"] == len(labels_of(study)) / 3
    assert wrong_counters() == 0


def test_gold_images_come_in_their_share_and_once(study: Study, rater: Rater) -> None:
    set_plan(study, gold_share=0.2)
    set_study(study, session_trials=30)
    factories.make_stimuli(study, 40)
    gold = make_known(study, "gold", [0.2] * 4)
    trials = rate_all(in_rating(rater))
    found = [trial for trial in trials if trial.role == "gold"]
    # 6 are asked for, there are 4: main images take the other places.
    assert {trial.stimulus for trial in found} == set(gold)
    assert len(found) == 4
    assert roles(trials) == {"gold": 4, "main": 26}
    assert {trial.draw for trial in found} == {"plan"}


def test_priority_decides_which_images_and_chance_their_order(study: Study, rater: Rater) -> None:
    set_plan(study, block_trials=5)
    set_study(study, session_trials=10)
    stimuli = factories.make_stimuli(study, 15)
    for place, stimulus in enumerate(stimuli):
        Stimulus.objects.filter(pk=stimulus.pk).update(priority=-place)
    trials = rate_all(in_rating(rater, seed=3))
    first, second = trials[:5], trials[5:]
    assert {trial.stimulus_id for trial in first} == {item.pk for item in stimuli[:5]}
    assert {trial.stimulus_id for trial in second} == {item.pk for item in stimuli[5:10]}
    assert [trial.stimulus_id for trial in first] != [item.pk for item in stimuli[:5]]


def test_a_session_is_replayed_from_its_seed(study: Study, rater: Rater) -> None:
    set_plan(study, stabilisation_trials=2, repeat_share=0.1)
    set_study(study, session_trials=30, audit_share=0.3, maximum_ratings=9, target_ratings=9)
    factories.make_stimuli(study, 50)
    Stimulus.objects.update(wanted_ratings=9, maximum_ratings=9)

    def course(of: Rater) -> list[tuple[int, str, str]]:
        trials = rate_all(in_rating(of, seed=11))
        return [(trial.stimulus_id, trial.role, trial.draw) for trial in trials]

    assert course(rater) == course(factories.make_rater(study))


def test_no_prompt_follows_itself_across_blocks(study: Study, rater: Rater) -> None:
    set_plan(study, block_trials=4)
    stimuli = factories.make_stimuli(study, 24)
    prompts = [factories.make_prompt(study, f"shared {n}") for n in range(6)]
    for place, stimulus in enumerate(stimuli):
        # Priorities follow prompts, so that each block is full of one or two of them.
        Stimulus.objects.filter(pk=stimulus.pk).update(
            prompt=prompts[place % 2 + 2 * (place // 8)], priority=-place
        )
    trials = rate_all(in_rating(rater))
    shown = [trial.stimulus.prompt_id for trial in trials]
    assert len(shown) == 24
    assert all(first != second for first, second in pairwise(shown))


def test_a_rest_comes_between_blocks_and_ends(study: Study, rater: Rater) -> None:
    set_plan(study, block_trials=2, rest_after_minutes=15, rest_seconds=60)
    factories.make_stimuli(study, 6)
    access = begun(rater, minutes=0)
    offer = claim_trials(access=access, ahead=1)
    begun(rater, minutes=16)
    # The second image of the block is still shown, and nothing is claimed beyond it.
    offer = answer_next(access, offer, ahead=1)
    assert (len(offer.trials), offer.rest) == (1, 0)
    offer = answer_next(access, offer, ahead=1)
    assert (offer.trials, offer.rest, offer.state) == ([], 60, SessionState.RATING)
    assert claim_trials(access=access, ahead=1).rest in {60, 61}
    RatingSession.objects.update(rests_until=timezone.now() - timedelta(seconds=1))
    offer = claim_trials(access=access, ahead=1)
    assert (len(offer.trials), offer.rest) == (2, 0)


def test_no_block_begins_after_the_session_s_time(study: Study, rater: Rater) -> None:
    set_plan(study, block_trials=3, session_minutes=30)
    factories.make_stimuli(study, 9)
    access = begun(rater, minutes=0)
    offer = claim_trials(access=access, ahead=0)
    begun(rater, minutes=31)
    for _ in range(2):
        offer = answer_next(access, offer)
        assert offer.state is SessionState.RATING
    offer = answer_next(access, offer)
    assert (offer.state, offer.answered, offer.total) == (SessionState.DONE, 3, 3)


def test_a_block_is_held_while_its_first_images_are_rated(study: Study, rater: Rater) -> None:
    set_plan(study)
    factories.make_stimuli(study, 10)
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=1)
    Trial.objects.update(lease_expires_at=timezone.now() + timedelta(seconds=5))
    answer_next(access, offer)
    leased = Trial.objects.filter(state="leased")
    assert leased.count() == 9
    assert not leased.filter(lease_expires_at__lt=timezone.now() + timedelta(minutes=4)).exists()


def test_what_a_session_leaves_goes_back(study: Study, rater: Rater) -> None:
    from annotation.rating.sessions import withdraw

    set_plan(study, stabilisation_trials=2)
    factories.make_stimuli(study, 20)
    access = in_rating(rater)
    claim_trials(access=access, ahead=0)
    withdraw(access=access)
    assert not Trial.objects.filter(state="leased").exists()
    assert not Stimulus.objects.exclude(claimed_ratings=0).exists()


@pytest.mark.parametrize("role", ["stabilisation", "gold", "practice", "repeat"])
def test_an_expired_trial_that_held_no_place_is_taken_again_without_one(
    study: Study, rater: Rater, role: str
) -> None:
    from annotation.rating.claims import expire_leases, renew_lease

    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    (offered,) = claim_trials(access=access, ahead=0).trials
    Stimulus.objects.update(claimed_ratings=0)
    Trial.objects.update(role=role, lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert expire_leases() == 1
    renew_lease(access=access, trial_id=offered.id)
    assert Trial.objects.get().state == "leased"
    assert Stimulus.objects.get().claimed_ratings == 0


def begun(rater: Rater, minutes: int) -> Access:
    """The rater's session, started so many minutes ago; created if there is none."""
    from tests.annotation.rating.helpers import access_of

    if not rater.sessions.exists():
        in_rating(rater)
    rater.sessions.update(begun_at=timezone.now() - timedelta(minutes=minutes))
    return access_of(rater)
