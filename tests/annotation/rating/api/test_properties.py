"""Many raters at once, doing whatever people and browsers do, against the real endpoints."""

import random
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import pytest
from django.db.models import Count
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from annotation.models import Rater, RatingSession, Score, Stimulus, Study, Trial
from annotation.protocol.plan import PLAIN, SessionPlan
from annotation.rating.claims import expire_leases
from tests import factories
from tests.annotation.rating.api.client import RaterClient
from tests.annotation.rating.helpers import at_once, wrong_counters
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

IMAGES = 12
#: Of which each may have so many ratings.
MOST = 2
#: So soon an image may be repeated: nobody here answers the ten images that lie between.
DISTANCE = 1
#: More answers than anybody can give.
ENDLESS = 150
LONG_AGO = "2020-01-01T00:00:00Z"
#: Responses that the protocol allows; anything else is a failure.
REFUSALS = {
    *("lease_lost", "trial_skipped", "trial_not_found"),
    *("session_state", "no_session", "study_full"),
    *("study_paused", "not_revisable"),
}
ACTIONS = (
    *("rate", "rate", "rate", "rate", "replay", "revise", "skip"),
    *("leave", "expire", "late", "renew", "pause", "stop", "close"),
)

plans = st.builds(
    replace,
    st.just(PLAIN),
    block_trials=st.integers(1, 5),
    practice_trials=st.integers(0, 2),
    stabilisation_trials=st.integers(0, 2),
    repeat_share=st.sampled_from([0.0, 0.3]),
    gold_share=st.sampled_from([0.0, 0.1]),
    one_per_pass=st.booleans(),
)
scripts = st.lists(
    st.lists(st.sampled_from(ACTIONS), min_size=3, max_size=8), min_size=3, max_size=8
)


@dataclass
class Person:
    """One rater's browser; knows what the server has acknowledged."""

    rater: Rater
    chance: random.Random
    #: Trial → its scores, of all perspectives that were sent.
    acknowledged: dict[int, dict[str, int]] = field(default_factory=dict)
    #: The last trial sent, with the perspectives that were sent together.
    last: tuple[int, list[str]] | None = None
    #: Whether the server has said that nothing is left.
    full: bool = False

    def __post_init__(self) -> None:
        self.client = RaterClient(self.rater)

    def act(self, action: str) -> None:
        if action == "renew":
            held = Trial.objects.filter(state="leased").values_list("pk", flat=True)
            for trial in held:
                Trial.objects.filter(pk=trial).update(lease_expires_at=LONG_AGO)
                self.ask(f"trials/{trial}/renew/")
        elif action == "stop":
            self.ask("session/withdraw/")
        elif action == "pause":
            self.ask("session/pause/")
        elif action == "close":
            # The owner pauses the study while everybody is rating, and opens it again.
            Study.objects.update(status="paused")
            self.meet("rate")
            Study.objects.update(status="open")
        elif action in {"replay", "revise"}:
            self.send_again(action)
        else:
            self.meet(action)

    def send_again(self, action: str) -> None:
        if self.last is None:
            return
        trial, names = self.last
        old = {name: self.acknowledged[trial][name] for name in names}
        self.submit(trial, old if action == "replay" else self.scores(names))

    def meet(self, action: str) -> None:
        """Claims, and does something with the first image in hand."""
        for item in self.claim()[:1]:
            trial, names = item["id"], item["perspectives"]
            if action in {"expire", "late"}:
                Trial.objects.filter(pk=trial, state="leased").update(lease_expires_at=LONG_AGO)
                expire_leases()
            if action == "late":
                # Another page of the same rater continues meanwhile.
                self.claim()
            if action == "skip":
                self.ask(f"trials/{trial}/skip/", {"reason": "cannot_judge"})
            elif action != "leave":
                self.submit(trial, self.scores(names))

    def claim(self) -> list[dict[str, Any]]:
        ahead = {"ahead": self.chance.randrange(3)}
        offer = self.ask("claims/", ahead)
        if self.client.status >= 400:
            begun = self.ask("session/", {"consent": True, "client": {}})
            self.full = begun.get("code") == "study_full"
            self.ask("session/begin/")
            offer = self.ask("claims/", ahead)
        trials: list[dict[str, Any]] = offer.get("trials", [])
        if trials:
            assert not served_twice(rater=self.rater)
        return trials

    def submit(self, trial: int, scores: dict[str, int]) -> None:
        answer = self.ask(f"trials/{trial}/submit/", {"scores": scores, "ahead": 1})
        if self.client.status == 200:
            assert answer["trial"]["id"] == trial
            self.acknowledged.setdefault(trial, {}).update(scores)
            self.last = trial, list(scores)

    def scores(self, names: list[str]) -> dict[str, int]:
        return {name: self.chance.randint(1, 5) for name in names}

    def ask(self, path: str, body: Any = None) -> Any:
        answer = self.client.post(path, body)
        if self.client.status >= 400:
            assert answer["code"] in REFUSALS, answer
        return answer

    def rate_on(self) -> None:
        """Until the server says that nothing is left for this rater."""
        for _answer in range(ENDLESS):
            self.meet("rate")
            if self.full:
                return
        raise AssertionError("the session never ended")


@settings(
    max_examples=10,
    # Threads make no two runs alike: a smaller example need not fail.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=plans, scripts=scripts, seed=st.integers(0, 2**16))
@patch("annotation.rating.blocks.REPEAT_DISTANCE", DISTANCE)
def test_whatever_raters_do_nothing_is_lost_doubled_or_overrun(
    plan: SessionPlan, scripts: list[list[str]], seed: int
) -> None:
    study = fresh_study(plan)
    people = [
        Person(factories.make_rater(study), random.Random(seed + place))
        for place in range(len(scripts))
    ]
    at_once(run, list(zip(people, scripts, strict=True)))
    check(people)
    # Everybody comes back, all at once: nobody starves while there is something to rate.
    Trial.objects.filter(state="leased").update(lease_expires_at=LONG_AGO)
    expire_leases()
    at_once(Person.rate_on, people)
    check(people)
    for person in people:
        assert not left_for(study, person.rater)


def run(given_to: tuple[Person, list[str]]) -> None:
    person, script = given_to
    for action in script:
        person.act(action)


def fresh_study(plan: SessionPlan) -> Study:
    # Hypothesis runs many examples in one test, and so in one database.
    for model in (Score, Trial, RatingSession, Rater, Stimulus, Study):
        model.objects.all().delete()
    owner = User.objects.filter(username="owner").first() or factories.make_user("owner")
    study = factories.make_study(
        owner, session_plan=plan.to_json(), audit_share=0.2, holdout_share=0.2, session_trials=6
    )
    places: dict[str, Any] = {"wanted_ratings": MOST, "maximum_ratings": MOST}
    factories.make_stimuli(study, IMAGES - 3, **places)
    factories.make_stimuli(study, [90, 91, 92], split="holdout", **places)
    for number, purpose in enumerate(("practice", "practice", "gold", "gold"), start=80):
        known = factories.make_stimulus(study, number, purpose=purpose)
        factories.publish(stimulus=known, perspective="quality", mos=number % 2)
    return study


def check(people: list[Person]) -> None:
    assert not Stimulus.objects.filter(claimed_ratings__gt=MOST).exists()
    assert wrong_counters() == 0
    assert not served_twice()
    current: dict[int, dict[str, float]] = {}
    for trial, name, score in Score.objects.filter(superseded_at=None).values_list(
        "trial_id", "perspective__key", "value"
    ):
        assert name not in current.setdefault(trial, {})
        current[trial][name] = score
    assert current == {
        key: value for person in people for key, value in person.acknowledged.items()
    }
    # With its last perspective a trial is submitted, and not before.
    trials = dict(Trial.objects.values_list("pk", "state"))
    for trial, state in trials.items():
        assert (state == "submitted") == (len(current.get(trial, {})) == 3)


def served_twice(**of: Rater) -> list[tuple[int, int]]:
    """(rater or session, image) met twice, hidden repeats apart; or repeated twice, or repeated
    without a first answer, by a repeat that has expired too.

    An expired trial gives its image back, to the same rater too: of all trials that a rater had of
    an image, one at most may be anything but expired, at every moment.
    """
    trials = Trial.objects.filter(**of)
    repeats, firsts = trials.filter(role="repeat"), trials.exclude(role="repeat")
    wrong: list[tuple[int, int]] = []
    for group in (repeats, firsts):
        counted = group.exclude(state="expired").values_list("rater_id", "stimulus_id")
        wrong += [(rater, image) for rater, image, n in counted.annotate(n=Count("pk")) if n > 1]
    answered = firsts.filter(role="main", state="submitted")
    known = set(answered.values_list("session_id", "stimulus_id"))
    return wrong + sorted(set(repeats.values_list("session_id", "stimulus_id")) - known)


def left_for(study: Study, rater: Rater) -> list[Stimulus]:
    """Images that still want a rating and that the rater has not met."""
    met = Trial.objects.filter(rater=rater).exclude(state="expired").values("stimulus")
    wanted = study.stimuli.filter(claimed_ratings__lt=MOST, purpose="main")
    return list(wanted.exclude(pk__in=met))
