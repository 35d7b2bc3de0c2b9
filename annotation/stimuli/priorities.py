"""Priorities of stimuli: the one thing that a model writes back."""

from collections.abc import Mapping

from django.db import connection

from ..models import Study

_SQL = """
UPDATE annotation_stimulus AS stimulus SET priority = new.priority
FROM unnest(%s::bigint[], %s::float8[]) AS new (id, priority)
WHERE stimulus.id = new.id AND stimulus.study_id = %s
"""


def set_priorities(*, study: Study, priorities: Mapping[int, float]) -> int:
    """Writes the priorities of the study's stimuli (id → priority, higher first) at once.

    Returns how many were written. One statement, however many there are: claims skip the rows that
    it holds, so it must not hold them long.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [list(priorities), list(priorities.values()), study.pk])
        return int(cursor.rowcount)
