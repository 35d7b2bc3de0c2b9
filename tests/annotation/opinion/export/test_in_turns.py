"""Rows made on two connections: the same bytes as on one, and no connection left behind."""

import errno
import time
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import DataError, connection

from annotation.models import Score, Stimulus, Study, Trial
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.in_turns import in_turns
from annotation.opinion.export.records import exported
from tests.annotation.opinion.export.rated import rate
from tests.factories import make_explanation, make_rater, make_stimuli, publish
from workbench.core import second_connection as second
from workbench.core.statements import one_view

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]

ONE = "SELECT '\\x{0:02x}'::bytea, NULL::bytea FROM pg_sleep(0.01)"
#: What other connections do, those of PostgreSQL's own processes left out.
_OTHERS = """
SELECT application_name, query FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()
"""


def others() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS)
        return list(cursor.fetchall())


def gone(before: list[Any]) -> bool:
    """Whether no connection is left; PostgreSQL takes a moment to end one that was closed."""
    end = time.monotonic() + 20
    while len(others()) > len(before) and time.monotonic() < end:
        time.sleep(0.01)
    return len(others()) <= len(before)


def at_work(number: int) -> None:
    """Waits until so many are: PostgreSQL has nothing to stop before."""
    watching = connection.copy()
    with watching.cursor() as cursor:
        found = 0
        while found < number:
            cursor.execute(f"SELECT count(*) FROM ({_OTHERS} AND state = 'active') AS at_work")
            (found,) = cursor.fetchone()
    watching.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[psycopg.Connection[Any]]:
    """Second connections that there were."""
    found = []
    was = second._opened

    def open_one() -> "psycopg.Connection[Any]":
        found.append(was())
        return found[-1]

    monkeypatch.setattr(second, "_opened", open_one)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each statement is about one image, and much."""
    monkeypatch.setattr("annotation.opinion.export.asked._FIRST", 1)
    monkeypatch.setattr("annotation.opinion.export.asked._BYTES", 1)


@pytest.fixture
def rated(study: Study) -> list[Stimulus]:
    images = make_stimuli(study, 12, metadata={"seed": 1})
    for number in range(2):
        rater = make_rater(study)
        for place, image in enumerate(images[:10]):
            trial = rate(rater, image, {"quality": 1 + (place + number) % 5}, position=place)
            make_explanation(trial, "quality", text=f"{place} 一只狐狸")
    publish(images[11], "quality", 61.5, source="else", scale=(0, 100), raters=28)
    return images


def data_of(study: Study, form: str) -> bytes:
    return b"".join(exported(study, FORMATS[form], raw=True))


def made(number: int, *, grow: bool) -> Iterator[bytes]:
    """Each of so many while those before it are used."""
    with in_turns() as turns:
        asked = 0
        while asked < number or turns.busy:
            while asked < number and turns.idle():
                turns.begin(ONE.format(asked))
                asked += 1
            fields = turns.take()
            assert fields is not None
            assert fields[1] == b""
            yield fields[0]
            if grow:
                turns.grow()


@pytest.mark.parametrize("grow", [False, True])
def test_rows_come_in_the_order_in_which_they_were_asked_for(grow: bool, opened: list[Any]) -> None:
    with one_view():
        assert list(made(6, grow=grow)) == [b"\0", b"\1", b"\2", b"\3", b"\4", b"\5"]
    assert [own.closed for own in opened] == [True] * grow


def test_a_disk_that_is_full_in_the_midst_ends_it(opened: list[Any]) -> None:
    """It waited for ever for the connection that the reading held."""

    def stored(pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Keeps the pieces in its frame, which the error keeps."""
        for piece in pieces:
            if piece == b"\3":
                raise OSError(errno.ENOSPC, "No space left on device")
            yield piece

    before = others()
    with pytest.raises(OSError, match="No space left"), one_view():
        list(stored(made(9, grow=True)))
    assert len(opened) == 1
    assert gone(before)


def taken(queries: list[str], *, wait: bool = False) -> None:
    """The rows of two queries, one of each connection; wait: until both are being made."""
    with one_view(), in_turns() as turns:
        turns.grow()
        for query in queries:
            turns.begin(query)
        if wait:
            at_work(2)
            raise KeyboardInterrupt
        for _ in queries:
            turns.take()


@pytest.mark.parametrize("number", [0, 1])
def test_a_query_that_fails_on_either_connection_says_why(number: int) -> None:
    queries = ["SELECT int4send(1)", "SELECT int4send(2)"]
    queries[number] = "SELECT int4send(1 / 0)"
    with pytest.raises(DataError, match="division by zero"):
        taken(queries)
    assert gone([])


def test_what_is_given_up_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        taken(["SELECT 'x'::bytea FROM pg_sleep(100)"] * 2, wait=True)
    assert gone([])


def test_two_connections_give_the_bytes_of_one(
    study: Study, rated: list[Stimulus], opened: list[Any], small: None
) -> None:
    for form in ("csv", "jsonl", "parquet", "explanations"):
        two = data_of(study, form)
        assert len(opened) == 1
        opened.clear()
        with second._one:
            assert data_of(study, form) == two
        assert opened == []
    assert gone([])


def test_an_image_is_divided_between_two_connections(
    study: Study,
    rated: list[Stimulus],
    opened: list[Any],
    small: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = data_of(study, "parquet")
    monkeypatch.setattr("annotation.opinion.export.spans._TRIALS", 1)
    assert data_of(study, "parquet") == whole
    assert len(opened) == 2


def test_what_is_committed_meanwhile_is_seen_by_neither(
    study: Study, rated: list[Stimulus], opened: list[Any], small: None
) -> None:
    whole = data_of(study, "csv")
    opened.clear()
    pieces = exported(study, FORMATS["csv"], raw=True)
    found = [next(pieces) for _ in range(3)]
    assert len(opened) == 1
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(f"UPDATE {Score._meta.db_table} SET value = 5")
        cursor.execute(f"UPDATE {Trial._meta.db_table} SET behaviour = '{{\"away_ms\": 7}}'")
    other.close()
    assert b"".join([*found, *pieces]) == whole
    assert data_of(study, "csv") != whole


def test_a_client_that_goes_leaves_no_connection(
    study: Study, rated: list[Stimulus], opened: list[Any], small: None
) -> None:
    before = others()
    for form in ("csv", "jsonl", "parquet", "explanations"):
        pieces = exported(study, FORMATS[form])
        for _ in range(4):
            next(pieces, None)
        pieces.close()
        assert not connection.in_atomic_block
        assert Study.objects.count() == 1
    assert len(opened) == 4
    assert gone(before)


def test_a_refused_connection_costs_only_time(
    study: Study, rated: list[Stimulus], small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, asked = data_of(study, "csv"), []
    was = second._opened

    def refused() -> object:
        asked.append(1)
        monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")
        return was()

    monkeypatch.setattr(second, "_opened", refused)
    assert data_of(study, "csv") == whole
    assert asked == [1]


def test_a_small_study_takes_one(study: Study, rated: list[Stimulus], opened: list[Any]) -> None:
    assert data_of(study, "csv")
    assert opened == []


def test_the_second_keeps_the_rules_of_the_first() -> None:
    """Its job's name, by which a worker that stands still is ended, and how long it may be
    silent."""
    rules = (
        "SELECT current_setting('application_name'), current_setting('statement_timeout'), "
        "current_setting('idle_in_transaction_session_timeout'), current_setting('timezone'), "
        "current_setting('transaction_isolation'), current_setting('transaction_read_only'), "
        "pg_current_snapshot()::text"
    )
    with connection.cursor() as cursor, one_view():
        cursor.execute("SELECT set_config('application_name', 'job 7 fence 1', true)")
        cursor.execute("SET LOCAL statement_timeout = '50s'")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
        cursor.execute("SET LOCAL timezone = 'Asia/Shanghai'")
        cursor.execute(rules)
        first = cursor.fetchone()
        with second.second_connection() as own, second.second_connection() as none:
            assert own is not None
            assert own.execute(rules).fetchone() == first
            assert first[:2] == ("job 7 fence 1", "50s")
            # One in each process.
            assert none is None
    assert gone([])


def test_a_view_with_rows_of_its_own_is_not_shared(study: Study) -> None:
    with one_view(read_only=False), second.second_connection() as none:
        assert none is None
    with one_view(), one_view(), second.second_connection() as none:
        assert none is None
