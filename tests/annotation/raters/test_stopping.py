"""Rules that stop: a session that fails one ends with its block, and none follows it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from annotation.models import (
    AuditEntry,
    Rater,
    RatingSession,
    Stimulus,
    Study,
    Trial,
)
from annotation.opinion.labels import labels_of
from annotation.opinion.reliability import selectors as reliability
from annotation.opinion.reliability.judging import Flag
from annotation.protocol.plan import PLAIN
from annotation.protocol.reliability_rules import ReliabilityRules
from annotation.protocol.sessions import SessionState
from annotation.raters.access import Access
from annotation.raters.errors import RaterStoppedError, SessionStateError
from annotation.raters.stopping import NotStoppedError, let_continue
from annotation.rating.claims import Offer, claim_trials
from annotation.rating.sessions import start_session
from annotation.rating.submission import read_answer, submit_answer
from tests import factories
from tests.annotation.answering import answer, sitting
from tests.annotation.rating.helpers import access_of, in_rating, set_study, wrong_counters
from workbench.accounts.models import User

#: Half of the answers may be faster than a second, from two answers on.
FAST = {"too_fast": {"threshold": 0.5, "minimum": 2, "effect": "stop"}}


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    set_study(study, session_plan=replace(PLAIN, block_trials=3).to_json())
    return factories.make_stimuli(study, 9)


def set_rules(study: Study, rules: dict[str, Any]) -> None:
    set_study(study, reliability_rules=ReliabilityRules.from_json(rules).to_json())


def rate(access: Access, offer: Offer, shown_ms: int, *, score: int = 3, ahead: int = 0) -> Offer:
    scores = {"quality": score, "authenticity": score, "correspondence": score}
    return submit_answer(
        access=access,
        trial_id=offer.trials[0].id,
        answer=read_answer(access=access, scores=scores, explanations={}),
        language="en",
        ahead=ahead,
        behaviour={"shown_ms": shown_ms},
    ).offer


def rate_each(access: Access, seconds: Sequence[float], ahead: int = 0) -> Offer:
    offer = claim_trials(access=access, ahead=ahead)
    for second in seconds:
        assert offer.state is SessionState.RATING
        offer = rate(access, offer, round(1000 * second), ahead=ahead)
    return offer


def test_a_session_that_fails_a_rule_ends_with_its_block(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    set_rules(study, FAST)
    access = in_rating(rater)
    offer = rate_each(access, [0.4, 0.4, 0.4])
    assert (offer.state, offer.trials) == (SessionState.STOPPED, [])
    assert (offer.answered, offer.total) == (3, 3)
    session = RatingSession.objects.get()
    assert session.state == "stopped"
    assert session.ended_at is not None
    assert [Flag.from_json(item) for item in session.stopped_by] == [
        Flag("too_fast", 1.0, 0.5, 3, stops=True)
    ]
    entry = AuditEntry.objects.get(action="rater.stopped")
    assert entry.actor is None
    assert entry.detail == {"rater": rater.code, "session": session.pk, "rules": ["too_fast"]}
    # What was rated stays and counts.
    assert len(labels_of(study)) == 9
    assert wrong_counters() == 0


def test_nothing_is_taken_from_the_hand_before_the_block_ends(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    set_study(study, session_plan=replace(PLAIN, block_trials=6).to_json())
    set_rules(study, FAST)
    access = in_rating(rater)
    # Two images are in the browser already: they are rated, and none comes after them.
    offer = rate_each(access, [0.4] * 4, ahead=2)
    assert (offer.state, len(offer.trials)) == (SessionState.RATING, 2)
    offer = rate(access, offer, 400, ahead=2)
    assert rate(access, offer, 400, ahead=2).state is SessionState.STOPPED
    assert Trial.objects.count() == 6


def test_a_rater_who_recovers_before_the_block_ends_continues(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    # 2 of 3 too fast fails; 2 of 4 does not.
    set_study(study, session_plan=replace(PLAIN, block_trials=4).to_json())
    set_rules(study, FAST)
    access = in_rating(rater)
    offer = rate_each(access, [0.4, 0.4, 2, 2])
    assert (offer.state, len(offer.trials)) == (SessionState.RATING, 1)


@pytest.mark.parametrize("effect", ["note", "off"])
def test_a_rule_that_does_not_stop_ends_nothing(
    study: Study, rater: Rater, images: list[Stimulus], effect: str
) -> None:
    set_rules(study, {"too_fast": {**FAST["too_fast"], "effect": effect}})
    offer = rate_each(in_rating(rater), [0.4] * 9)
    assert (offer.state, offer.answered) == (SessionState.DONE, 9)
    assert RatingSession.objects.get().stopped_by == []


def test_the_last_block_is_judged_too(study: Study, rater: Rater, images: list[Stimulus]) -> None:
    set_study(study, session_trials=6)
    set_rules(study, FAST)
    # 1 of 3 at the first block's end; 4 of 6 at the session's.
    offer = rate_each(in_rating(rater), [2, 2, 0.4, 0.4, 0.4, 0.4])
    assert offer.state is SessionState.STOPPED


def test_gold_images_are_judged_by_this_sitting_alone(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    set_study(study, session_plan=replace(PLAIN, block_trials=10, gold_share=0.3).to_json())
    set_rules(study, {"gold": {"threshold": 0.8, "minimum": 3, "effect": "stop"}})
    known = factories.make_stimuli(study, range(600, 606), purpose="gold")
    for stimulus in known:
        for name in ("quality", "authenticity", "correspondence"):
            factories.publish(stimulus=stimulus, perspective=name, mos=0.5, source="experts")
    # An earlier sitting had them all wrong: 0.5 is 3 on the scale, 1 is two levels off.
    answer(sitting(rater), known[5], 1, role="gold")
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    while offer.trials:
        offer = rate(access, offer, 3000, score=3)
    assert Trial.objects.filter(role="gold", session__state="done").count() >= 3
    assert offer.state is SessionState.DONE


def test_a_missed_attention_check_stops_and_a_passed_one_does_not(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    set_study(study, session_plan=replace(PLAIN, block_trials=10, gold_share=0.3).to_json())
    set_rules(study, {"attention": {"effect": "stop"}})
    for check in factories.make_stimuli(
        study, range(600, 606), purpose="gold", attention_check=True
    ):
        factories.publish(stimulus=check, perspective="quality", mos=0, source="m")
    reads = factories.make_rater(study)
    for who, score, end in ((reads, 1, SessionState.DONE), (rater, 2, SessionState.STOPPED)):
        access = in_rating(who)
        offer = claim_trials(access=access, ahead=0)
        while offer.trials:
            offer = rate(access, offer, 3000, score=score)
        assert offer.state is end
        assert Trial.objects.filter(rater=who, role="gold").exists()


def test_agreement_is_that_of_the_images_of_this_sitting(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    rule = {"threshold": 0.75, "minimum": 3, "effect": "stop"}
    set_rules(study, {"inter_rater": rule, "least_others": 1})
    other = sitting(factories.make_rater(study))
    for stimulus, score in zip(images, [1, 2, 3, 4, 5, 4, 3, 2, 1], strict=True):
        answer(other, stimulus, score)
    said = dict(Trial.objects.values_list("stimulus", "scores__value").distinct())
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    for _image in range(3):
        image = Trial.objects.get(pk=offer.trials[0].id).stimulus_id
        # The opposite of what the other said: a correlation of −1.
        offer = rate(access, offer, 3000, score=round(6 - said[image]))
    assert offer.state is SessionState.STOPPED
    stopped = RatingSession.objects.get(rater=rater).stopped_by
    assert [item["perspective"] for item in stopped] == [0, 1, 2]
    assert [item["value"] for item in stopped] == pytest.approx([-1, -1, -1])


def test_a_study_without_stopping_rules_reads_no_measures(
    study: Study, rater: Rater, images: list[Stimulus], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_session: int) -> None:
        raise AssertionError("read a session's answers")

    monkeypatch.setattr(reliability, "answers_of_session", fail)
    assert rate_each(in_rating(rater), [0.4] * 9).state is SessionState.DONE


def test_no_session_follows_until_the_owner_says_so(
    study: Study, rater: Rater, images: list[Stimulus], owner: User
) -> None:
    set_rules(study, FAST)
    rate_each(in_rating(rater), [0.4, 0.4, 0.4])
    with pytest.raises(RaterStoppedError):
        start_session(access=access_of(rater), consent=True, client={})
    assert RatingSession.objects.count() == 1
    let_continue(rater=rater, actor=owner)
    entry = AuditEntry.objects.get(action="rater.let_continue")
    assert (entry.actor, entry.detail) == (owner, {"rater": rater.code})
    first = RatingSession.objects.get()
    assert (first.state, len(first.stopped_by)) == ("done", 1)
    start_session(access=access_of(rater), consent=True, client={})
    RatingSession.objects.filter(state="instructions").update(state="rating")
    # The new sitting is judged by itself.
    assert rate_each(access_of(rater), [2, 2, 2]).state is SessionState.RATING


def test_a_rater_who_was_not_stopped_cannot_be_let_continue(rater: Rater, owner: User) -> None:
    sitting(rater)
    with pytest.raises(NotStoppedError):
        let_continue(rater=rater, actor=owner)
    assert not AuditEntry.objects.filter(action="rater.let_continue").exists()


def test_an_answer_after_the_stop_is_refused_and_a_repeated_one_is_not(
    study: Study, rater: Rater, images: list[Stimulus]
) -> None:
    set_rules(study, FAST)
    access = in_rating(rater)
    rate_each(access, [0.4, 0.4])
    last = claim_trials(access=access, ahead=0)
    assert rate(access, last, 400).state is SessionState.STOPPED
    assert rate(access, last, 400).state is SessionState.STOPPED
    with pytest.raises(SessionStateError, match="stopped"):
        rate(access, last, 400, score=4)
