"""What raters were told had arrived, held against what PostgreSQL has: plain SQL, so that a fault
of the site's own code does not hide itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import psycopg

from benchmarks.results import percentile
from chaos.crowd import Journal

_SCORES = """
SELECT trial.id, perspective.key, score.value
FROM annotation_trial AS trial
LEFT JOIN annotation_score AS score ON score.trial_id = trial.id AND score.superseded_at IS NULL
LEFT JOIN annotation_perspective AS perspective ON perspective.id = score.perspective_id
WHERE trial.state = 'submitted' AND trial.study_id = %(study)s
"""
_OVER_CAP = """
SELECT count(*) FROM annotation_stimulus AS stimulus WHERE study_id = %(study)s AND (
    SELECT count(*) FROM annotation_trial AS trial WHERE trial.stimulus_id = stimulus.id
    AND role = 'main' AND trial.state = 'submitted'
) > maximum_ratings
"""
_SEEN_TWICE = """
SELECT count(*) FROM (
    SELECT 1 FROM annotation_trial WHERE study_id = %(study)s AND role = 'main'
    AND state = 'submitted' GROUP BY rater_id, stimulus_id HAVING count(*) > 1
) AS pair
"""
_REVISED = """
SELECT count(DISTINCT trial.id) FROM annotation_score AS score
JOIN annotation_trial AS trial ON trial.id = score.trial_id
WHERE trial.study_id = %(study)s AND score.revision > 1
"""
_WRONG_PLACES = """
SELECT count(*) FROM annotation_stimulus AS stimulus WHERE study_id = %(study)s
AND claimed_ratings <> (
    SELECT count(*) FROM annotation_trial AS trial WHERE trial.stimulus_id = stimulus.id
    AND role = 'main' AND trial.state IN ('submitted', 'leased')
)
"""


@dataclass(frozen=True)
class Reconciled:
    """Counts of ratings that must be 0, but for `acknowledged` and `stored`.

    `lost`: acknowledged and not stored; `changed`: stored with other scores; `unasked`: stored
    though no rater sent it; `doubled`: stored twice over, by revision; `seen_twice`: pairs of rater
    and image with two ratings; `over_cap`: images with more than may be; `miscounted`: images whose
    counter of places is not the number of places taken.
    """

    acknowledged: int
    stored: int
    lost: int
    changed: int
    unasked: int
    doubled: int
    seen_twice: int
    over_cap: int
    miscounted: int

    @property
    def faults(self) -> dict[str, int]:
        """Those of the counts above that are not 0."""
        harmless = ("acknowledged", "stored")
        return {name: n for name, n in vars(self).items() if n and name not in harmless}


def reconcile(database_url: str, slug: str, journals: Iterable[Journal]) -> Reconciled:
    """The study's stored ratings, held against all that its raters know."""
    known: dict[int, Mapping[str, float]] = {}
    sent: set[int] = set()
    for journal in journals:
        known |= {trial: scores for trial, _place, scores, _sent, _at in journal.acknowledged}
        sent |= {trial for trial, _said in journal.refused} | set(journal.open)
    with psycopg.connect(database_url) as connection:
        values = {"study": _number(connection, slug)}
        stored: defaultdict[int, dict[str, float]] = defaultdict(dict)
        for trial, key, value in connection.execute(_SCORES, values).fetchall():
            stored[trial] |= {} if key is None else {key: value}
        return Reconciled(
            acknowledged=len(known),
            stored=len(stored),
            lost=sum(not stored.get(trial) for trial in known),
            changed=sum(
                bool(stored.get(trial)) and stored[trial] != scores
                for trial, scores in known.items()
            ),
            unasked=len(stored.keys() - known.keys() - sent),
            doubled=_count(connection, _REVISED, values),
            seen_twice=_count(connection, _SEEN_TWICE, values),
            over_cap=_count(connection, _OVER_CAP, values),
            miscounted=_count(connection, _WRONG_PLACES, values),
        )


def longest_silence(journal: Journal) -> float:
    """Seconds of the longest time without any acknowledgement, also at the beginning and end."""
    times = sorted(row[4] for row in journal.acknowledged)
    moments = [journal.begun, *(at for at in times if at <= journal.ended), journal.ended]
    return max(later - earlier for earlier, later in pairwise(moments))


def served_after(journal: Journal, moment: float) -> float | None:
    """Seconds from a moment to the first answer that was acknowledged after it."""
    later = [row[4] - moment for row in journal.acknowledged if row[4] > moment]
    return min(later, default=None)


def p95_ms(journal: Journal, since: float, until: float) -> float:
    """Of the milliseconds from sending to acknowledgement, of answers sent in between."""
    taken = [1000 * (at - sent) for *_row, sent, at in journal.acknowledged if since < sent < until]
    return percentile(taken, 95)


def _number(connection: "psycopg.Connection[Any]", slug: str) -> int:
    asked = "SELECT id FROM annotation_study WHERE slug = %s"
    found = connection.execute(asked, [slug]).fetchone()
    if found is None:
        raise ValueError(f"no study {slug}")
    return int(found[0])


def _count(connection: "psycopg.Connection[Any]", asked: "str", values: Mapping[str, int]) -> int:
    found = connection.execute(asked, values).fetchone()
    return int(found[0]) if found else 0
