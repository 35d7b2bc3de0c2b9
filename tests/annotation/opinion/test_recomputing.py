"""What is computed of all answers is computed by one worker, once."""

import time
from contextlib import ExitStack
from itertools import count
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from annotation.opinion import recomputing
from annotation.opinion.recomputing import recomputed, renew

pytestmark = pytest.mark.django_db


def _result(stamp: str) -> Any:
    """What readers get who never compute it."""
    return recomputed("key", stamp, lambda: 0, small=lambda: False, ask=lambda: None, quick=0)


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    cache.delete("key")


def _die(other: BaseDatabaseWrapper) -> None:
    """Ends its connection, and waits until PostgreSQL has noticed."""
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = cursor.fetchone()
    other.close()
    end = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s", process)
            if cursor.fetchone() is None:
                return
            time.sleep(0.01)
    pytest.fail("PostgreSQL keeps the locks of a connection that ended")


def test_a_result_is_not_computed_twice_of_the_same_data() -> None:
    numbers = count(1)
    for stamp in ("first", "first", "second"):
        renew("key", stamp, lambda: next(numbers))
    found = _result("second")
    assert (found.result, found.current) == (2, True)


def test_what_another_worker_is_computing_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    other = connection.copy()
    with monkeypatch.context() as its, ExitStack() as at_work:
        its.setattr(recomputing, "connection", other)
        assert at_work.enter_context(recomputing._alone("key"))
        its.undo()
        renew("key", "first", lambda: pytest.fail("computed by two workers at once"))
        assert _result("first").result is None
        _die(other)
        renew("key", "first", lambda: 7)
    assert _result("first").result == 7


def test_a_failure_leaves_it_to_the_next_one() -> None:
    def fail() -> None:
        raise psycopg.OperationalError("gone")

    with pytest.raises(psycopg.OperationalError):
        renew("key", "first", fail)
    renew("key", "first", lambda: 7)
    assert _result("first").result == 7
