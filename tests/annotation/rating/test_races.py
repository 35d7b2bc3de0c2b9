"""Many raters at once, on the real PostgreSQL, each in a thread with a connection of its own."""

import random
import threading
from collections import Counter

import pytest
from django.db.models import Count

from annotation.models import Rater, RatingSession, Score, Stimulus, Study, Trial
from annotation.protocol.skips import Skip, SkipReason
from annotation.raters.errors import RatingError
from annotation.rating.claims import Offer, claim_trials, expire_leases, skip_trial
from annotation.rating.sessions import start_session
from annotation.rating.submission import read_answer, submit_answer
from tests import factories
from tests.annotation.rating.helpers import access_of, at_once, in_rating, set_study, wrong_counters

pytestmark = pytest.mark.django_db(transaction=True)

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}


def submit(rater: Rater, trial_id: int, quality: int = 4) -> Offer:
    access = access_of(rater)
    answer = read_answer(access=access, scores={**SCORES, "quality": quality}, explanations={})
    return submit_answer(
        access=access, trial_id=trial_id, answer=answer, language="en", ahead=1
    ).offer


def rate_until_done(rater: Rater) -> None:
    access = in_rating(rater, seed=rater.pk)
    offer = claim_trials(access=access, ahead=1)
    while offer.state == "rating":
        if offer.trials:
            offer = submit(rater, offer.trials[0].id)
        else:
            offer = claim_trials(access=access, ahead=1)


def check_invariants() -> None:
    """No image over its maximum, none shown twice to one rater, counters equal recounts."""
    held = Trial.objects.exclude(state="expired")
    twice = held.values("rater", "stimulus").annotate(times=Count("pk")).filter(times__gt=1)
    assert not twice.exists()
    over = [
        stimulus.pk
        for stimulus in Stimulus.objects.all()
        if stimulus.claimed_ratings > stimulus.maximum_ratings
    ]
    assert not over
    assert wrong_counters() == 0
    submitted = Trial.objects.filter(state="submitted").count()
    assert Score.objects.filter(superseded_at=None).count() == 3 * submitted


def test_twelve_raters_fill_every_image_to_what_it_wants_and_not_over(study: Study) -> None:
    set_study(study, audit_share=0.3, holdout_share=0.2)
    factories.make_stimuli(study, 10)
    factories.make_stimuli(study, [20, 21, 22], split="holdout")
    raters = [factories.make_rater(study) for _number in range(12)]
    at_once(rate_until_done, raters)
    check_invariants()
    assert set(Stimulus.objects.values_list("claimed_ratings", flat=True)) == {3}
    assert Trial.objects.filter(state="submitted").count() == 13 * 3
    assert set(RatingSession.objects.values_list("state", flat=True)) == {"done"}
    positions = Counter(Trial.objects.values_list("session", "position"))
    assert max(positions.values()) == 1


def test_raters_who_skip_vanish_and_return_leave_the_counters_right(study: Study) -> None:
    factories.make_stimuli(study, 8, wanted_ratings=2)
    raters = [factories.make_rater(study) for _number in range(8)]
    for rater in raters:
        in_rating(rater, seed=rater.pk)
    stop = threading.Event()

    def sweep() -> None:
        while not stop.is_set():
            # Even those that somebody is answering at the moment. One by one: two updates of many
            # rows would wait for each other.
            for pk in Trial.objects.filter(state="leased").values_list("pk", flat=True):
                Trial.objects.filter(pk=pk).update(lease_expires_at="2020-01-01T00:00:00Z")
            expire_leases()

    def wander(rater: Rater) -> None:
        chance = random.Random(rater.pk)
        try:
            for _step in range(12):
                wander_once(rater, chance)
        finally:
            if rater is raters[0]:
                stop.set()

    def work(item: Rater | None) -> None:
        if item is None:
            sweep()
        else:
            wander(item)

    at_once(work, [*raters, None, None])
    expire_leases()
    check_invariants()


def wander_once(rater: Rater, chance: random.Random) -> None:
    try:
        offer = claim_trials(access=access_of(rater), ahead=chance.randrange(2))
        for trial in offer.trials[:1]:
            act = chance.choice(["submit", "submit", "skip", "leave"])
            if act == "submit":
                submit(rater, trial.id)
            elif act == "skip":
                skip_trial(
                    access=access_of(rater),
                    trial_id=trial.id,
                    skip=Skip(SkipReason.CANNOT_JUDGE),
                    ahead=0,
                )
    except RatingError:
        pass  # the place has gone to somebody else, or the session is over: the rater continues


def test_one_answer_sent_by_eight_requests_at_once_is_stored_once(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 5)
    trial = claim_trials(access=in_rating(rater), ahead=0).trials[0]
    at_once(lambda _number: submit(rater, trial.id), list(range(8)))
    assert Score.objects.filter(trial_id=trial.id).count() == 3
    check_invariants()


def test_different_answers_at_once_leave_one_that_counts(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 5)
    trial = claim_trials(access=in_rating(rater), ahead=0).trials[0]
    at_once(lambda quality: submit(rater, trial.id, quality), [1, 2, 3, 4, 5])
    quality = Score.objects.filter(trial_id=trial.id, perspective__key="quality")
    assert quality.count() == 5
    assert quality.filter(superseded_at=None).count() == 1
    check_invariants()


def test_two_tabs_that_claim_at_once_hold_the_same_images(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 9)
    access = in_rating(rater)
    at_once(lambda ahead: claim_trials(access=access, ahead=ahead), [1] * 6)
    assert Trial.objects.count() == 2
    check_invariants()


def test_two_tabs_that_start_at_once_share_one_session(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    found: list[int] = []

    def start(_number: int) -> None:
        session, _created = start_session(access=access_of(rater), consent=True, client={})
        found.append(session.id)

    at_once(start, list(range(4)))
    assert len(set(found)) == 1
    assert RatingSession.objects.count() == 1
