"""Rows of `make chaos`, a few seconds each: raters rate through what breaks, then all is counted.

A worker killed in the middle of its work has tests of its own, in `test_worker_killed`.
"""

from collections.abc import Iterator

import pytest

from chaos.crowd import Journal
from chaos.ledger import reconcile
from chaos.outcome import Outcome, Plan
from chaos.rows.servers import empty_redis, end_postgres, kill_web
from chaos.site import ChaosSite, chaos_site

pytestmark = [pytest.mark.worker, pytest.mark.slow]

SLUG = "chaos"
PLAN = Plan(seconds=4.0, raters=4, pause=0.05)


@pytest.fixture(scope="module")
def site() -> Iterator[ChaosSite]:
    """One site and one study, so that places are still fought for after each fault."""
    with chaos_site(lambda _line: None) as site:
        site.inside("study", slug=SLUG, images=400, wanted=3)
        yield site


def require_nothing_lost(outcome: Outcome) -> None:
    found = outcome.reconciled
    assert found is not None
    assert found.acknowledged > 0
    assert found.faults == {}


def test_no_rating_is_lost_when_all_web_workers_are_killed(site: ChaosSite) -> None:
    outcome = kill_web(site, SLUG, PLAN, every=1.0)
    assert outcome.figures["killed"] > 0
    require_nothing_lost(outcome)


def test_no_rating_is_lost_when_postgresql_is_killed_and_started(site: ChaosSite) -> None:
    outcome = end_postgres(site, SLUG, PLAN, away=0.5, kill=True)
    require_nothing_lost(outcome)
    assert outcome.figures["serving again after"] != "never"


def test_raters_do_not_notice_that_redis_is_killed_and_empty(site: ChaosSite) -> None:
    outcome = empty_redis(site, SLUG, PLAN, away=1.0)
    require_nothing_lost(outcome)
    assert outcome.figures["failed requests"] == 0


def test_a_rating_that_is_lost_changed_or_unasked_is_found(site: ChaosSite) -> None:
    """The rows above prove nothing if the count cannot fail."""
    known = Journal()
    for journal in site.journals[SLUG]:
        known.acknowledged += journal.acknowledged
        known.open += journal.open
    first, second, *rest = known.acknowledged
    trial, rater, scores, sent, at = second
    known.acknowledged = [
        (trial, rater, {name: 6 - value for name, value in scores.items()} | {"x": 1}, sent, at),
        (10**9, *first[1:]),
        *rest,
    ]
    found = reconcile(site.stack.services.database_url, SLUG, [known])
    assert found.faults == {"lost": 1, "changed": 1, "unasked": 1}
