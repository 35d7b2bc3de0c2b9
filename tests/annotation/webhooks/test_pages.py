"""Webhooks on their pages."""

import pytest
from django.test import Client
from django.utils.html import escape

from annotation.models import Study, Webhook, WebhookDelivery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]

PAGE = "/studies/demo/settings/webhooks/"
ADDED = {"url": "https://lab.example/hook", "description": "our bot", "events": ["release.made"]}


@pytest.fixture
def webhook(study: Study, console: Client) -> Webhook:
    console.post(PAGE, ADDED)
    return Webhook.objects.get()


def act(console: Client, webhook: Webhook, name: str, **data: str) -> str:
    response = console.post(f"{PAGE}{webhook.pk}/", {"act": name, **data}, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_secret_is_shown_once(study: Study, console: Client) -> None:
    shown = console.post(PAGE, ADDED).content.decode()
    assert "whsec_" in shown
    listed = console.get(PAGE).content.decode()
    assert "whsec_" not in listed
    assert "https://lab.example/hook" in listed
    assert "our bot" in listed


@pytest.mark.parametrize("changed", [{"url": "http://lab.example/"}, {"events": ["ping"]}])
def test_what_does_not_fit_is_said(
    study: Study, console: Client, changed: dict[str, object]
) -> None:
    page = console.post(PAGE, ADDED | changed).content.decode()
    assert "errorlist" in page
    assert not Webhook.objects.exists()


def test_everything_that_is_done_with_one(console: Client, webhook: Webhook) -> None:
    assert "on its way" in act(console, webhook, "ping")
    assert "Paused" in act(console, webhook, "pause")
    assert "Resume it first" in act(console, webhook, "ping")
    assert "Resumed" in act(console, webhook, "resume")
    shown = act(console, webhook, "rotate")
    assert "whsec_" in shown
    assert "signed with the secret before" in shown
    assert "are removed" in act(console, webhook, "remove")
    assert not Webhook.objects.exists()


def test_deliveries_say_how_they_went_and_are_sent_again(console: Client, webhook: Webhook) -> None:
    act(console, webhook, "ping")
    log = [{"at": "2026-11-29T12:00:00Z", "milliseconds": 7, "status": 500, "failure": "status"}]
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(state="given_up", next_at=None, log=log)
    page = console.get(f"{PAGE}{webhook.pk}/").content.decode()
    assert "500 · Refused · 7 ms" in page
    assert escape(delivery.body) in page
    assert "The delivery is sent again" in act(
        console, webhook, "replay", delivery=str(delivery.pk)
    )
    WebhookDelivery.objects.update(state="given_up", next_at=None)
    assert "1 delivery is sent again" in act(console, webhook, "replay-failed")
    for unknown in ("x", "00000000-0000-0000-0000-000000000000"):
        answer = console.post(f"{PAGE}{webhook.pk}/", {"act": "replay", "delivery": unknown})
        assert answer.status_code == 404


def test_address_and_events_are_changed(console: Client, webhook: Webhook) -> None:
    address = f"{PAGE}{webhook.pk}/"
    changed = ADDED | {"events": ["run.finished"]}
    assert "Saved." in console.post(address, changed, follow=True).content.decode()
    webhook.refresh_from_db()
    assert webhook.events == ["run.finished"]
    refused = console.post(address, changed | {"url": "https://10.0.0.1/"}).content.decode()
    assert "private network" in refused


def test_a_change_that_does_not_fit_is_said_and_changes_nothing(
    console: Client, webhook: Webhook
) -> None:
    for changed in ({"events": ["ping"]}, {"url": "https://10.0.0.1/"}):
        page = console.post(f"{PAGE}{webhook.pk}/", ADDED | changed).content.decode()
        assert "errorlist" in page
    # Pausing twice is pausing once.
    for _ in range(2):
        act(console, webhook, "pause")
    webhook.refresh_from_db()
    assert (webhook.url, webhook.events, webhook.state) == (
        ADDED["url"], ["release.made"], "paused",
    )  # fmt: skip
