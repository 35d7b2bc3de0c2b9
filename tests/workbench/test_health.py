"""What a load balancer, or `make demo`, asks before it sends people here."""

import time

import pytest
import redis
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
def test_ready_means_that_postgresql_and_redis_answer(client: Client) -> None:
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {"ready": True}


@pytest.mark.django_db
def test_a_redis_that_does_not_answer_is_named(client: Client, settings: Settings) -> None:
    # Port 1 is reserved and nobody listens there.
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    begun = time.monotonic()
    response = client.get("/health/ready")
    assert time.monotonic() - begun < 2
    assert response.status_code == 503
    assert response.json() == {"ready": False, "redis": redis.ConnectionError.__name__}


def test_live_asks_nobody(client: Client) -> None:
    assert client.get("/health/live").content == b"ok"
