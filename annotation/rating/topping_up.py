"""Images are topped up until their opinion scores are precise enough.

A claim takes what an index has: images with fewer ratings, given or under way, than are wanted. So
topping up is to want one more, in the background, and costs a claim nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection

from ..models import Stimulus, Study
from ..opinion.releases import stored_live

# Of each image the widest of its intervals, as a share of the scale that the scores are on.
_WIDEST_OF = """
SELECT score.stimulus_id, max((score.high - score.low) / 2 / (its.maximum - its.minimum)) AS half
FROM annotation_opinionscore AS score
JOIN annotation_releaseperspective AS its
    ON its.release_id = score.release_id AND its.perspective_id = score.perspective_id
WHERE score.release_id = %(release)s {which}
GROUP BY score.stimulus_id
"""
_WIDEST = _WIDEST_OF.format(which="")
_WIDEST_HERE = _WIDEST_OF.format(which="AND score.stimulus_id = ANY(%(stimuli)s)")
_OF_POOL = """
stimulus.study_id = %(study)s AND stimulus.split = 'pool' AND stimulus.purpose = 'main'
    AND stimulus.state = 'in_use'
"""
# The interval is of what was submitted before it was made: an image with a rating under way, or
# with one that came since, waits for the next turn.
_TOP_UP = f"""
UPDATE annotation_stimulus AS stimulus SET wanted_ratings = stimulus.claimed_ratings + 1
FROM ({_WIDEST}) AS widest
WHERE widest.stimulus_id = stimulus.id AND {_OF_POOL} AND widest.half > %(wanted)s
    AND stimulus.claimed_ratings >= stimulus.wanted_ratings
    AND stimulus.claimed_ratings < stimulus.maximum_ratings
    AND NOT EXISTS (
        SELECT 1 FROM annotation_trial AS trial
        WHERE trial.stimulus_id = stimulus.id AND trial.role = 'main'
            AND (trial.state = 'leased' OR trial.submitted_at > %(made)s)
    )
"""  # noqa: S608 -- the parts put in are constants
_COUNTS = f"""
SELECT count(*) FILTER (WHERE half <= %(wanted)s),
    count(*) FILTER (WHERE half > %(wanted)s AND claimed_ratings < maximum_ratings),
    count(*) FILTER (WHERE half > %(wanted)s AND claimed_ratings >= maximum_ratings)
FROM annotation_stimulus AS stimulus JOIN ({_WIDEST}) AS widest ON widest.stimulus_id = stimulus.id
WHERE {_OF_POOL} AND stimulus.claimed_ratings >= %(target)s
"""  # noqa: S608 -- the parts put in are constants


@dataclass(frozen=True)
class Precision:
    """Images of the pool that have their first ratings: whose intervals are narrow enough, that are
    topped up, and that have all they may get and are wide nevertheless."""

    narrow: int
    wide: int
    at_most: int


def top_up_where_due() -> None:
    """In each open study whose live scores were made again since it was looked at last."""
    for study in Study.objects.filter(
        status=Study.Status.OPEN, wanted_half_width__gt=0, pool_closed=False
    ):
        live = stored_live(study)
        stamp = f"{live.computed_at}:{study.wanted_half_width}" if live else ""
        if live and cache.get(_key(study)) != stamp:
            top_up(study)
            cache.set(_key(study), stamp, None)


def top_up(study: Study) -> int:
    """Has each image that has its ratings and a wide interval get one more; returns how many."""
    live = stored_live(study)
    if live is None or study.wanted_half_width <= 0:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_TOP_UP, _parameters(study, live.pk) | {"made": live.computed_at})
        return int(cursor.rowcount)


def precision_of(study: Study) -> Precision | None:
    """As the live scores stand; None if nothing is topped up."""
    live = stored_live(study)
    if live is None or study.wanted_half_width <= 0:
        return None
    with connection.cursor() as cursor:
        parameters = _parameters(study, live.pk) | {"target": study.target_ratings}
        cursor.execute(_COUNTS, parameters)
        return Precision(*cursor.fetchone())


def half_widths(study: Study, stimuli: Sequence[Stimulus]) -> dict[int, float]:
    """Stimulus → half of the widest of its 95 % intervals in the live scores, as a share of the
    scale; without those that have no interval yet."""
    live = stored_live(study)
    if live is None:
        return {}
    with connection.cursor() as cursor:
        keys = [stimulus.pk for stimulus in stimuli]
        cursor.execute(_WIDEST_HERE, {"release": live.pk, "stimuli": keys})
        return {pk: half for pk, half in cursor.fetchall() if half is not None}


def _parameters(study: Study, release: int) -> dict[str, Any]:
    return {"study": study.pk, "release": release, "wanted": study.wanted_half_width}


def _key(study: Study) -> str:
    return f"topped-up:{study.pk}"
