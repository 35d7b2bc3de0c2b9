"""Deliveries to a real receiver that takes them, fails, hangs, moves away or is gone."""

import json
import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook as Verifier

from annotation.models import AuditEntry, Study, Webhook, WebhookDelivery
from annotation.models.webhook import EventType
from annotation.webhooks import sending
from annotation.webhooks.attempts import Attempt
from annotation.webhooks.outbox import write_deliveries
from annotation.webhooks.schedule import DELAYS
from annotation.webhooks.sealing import seal
from annotation.webhooks.sending import attempt, claim_next, finish, forget_old, send_due
from annotation.webhooks.services import allowed_hosts, replay, replay_failed, rotate_secret
from tests.annotation.webhooks.conftest import SECRET
from tests.annotation.webhooks.receiver import Receiver
from tests.conftest import Sent
from workbench.accounts.models import User
from workbench.core.outbound import outbound_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


def written(webhook: Webhook, number: int = 1) -> list[WebhookDelivery]:
    study, now = webhook.study, timezone.now()
    return [
        write_deliveries(study, [webhook], EventType.RELEASE_MADE, at=now, data={"release": n})[0]
        for n in range(number)
    ]


def make_due() -> None:
    """As if the time of all that wait had come."""
    WebhookDelivery.objects.filter(state="waiting").update(next_at=timezone.now())


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("created_at").values_list("state", flat=True))


def test_a_receiver_verifies_what_it_is_sent(webhook: Webhook, receiver: Receiver) -> None:
    (delivery,) = written(webhook)
    assert send_due() == 1
    (got,) = receiver.delivered
    told: Any = Verifier(SECRET).verify(got.body, got.headers)
    assert told == json.loads(delivery.body)
    assert got.headers["webhook-id"] == delivery.message_id
    assert got.headers["content-type"] == "application/json"
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.next_at) == ("delivered", 1, None)
    (kept,) = delivery.log
    assert (kept["status"], kept["failure"]) == (204, None)
    assert send_due() == 0


def test_the_server_log_does_not_tell_addresses(
    webhook: Webhook, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    written(webhook)
    send_due()
    assert len(receiver.delivered) == 1
    assert "key=secret" not in caplog.text


def test_for_a_day_a_new_secret_and_the_one_before_both_verify(
    webhook: Webhook, owner: User, receiver: Receiver
) -> None:
    new = rotate_secret(webhook=webhook, actor=owner)
    written(webhook)
    send_due()
    for secret in (new, SECRET):
        Verifier(secret).verify(receiver.delivered[0].body, receiver.delivered[0].headers)
    Webhook.objects.update(previous_until=timezone.now())
    written(webhook)
    send_due()
    assert len(receiver.delivered[1].headers["webhook-signature"].split()) == 1
    Verifier(new).verify(receiver.delivered[1].body, receiver.delivered[1].headers)


def test_a_failure_is_tried_again_with_one_id_until_it_is_taken(
    webhook: Webhook, receiver: Receiver
) -> None:
    receiver.answers = [500, 400, 200]
    (delivery,) = written(webhook)
    before = timezone.now()
    for _ in range(3):
        send_due()
        make_due()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert [item["status"] for item in delivery.log] == [500, 400, 200]
    assert {item.headers["webhook-id"] for item in receiver.delivered} == {delivery.message_id}
    assert before < timezone.now()


def test_it_is_tried_again_when_the_schedule_says(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [500]
    (delivery,) = written(webhook)
    send_due()
    assert send_due() == 0
    delivery.refresh_from_db()
    assert delivery.next_at is not None
    wait = (delivery.next_at - timezone.now()).total_seconds()
    assert 3 < wait <= 6


def test_the_receiver_says_how_long_it_wants_to_be_left_alone(
    webhook: Webhook, receiver: Receiver
) -> None:
    receiver.answers, receiver.headers = [503], {"retry-after": "3600"}
    first, second = written(webhook, 2)
    assert send_due() == 1, "nor is it asked for its other events"
    for delivery in (first, second):
        delivery.refresh_from_db()
        assert delivery.next_at is not None
        assert 3500 < (delivery.next_at - timezone.now()).total_seconds() <= 3600
    assert (first.failures, second.failures) == (1, 0)


def test_after_the_last_try_the_webhook_is_failing_until_one_succeeds(
    webhook: Webhook, receiver: Receiver
) -> None:
    receiver.answers = [500]
    (delivery,) = written(webhook)
    WebhookDelivery.objects.update(failures=len(DELAYS))
    send_due()
    webhook.refresh_from_db()
    assert (states(), webhook.state) == (["given_up"], "failing")
    assert AuditEntry.objects.get(action="webhook.failing").detail["host"] == receiver.host
    receiver.answers = [200]
    assert replay_failed(webhook=webhook) == 1
    send_due()
    webhook.refresh_from_db()
    delivery.refresh_from_db()
    assert (states(), webhook.state, delivery.failures) == (["delivered"], "active", 0)


def test_a_receiver_that_is_gone_is_asked_no_more(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [410]
    written(webhook, 3)
    assert send_due() == 1
    webhook.refresh_from_db()
    assert (states(), webhook.state) == (["given_up"] * 3, "gone")
    assert AuditEntry.objects.filter(action="webhook.gone").count() == 1


def test_a_redirect_is_not_followed(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [302], {"location": receiver.url}
    (delivery,) = written(webhook)
    send_due()
    delivery.refresh_from_db()
    assert (delivery.log[0]["status"], delivery.log[0]["failure"]) == (302, "redirect")
    assert len(receiver.delivered) == 1


def test_a_receiver_that_hangs_is_left(
    webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    receiver.hang = threading.Event()
    written(webhook, 2)
    assert send_due() == 1, "its other events would take as long each"
    receiver.hang.set()
    failures = [item.log[0]["failure"] for item in WebhookDelivery.objects.exclude(log=[])]
    assert failures == ["timeout"]


def test_nobody_there_an_address_that_became_private_and_another_key(
    webhook: Webhook, settings: Settings
) -> None:
    found = []
    for url, secret in (
        ("http://127.0.0.1:9/", SECRET),
        ("https://127.0.0.1:9/", SECRET),
        (webhook.url, "another key"),
    ):
        settings.OUTBOUND_ALLOWED_HOSTS = [] if url.startswith("https") else ["127.0.0.1"]
        sealed = b"gAAAAA" if secret == "another key" else seal(secret)
        Webhook.objects.update(url=url, secret=sealed)
        (delivery,) = written(webhook)
        send_due()
        delivery.refresh_from_db()
        found.append((delivery.log[0]["failure"], delivery.log[0]["status"]))
        WebhookDelivery.objects.all().delete()
    assert found == [("connection", None), ("address", None), ("secret", None)]


def test_a_worker_that_died_between_taking_and_sending_loses_nothing(
    webhook: Webhook, receiver: Receiver
) -> None:
    written(webhook)
    assert claim_next() is not None
    assert claim_next() is None, "it is held for a while"
    make_due()
    assert send_due() == 1
    assert (states(), len(receiver.delivered)) == (["delivered"], 1)


def test_what_came_of_an_attempt_that_was_given_up_for_dead_is_not_written(
    webhook: Webhook, receiver: Receiver
) -> None:
    written(webhook)
    first = claim_next()
    make_due()
    second = claim_next()
    assert first is not None
    assert second is not None
    with outbound_client(allowed=allowed_hosts(), seconds=1) as client:
        finish(second, attempt(client, second))
    finish(first, Attempt("2026-11-29T12:00:00Z", 5, status=500))
    second.refresh_from_db()
    assert (second.state, len(second.log)) == ("delivered", 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_different_deliveries(webhook: Webhook) -> None:
    written(webhook, 2)
    taken: list[Any] = []

    def other() -> None:
        try:
            taken.append(claim_next())
        finally:
            connection.close()

    with transaction.atomic():
        first = claim_next()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
    assert first is not None
    (second,) = taken
    assert second is not None
    assert first.pk != second.pk


def test_a_paused_webhook_is_sent_nothing_and_what_waits_stays(
    webhook: Webhook, receiver: Receiver
) -> None:
    written(webhook)
    Webhook.objects.update(state="paused")
    assert send_due() == 0
    Webhook.objects.update(state="active")
    assert send_due() == 1


def test_one_is_sent_again_with_its_id(webhook: Webhook, receiver: Receiver, sent: Sent) -> None:
    (delivery,) = written(webhook)
    send_due()
    delivery.refresh_from_db()
    replay(delivery=delivery)
    send_due()
    ids = [item.headers["webhook-id"] for item in receiver.delivered]
    assert ids == [delivery.message_id] * 2


def test_the_log_of_a_delivery_is_bounded_and_old_ones_are_forgotten(
    webhook: Webhook, receiver: Receiver
) -> None:
    (delivery,) = written(webhook)
    WebhookDelivery.objects.update(log=[{"status": 500}] * 20)
    send_due()
    delivery.refresh_from_db()
    assert len(delivery.log) == 20
    assert delivery.log[-1]["status"] == 204
    assert forget_old() == 0
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert forget_old() == 1


def test_a_webhook_removed_meanwhile_is_nobodys_matter(webhook: Webhook, study: Study) -> None:
    written(webhook)
    taken = claim_next()
    assert taken is not None
    webhook.delete()
    finish(taken, Attempt("2026-11-29T12:00:00Z", 5, status=200))
    assert states() == []
