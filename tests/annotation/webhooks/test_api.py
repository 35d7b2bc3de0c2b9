"""Webhooks by API: for those who manage a study; a secret is shown once."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from annotation.models import AuditEntry, Study, Webhook, WebhookDelivery
from annotation.webhooks import services
from annotation.webhooks.sealing import unseal
from tests.conftest import Sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]

API = "/api/v1/studies/demo/webhooks/"
WANTED = {"url": "https://lab.example/hook?key=1", "events": ["release.made", "rater.flagged"]}


@pytest.fixture(autouse=True)
def _study(study: Study) -> None:
    pass


def send(client: Client, method: str, address: str, body: Any = None) -> Any:
    return getattr(client, method)(address, body, content_type="application/json")


@pytest.fixture
def added(console: Client) -> dict[str, Any]:
    response = send(console, "post", API, WANTED)
    assert response.status_code == 201
    return dict(response.json())


def test_a_secret_is_shown_once_and_sealed(console: Client, added: dict[str, Any]) -> None:
    secret = added.pop("secret")
    assert added["events"] == ["rater.flagged", "release.made"]
    assert console.get(f"{API}{added['id']}/").json() == added
    assert console.get(API).json()["results"] == [added]
    kept = bytes(Webhook.objects.get().secret)
    assert unseal(kept) == secret
    assert secret.removeprefix("whsec_").encode() not in kept
    entry = AuditEntry.objects.get(action="webhook.added")
    assert entry.detail == {
        "webhook": added["id"],
        "host": "lab.example",
        "events": ["rater.flagged", "release.made"],
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "http://lab.example/"},
        {"url": "https://10.0.0.1/"},
        {"url": "https://localhost/"},
        {"url": "lab.example"},
        {"events": []},
        {"events": ["ping"]},
        {"events": ["release.made", "rating.given"]},
        {"secret": "whsec_AAAA"},
    ],
)
def test_what_does_not_fit_adds_nothing(console: Client, changed: dict[str, Any]) -> None:
    refused = send(console, "post", API, WANTED | changed)
    assert refused.status_code == 400
    assert not Webhook.objects.exists()


def test_an_allowed_host_may_be_private(console: Client, settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = ["10.0.0.1:8000"]
    body = WANTED | {"url": "http://10.0.0.1:8000/hook"}
    assert send(console, "post", API, body).status_code == 201


def test_a_study_has_so_many_at_most(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_WEBHOOKS", 1)
    assert send(console, "post", API, WANTED).status_code == 201
    assert send(console, "post", API, WANTED).json()["code"] == "webhook_invalid"


def test_it_is_changed_paused_resumed_and_removed(console: Client, added: dict[str, Any]) -> None:
    address = f"{API}{added['id']}/"
    changed = send(console, "patch", address, {"events": ["run.finished"], "paused": True}).json()
    assert (changed["events"], changed["state"]) == (["run.finished"], "paused")
    assert changed["url"] == WANTED["url"]
    for path in ("ping/", "replay/"):
        assert console.post(address + path).json()["code"] == "webhook_stopped"
    assert send(console, "patch", address, {"paused": False}).json()["state"] == "active"
    assert send(console, "patch", address, {"url": "https://10.0.0.1/"}).status_code == 400
    assert send(console, "patch", address, {"events": ["run.finished"]}).status_code == 200
    assert console.delete(address).status_code == 204
    assert console.get(address).status_code == 404
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [
        "webhook.added",
        "webhook.changed",
        "webhook.paused",
        "webhook.active",
        "webhook.removed",
    ]


def test_a_new_secret(console: Client, added: dict[str, Any]) -> None:
    rotated = console.post(f"{API}{added['id']}/rotate/").json()
    assert rotated["secret"] not in (added["secret"], "")
    assert rotated["previous_until"] > rotated["created_at"]
    webhook = Webhook.objects.get()
    assert unseal(webhook.secret) == rotated["secret"]
    assert unseal(webhook.previous_secret or b"") == added["secret"]


def test_a_ping_is_listed_and_sent_again(
    console: Client, added: dict[str, Any], sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    address = f"{API}{added['id']}/"
    with django_capture_on_commit_callbacks(execute=True):
        pinged = console.post(f"{address}ping/")
    assert (pinged.status_code, pinged.json()["state"]) == (202, "waiting")
    told = json.loads(pinged.json()["body"])
    assert (told["type"], told["data"]) == ("ping", {"study": "demo", "webhook": added["id"]})
    assert sent == [("annotation.webhooks.tasks.send_webhooks", ())]
    log = [{"at": told["timestamp"], "milliseconds": 7, "status": 500, "failure": "status"}]
    WebhookDelivery.objects.update(state="given_up", next_at=None, log=log, failures=10)
    (listed,) = console.get(f"{address}deliveries/").json()["results"]
    assert (listed["state"], listed["log"]) == ("given_up", log)
    again = console.post(f"{address}deliveries/{listed['id']}/replay/")
    assert (again.status_code, again.json()["message_id"]) == (202, listed["message_id"])
    WebhookDelivery.objects.update(state="given_up", next_at=None)
    assert console.post(f"{address}replay/").json() == {"replayed": 1}
    assert WebhookDelivery.objects.get().state == "waiting"


def test_a_copy_of_the_study_has_no_webhooks(console: Client, added: dict[str, Any]) -> None:
    body = {"title": "Copy"}
    assert send(console, "post", "/api/v1/studies/demo/duplicate/", body).status_code == 201
    assert Webhook.objects.count() == 1
