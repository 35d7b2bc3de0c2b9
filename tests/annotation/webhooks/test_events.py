"""What receivers are told of: acts, with what happened and nothing more."""

import json
from typing import Any

import pytest
from django.db import transaction

from annotation.models import AuditEntry, ImportJob, OpinionRelease, Study, Webhook, WebhookDelivery
from annotation.models.webhook import SUBSCRIBABLE
from annotation.opinion.releases import make_release
from annotation.studies.audit import record
from annotation.webhooks.events import TOLD
from modelops.models import TrainingRun
from tests.conftest import Sent
from tests.factories import make_study
from tests.modelops.labelling import make_predictor
from workbench.accounts.models import User
from workbench.core.jobs import leases

pytestmark = pytest.mark.django_db

#: Everything that an act of the table may say.
DETAIL = {
    "job": 7,
    "ratings": 1000,
    "rater": "7KXW3M4TQP",
    "rules": ["gold"],
    "number": 3,
    "version": 5,
    "method": "mos",
    "name": "A Name",
    "predictor": "A Name",
    "link": "https://…",
}


def payloads() -> list[dict[str, Any]]:
    return [json.loads(item.body) for item in WebhookDelivery.objects.order_by("created_at")]


@pytest.mark.parametrize(
    ("action", "event", "data"),
    [
        ("ratings.reached", "ratings.milestone", {"ratings": 1000, "complete": False}),
        ("ratings.complete", "ratings.milestone", {"ratings": 1000, "complete": True}),
        (
            "rater.flagged",
            "rater.flagged",
            {"rater": "7KXW3M4TQP", "rules": ["gold"], "stopped": False},
        ),
        (
            "rater.stopped",
            "rater.flagged",
            {"rater": "7KXW3M4TQP", "rules": ["gold"], "stopped": True},
        ),
        ("release.made", "release.made", {"release": 3, "method": "mos"}),
        ("dataset.succeeded", "dataset.finished", {"dataset": 3, "state": "succeeded"}),
        ("dataset.failed", "dataset.finished", {"dataset": 3, "state": "failed"}),
        ("import.succeeded", "import.finished", {"import": 7, "state": "succeeded"}),
        ("import.cancelled", "import.finished", {"import": 7, "state": "cancelled"}),
        ("model.promoted", "model.promoted", {"version": 5, "number": 3}),
        ("scoring.failed", "run.finished", {"kind": "scoring", "run": 7, "state": "failed"}),
    ],
)
def test_an_act_is_told_by_identifiers_and_counts(
    study: Study, webhook: Webhook, action: str, event: str, data: dict[str, Any]
) -> None:
    entry = record(study=study, actor=None, action=action, **DETAIL)
    (told,) = payloads()
    at = entry.created_at.isoformat().replace("+00:00", "Z")
    assert told == {"type": event, "timestamp": at, "data": {"study": "demo", **data}}


def test_every_event_is_told_of_some_act() -> None:
    assert {told.event for told in TOLD.values()} == set(SUBSCRIBABLE)


def test_only_who_listens_is_told(study: Study, owner: User, webhook: Webhook, sent: Sent) -> None:
    record(study=study, actor=owner, action="study.paused")
    record(study=None, actor=owner, action="account.signed_in")
    record(study=make_study(owner, "other"), actor=None, action="release.made", **DETAIL)
    for state in ("paused", "gone"):
        Webhook.objects.update(state=state)
        record(study=study, actor=None, action="release.made", **DETAIL)
    Webhook.objects.update(state="failing", events=["model.promoted"])
    record(study=study, actor=None, action="release.made", **DETAIL)
    assert payloads() == []
    record(study=study, actor=None, action="model.promoted", **DETAIL)
    assert [told["type"] for told in payloads()] == ["model.promoted"]


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_rolled_back_is_not_told(study: Study, webhook: Webhook, sent: Sent) -> None:
    with transaction.atomic():
        record(study=study, actor=None, action="release.made", **DETAIL)
        transaction.set_rollback(True)
    assert (payloads(), sent) == ([], [])
    with transaction.atomic():
        record(study=study, actor=None, action="release.made", **DETAIL)
        assert sent == []
    assert sent == [("annotation.webhooks.tasks.send_webhooks", ())]


@pytest.mark.parametrize("end", [leases.succeed, leases.fail])
def test_jobs_are_told_when_they_end(study: Study, webhook: Webhook, end: Any) -> None:
    job = ImportJob.objects.create(study=study, state="running", fence=1, manifest_name="a.csv")
    run = TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="api", state="running", fence=1
    )
    end(ImportJob, job.pk, 1)
    end(TrainingRun, run.pk, 1)
    state = "succeeded" if end is leases.succeed else "failed"
    assert [told["data"] for told in payloads()] == [
        {"study": "demo", "import": job.pk, "state": state},
        {"study": "demo", "kind": "training", "run": run.pk, "state": state},
    ]
    with pytest.raises(leases.LostLeaseError):
        end(ImportJob, job.pk, 1)
    assert AuditEntry.objects.filter(action=f"import.{state}").count() == 1


def test_a_release_is_told_by_its_number(study: Study, owner: User, webhook: Webhook) -> None:
    make_release(study, name="For Ann", actor=owner)
    (told,) = payloads()
    number = OpinionRelease.objects.get(name="For Ann").number
    assert told["data"] == {"study": "demo", "release": number, "method": "mos"}
