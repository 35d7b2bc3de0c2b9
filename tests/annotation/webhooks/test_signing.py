"""Signatures, and when a delivery comes again: no database."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook as Verifier

from annotation.webhooks import services
from annotation.webhooks.errors import WebhookError
from annotation.webhooks.schedule import DELAYS, delay_after, seconds_asked
from annotation.webhooks.signing import new_secret, signed_headers

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def test_the_vector_of_the_specifications_libraries() -> None:
    """As in their tests (libraries/*/webhook_test: "TestVerify", "sign works")."""
    headers = signed_headers(
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
        secrets_now=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_either_secret_verifies_while_one_replaces_the_other() -> None:
    old, new = new_secret(), new_secret()
    headers = signed_headers(
        message_id="msg_1",
        timestamp=int(datetime.now(UTC).timestamp()),
        body=b'{"a":1}',
        secrets_now=[new, old],
    )
    for secret in (new, old):
        assert Verifier(secret).verify(b'{"a":1}', headers) == {"a": 1}


def test_a_secret_has_the_form_of_the_specification() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64
    assert new_secret() != secret


def test_delays_are_those_of_the_specification_and_more_by_chance() -> None:
    """Its table: 00:00:05, 00:05:05, … 75:35:05 since the start."""
    since = [sum(DELAYS[: number + 1]) for number in range(len(DELAYS))]
    assert (since[0], since[1], since[2]) == (5, 305, 2105)
    assert since[-1] == 75 * 3600 + 35 * 60 + 5
    assert delay_after(1, chance=0.0) == 5
    assert delay_after(2, chance=1.0) == 360
    assert delay_after(len(DELAYS), chance=0.0) == 86400
    assert delay_after(len(DELAYS) + 1, chance=0.0) is None


def test_a_receiver_may_ask_for_more_time_up_to_a_day() -> None:
    assert delay_after(1, chance=0.0, asked=120.0) == 120
    assert delay_after(2, chance=0.0, asked=120.0) == 300
    assert delay_after(1, chance=0.0, asked=1e9) == 86400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("120", 120),
        ("-5", 0),
        ("soon", 0),
        ("٣", 0),
        ("9" * 400, 999999999),
        ("Sun, 29 Nov 2026 12:02:00 GMT", 120),
        ("Sun, 29 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 29 Nov 2026 12:00:10", 10),
    ],
)
def test_what_retry_after_asks_for(header: str, seconds: float) -> None:
    assert seconds_asked(header, NOW) == seconds
    assert seconds_asked(header, NOW - timedelta(0)) == seconds


@pytest.mark.parametrize("events", [[], ["ping"], ["release.made", "rating.given"]])
def test_events_that_nobody_can_ask_for_are_refused(events: list[str]) -> None:
    with pytest.raises(WebhookError, match="Choose at least one"):
        services._checked_events(events)
