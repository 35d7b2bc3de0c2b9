"""Many raters at once, doing whatever people and browsers do, against the real endpoints."""

import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db.models import Count
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from annotation.models import Rater, Rating, RatingSession, Stimulus, Study, Trial
from annotation.protocol.plan import PLAIN, SessionPlan
from annotation.services.claims import expire_leases
from workbench.accounts.models import User

from .... import factories
from ...services.rating import at_once, wrong_counters
from .client import RaterClient

pytestmark = pytest.mark.django_db(transaction=True)

IMAGES = 12
#: Answers that the protocol foresees; anything else is a failure.
REFUSALS = {
    *("lease_lost", "trial_skipped", "trial_not_found"),
    *("session_state", "no_session", "study_full"),
}
ACTIONS = (
    *("rate", "rate", "rate", "replay", "revise", "skip"),
    *("leave", "expire", "renew", "pause", "stop"),
)

plans = st.builds(
    replace,
    st.just(PLAIN),
    block_trials=st.integers(1, 5),
    stabilisation_trials=st.integers(0, 2),
    repeat_share=st.sampled_from([0.0, 0.2]),
)
scripts = st.lists(
    st.lists(st.sampled_from(ACTIONS), min_size=3, max_size=12), min_size=2, max_size=4
)


@dataclass
class Person:
    """One rater's browser; knows what the server has acknowledged."""

    client: RaterClient
    chance: random.Random
    acknowledged: dict[int, dict[str, int]] = field(default_factory=dict)

    def act(self, action: str) -> None:
        if action == "renew":
            held = Trial.objects.filter(state="leased").values_list("pk", flat=True)
            for trial in held:
                Trial.objects.filter(pk=trial).update(lease_expires_at="2020-01-01T00:00:00Z")
                self.ask(f"trials/{trial}/renew/")
        elif action == "stop":
            self.ask("session/withdraw/")
        elif action == "pause":
            self.ask("session/pause/")
        elif action == "replay":
            for trial, scores in list(self.acknowledged.items())[-1:]:
                self.submit(trial, scores)
        elif action == "revise":
            for trial in list(self.acknowledged)[-1:]:
                self.submit(trial, self.scores())
        else:
            self.meet(action)

    def meet(self, action: str) -> None:
        """Claims, and does something with the first image in hand."""
        self.ask("session/", {"consent": True, "client": {}})
        self.ask("session/begin/")
        offer = self.ask("claims/", {"ahead": self.chance.randrange(3)})
        for trial in [item["id"] for item in offer.get("trials", [])][:1]:
            if action == "expire":
                Trial.objects.filter(pk=trial, state="leased").update(
                    lease_expires_at="2020-01-01T00:00:00Z"
                )
                expire_leases()
            if action == "skip":
                self.ask(f"trials/{trial}/skip/", {"reason": "cannot_judge"})
            elif action != "leave":
                self.submit(trial, self.scores())

    def submit(self, trial: int, scores: dict[str, int]) -> None:
        answer = self.ask(f"trials/{trial}/submit/", {"scores": scores, "ahead": 1})
        if self.client.status == 200:
            assert answer["trial"]["id"] == trial
            self.acknowledged[trial] = scores

    def scores(self) -> dict[str, int]:
        names = ("quality", "authenticity", "correspondence")
        return {name: self.chance.randint(1, 5) for name in names}

    def ask(self, path: str, body: Any = None) -> Any:
        answer = self.client.post(path, body)
        if self.client.status >= 400:
            assert answer["code"] in REFUSALS, answer
        return answer

    def rate_on(self) -> None:
        """Until the server says that nothing is left for this rater."""
        for _image in range(3 * IMAGES):
            self.ask("session/", {"consent": True, "client": {}})
            if self.client.status == 409:
                return
            self.meet("rate")


@settings(
    max_examples=12,
    # Threads make no two runs alike: a smaller example need not fail.
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=plans, scripts=scripts, seed=st.integers(0, 2**16))
def test_whatever_raters_do_nothing_is_lost_doubled_or_overrun(
    plan: SessionPlan, scripts: list[list[str]], seed: int
) -> None:
    study = fresh_study(plan)
    people = [
        Person(RaterClient(factories.make_rater(study)), random.Random(seed + place))
        for place in range(len(scripts))
    ]
    at_once(run, list(zip(people, scripts, strict=True)))
    check(study, people)
    # Everybody comes back, one after another: nobody starves while there is something to rate.
    Trial.objects.filter(state="leased").update(lease_expires_at="2020-01-01T00:00:00Z")
    expire_leases()
    for person in people:
        person.rate_on()
    check(study, people)
    for rater in study.raters.all():
        assert not left_for(study, rater)


def run(given_to: tuple[Person, list[str]]) -> None:
    person, script = given_to
    for action in script:
        person.act(action)


def fresh_study(plan: SessionPlan) -> Study:
    # Hypothesis runs many examples in one test, and so in one database.
    for model in (Rating, Trial, RatingSession, Rater, Stimulus, Study):
        model.objects.all().delete()
    owner = User.objects.filter(username="owner").first() or factories.make_user("owner")
    study = factories.make_study(
        owner, session_plan=plan.to_json(), audit_share=0.2, holdout_share=0.2, session_trials=6
    )
    factories.make_stimuli(study, IMAGES - 3, wanted_ratings=2, maximum_ratings=2)
    factories.make_stimuli(
        study, [90, 91, 92], split="holdout", wanted_ratings=2, maximum_ratings=2
    )
    return study


def check(study: Study, people: list[Person]) -> None:
    assert not Stimulus.objects.filter(claimed_ratings__gt=2).exists()
    assert wrong_counters() == 0
    met = Trial.objects.exclude(state="expired").exclude(role="repeat")
    assert not met.values("rater", "stimulus").annotate(n=Count("pk")).filter(n__gt=1).exists()
    current: dict[int, dict[str, float]] = {}
    for trial, name, score in Rating.objects.filter(superseded_at=None).values_list(
        "trial_id", "perspective", "score"
    ):
        assert name not in current.setdefault(trial, {})
        current[trial][name] = score
    assert current == {
        key: value for person in people for key, value in person.acknowledged.items()
    }
    assert set(current) == set(Trial.objects.filter(state="submitted").values_list("pk", flat=True))


def left_for(study: Study, rater: Rater) -> list[Stimulus]:
    """Images that still want a rating and that the rater has not met."""
    met = Trial.objects.filter(rater=rater).exclude(state="expired").values("stimulus")
    wanted = study.stimuli.filter(claimed_ratings__lt=2, purpose="main")
    return list(wanted.exclude(pk__in=met))
