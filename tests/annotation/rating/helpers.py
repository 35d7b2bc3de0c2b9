"""What tests of the rating services share."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from annotation.models import Rater, Study
from annotation.raters.access import Access, find_access
from annotation.studies.protocols import current_protocol
from tests.factories import make_session

_RECOUNT = """
SELECT count(*) FROM annotation_stimulus AS stimulus WHERE claimed_ratings <> (
    SELECT count(*) FROM annotation_trial AS trial
    WHERE trial.stimulus_id = stimulus.id AND trial.state IN ('leased', 'submitted')
        AND trial.role = 'main'
)
"""


def access_of(rater: Rater) -> Access:
    access = find_access(rater.code)
    assert access is not None
    return access


def in_rating(rater: Rater, seed: int = 1) -> Access:
    """The access of `rater` in a new session, past the instructions."""
    make_session(rater, seed=seed)
    return access_of(rater)


def wrong_counters() -> int:
    """How many stimuli have a counter that differs from a recount of their trials."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT)
        row = cursor.fetchone()
    return int(row[0])


def set_study(study: Study, **fields: object) -> None:
    """Changes it as its owner would: the protocol follows, if nobody has answered under it yet."""
    Study.objects.filter(pk=study.pk).update(**fields)
    current_protocol(study.pk)


def at_once(work: Callable[[Any], object], items: list[Any]) -> None:
    """Runs `work` on all items, started together; re-raises what any of them raised."""
    gate = threading.Barrier(len(items))

    def run(item: Any) -> None:
        try:
            gate.wait()
            work(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(items)) as pool:
        list(pool.map(run, items))
