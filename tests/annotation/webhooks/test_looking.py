"""Milestones and flagged raters are found by looking, and told once."""

from typing import Any

import pytest
from django.core.cache import cache

from annotation.models import AuditEntry, Rater, Study, Webhook
from annotation.opinion.reliability.judging import Flag
from annotation.opinion.reliability.selectors import Standing
from annotation.webhooks import looking
from tests.annotation.answering import answer, sitting
from tests.factories import make_rater, make_stimuli, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


@pytest.fixture(autouse=True)
def _nobody_has_looked() -> None:
    cache.clear()


def told(action: str) -> list[dict[str, Any]]:
    entries = AuditEntry.objects.filter(action=action).order_by("pk")
    return list(entries.values_list("detail", flat=True))


@pytest.mark.parametrize(
    ("ratings", "highest"),
    [(0, 0), (99, 0), (100, 100), (999, 100), (1000, 1000), (5432, 5000), (1_000_000, 1_000_000)],
)
def test_milestones_are_a_hundred_and_every_thousand(ratings: int, highest: int) -> None:
    assert looking.reached(ratings) == highest


def test_a_number_is_told_once_and_a_complete_study_once(
    study: Study, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "reached", lambda ratings: ratings)
    make_stimuli(study, 2, wanted_ratings=1)
    stimuli = list(study.stimuli.order_by("pk"))
    session = sitting(make_rater(study))
    for stimulus, complete in zip(stimuli, ([], [{"ratings": 2, "wanted": 2}]), strict=True):
        answer(session, stimulus, 3)
        for _ in range(2):
            looking.look_for_milestones()
            cache.clear()
        assert told("ratings.complete") == complete
    assert told("ratings.reached") == [{"ratings": 1}, {"ratings": 2}]


def test_nobody_looks_where_nobody_listens_or_nothing_is_new(
    study: Study, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Study] = []
    monkeypatch.setattr(looking, "tell_milestones", looks.append)
    Webhook.objects.update(events=["release.made"])
    looking.look_for_milestones()
    assert looks == []
    Webhook.objects.update(events=["ratings.milestone"])
    looking.look_for_milestones()
    looking.look_for_milestones()
    assert looks == [study]
    make_stimuli(study, 1)
    answer(sitting(make_rater(study)), study.stimuli.get(), 3)
    looking.look_for_milestones()
    assert looks == [study, study]


def test_a_study_that_fails_keeps_no_other_waiting(
    study: Study, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_study(study.owner, slug="other")
    Webhook.objects.create(
        study=other, url=webhook.url, events=webhook.events, secret=webhook.secret
    )
    looks: list[str] = []

    def fail_for_one(found: Study) -> None:
        looks.append(found.slug)
        if found == study:
            raise RuntimeError

    monkeypatch.setattr(looking, "tell_milestones", fail_for_one)
    for _ in range(2):
        looking.look_for_milestones()
    # The one that failed is looked at again, the other had its turn.
    assert looks == ["demo", "other", "demo"]


def test_each_rule_that_a_rater_fails_is_told_once(
    study: Study, rater: Rater, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    excluded = make_rater(study, status="excluded")
    failing = {"rules": ["gold"]}

    def standings(_study: Study) -> dict[int, Standing]:
        flags = tuple(Flag(rule, 0.5, 0.8, 10, stops=False) for rule in failing["rules"])
        return {rater.pk: Standing(flags=flags), excluded.pk: Standing(flags=flags)}

    monkeypatch.setattr(looking, "renew", standings)
    for rules in (["gold"], ["gold"], ["gold", "away"], []):
        failing["rules"] = rules
        looking.tell_flagged_raters(study)
    assert told("rater.flagged") == [
        {"rater": rater.code, "rules": ["gold"]},
        {"rater": rater.code, "rules": ["away"]},
    ]
    assert webhook.deliveries.filter(event="rater.flagged").count() == 2


def test_a_study_that_somebody_else_is_at_is_looked_at_again(
    study: Study, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Study] = []
    monkeypatch.setattr(looking, "tell_milestones", looks.append)
    alone = looking._tell_alone
    monkeypatch.setattr(looking, "_tell_alone", lambda *_: False)
    looking.look_for_milestones()
    monkeypatch.setattr(looking, "_tell_alone", alone)
    looking.look_for_milestones()
    assert looks == [study]


def test_a_study_that_is_gone_is_told_of_nothing(study: Study) -> None:
    told: list[Study] = []
    assert not looking._tell_alone(Study(pk=study.pk + 1), told.append)
    assert told == []
