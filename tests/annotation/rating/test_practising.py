"""Practice that has to be passed: gone through again, or the end of the session."""

from collections.abc import Mapping

import pytest
from django.test import Client

from annotation.models import AuditEntry, Participant, Rater, RatingSession, Score, Study, Trial
from annotation.protocol.recruitment import PLATFORMS
from annotation.protocol.sessions import SessionState
from annotation.protocol.skips import Skip, SkipReason
from annotation.raters.access import Access, rater_link
from annotation.raters.errors import RaterStoppedError
from annotation.raters.invitations import open_shared_link, set_recruitment
from annotation.raters.paying import payables
from annotation.raters.stopping import let_continue
from annotation.rating.claims import Offer, claim_trials, expire_leases, skip_trial
from annotation.rating.sessions import start_session
from annotation.rating.submission import read_answer, submit_answer
from tests import factories
from tests.annotation.rating.helpers import access_of, in_rating
from tests.annotation.rating.test_blocks import make_known, set_plan
from workbench.accounts.models import User

#: Published as 1 ("Bad") on all scales: 2 is within a level of it, 5 is not.
NEAR = {"quality": 2, "authenticity": 1, "correspondence": 1}
FAR = {"quality": 5, "authenticity": 5, "correspondence": 5}
MIXED = {"quality": 1, "authenticity": 1, "correspondence": 5}


@pytest.fixture
def study_with_practice(study: Study) -> Study:
    set_plan(study, practice_trials=2, practice_pass_share=0.6, practice_tries=2)
    factories.make_stimuli(study, 4)
    make_known(study, "practice", [0.0, 0.0])
    return study


def give(access: Access, offer: Offer, scores: Mapping[str, int], ahead: int = 2) -> Offer:
    answer = read_answer(access=access, scores=scores, explanations={})
    return submit_answer(
        access=access, trial_id=offer.trials[0].id, answer=answer, language="en", ahead=ahead
    ).offer


def practise(access: Access, *rounds: Mapping[str, int]) -> Offer:
    """Two images in each round."""
    offer = claim_trials(access=access, ahead=2)
    for scores in rounds:
        assert [trial.practice for trial in offer.trials] == [True, True]
        assert (offer.answered, offer.total) == (0, 2)
        offer = give(access, offer, scores)
        assert (offer.answered, offer.total) == (1, 2)
        offer = give(access, offer, scores)
    return offer


@pytest.mark.parametrize("scores", [NEAR, MIXED])
def test_close_answers_pass(
    study_with_practice: Study, rater: Rater, scores: Mapping[str, int]
) -> None:
    # Two of three answers are 0.67, and 0.6 are wanted.
    offer = practise(in_rating(rater), scores)
    assert (offer.state, offer.trials[0].practice, offer.total) == ("rating", False, 4)


def test_far_answers_bring_the_same_images_again_and_then_a_pass(
    study_with_practice: Study, rater: Rater
) -> None:
    offer = practise(in_rating(rater), FAR, NEAR)
    assert not offer.trials[0].practice
    rounds = Trial.objects.filter(role="practice").values_list("block", "stimulus")
    first, second = ({image for at, image in rounds if at == block} for block in (0, 1))
    assert first == second
    assert Trial.objects.filter(role="main", block=2).exists()


def test_far_answers_twice_end_the_session_kindly(study_with_practice: Study, rater: Rater) -> None:
    offer = practise(in_rating(rater), FAR, FAR)
    assert (offer.state, offer.trials) == (SessionState.SCREENED_OUT, [])
    session = RatingSession.objects.get()
    assert session.state == "screened_out"
    assert session.ended_at is not None
    assert AuditEntry.objects.get(action="rater.screened_out").detail["rater"] == rater.code
    with pytest.raises(RaterStoppedError):
        start_session(access=access_of(rater), consent=True, client={})
    page = Client().get(rater_link(rater)).content.decode()
    assert "Thank you for trying" in page
    assert "Copy code" in page
    assert 'id="start"' not in page


def test_the_owner_can_let_them_continue(
    study_with_practice: Study, rater: Rater, owner: User
) -> None:
    practise(in_rating(rater), FAR, FAR)
    let_continue(rater=rater, actor=owner)
    start_session(access=access_of(rater), consent=True, client={})
    RatingSession.objects.filter(state="instructions").update(state="rating")
    assert not claim_trials(access=access_of(rater), ahead=0).trials[0].practice


def test_the_first_answers_count_not_those_after_what_others_said(
    study_with_practice: Study, rater: Rater
) -> None:
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=2)
    first = offer
    offer = give(access, offer, FAR)
    give(access, first, NEAR)
    assert Score.objects.filter(revision=2).exists()
    offer = give(access, offer, FAR)
    assert offer.trials[0].practice
    assert offer.answered == 0


def test_skipping_every_image_is_no_pass(study_with_practice: Study, rater: Rater) -> None:
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    for _image in range(2):
        offer = skip_trial(
            access=access,
            trial_id=offer.trials[0].id,
            skip=Skip(SkipReason.CANNOT_JUDGE, ""),
            ahead=0,
        )
    assert offer.trials[0].practice
    assert offer.answered == 0


def test_a_round_that_was_lost_is_repeated_and_not_counted(
    study_with_practice: Study, rater: Rater
) -> None:
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    give(access, offer, FAR)
    Trial.objects.filter(state="leased").update(lease_expires_at="2020-01-01T00:00Z")
    assert expire_leases() == 1
    offer = practise(access, FAR)
    # That was the first whole round of two.
    assert offer.trials[0].practice


def test_without_a_mark_everybody_passes(study: Study, rater: Rater) -> None:
    set_plan(study, practice_trials=2)
    factories.make_stimuli(study, 4)
    make_known(study, "practice", [0.0, 0.0])
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=2)
    # The first that counts is fetched ahead.
    assert [trial.practice for trial in offer.trials] == [True, True, False]
    offer = give(access, give(access, offer, FAR), FAR)
    assert not offer.trials[0].practice


def test_a_crowd_platform_is_told_that_they_were_screened_out(
    study_with_practice: Study, rater: Rater, owner: User
) -> None:
    open_shared_link(study=study_with_practice, quota=3, actor=owner)
    platform = PLATFORMS["prolific"].to_json()
    platform["screened_out"]["code"] = "OUT1"
    set_recruitment(study=study_with_practice, recruitment=platform, actor=owner)
    Participant.objects.create(rater=rater, study=study_with_practice, identifier="p1")
    practise(in_rating(rater), FAR, FAR)
    page = Client().get(rater_link(rater)).content.decode()
    assert "https://app.prolific.com/submissions/complete?cc=OUT1" in page
    (row,) = payables(study_with_practice)
    assert (row.state, row.code, row.ratings) == ("screened_out", "OUT1", 4)
