"""The study document: what was asked, on which scales, and how opinion scores were made.

It comes with every export (`study.json` next to it), so that a file can be read without the site.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from ...models import OpinionRelease, Study
from ...studies.counting import COUNTING_IN_WORDS
from ..methods import METHODS
from .dictionary import dictionary
from .facts import Facts

#: Of metadata, what has a cell of its own in a table; structures have none.
_KEYS = """
SELECT DISTINCT said.key FROM annotation_stimulus, jsonb_each(metadata) AS said
WHERE study_id = %s AND jsonb_typeof(said.value) NOT IN ('object', 'array', 'null')
ORDER BY said.key
"""


def facts_of(study: Study) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [study.pk])
        keys = tuple(key for (key,) in cursor.fetchall())
    return Facts(
        study.slug,
        study.title,
        tuple(study.perspective_settings),
        COUNTING_IN_WORDS,
        keys,
    )


def study_document(
    study: Study, release: OpinionRelease, protocols: Sequence[int]
) -> dict[str, Any]:
    """release: the one whose opinion scores the export has; protocols: the numbers of its own."""
    facts = facts_of(study)
    return {
        **facts.to_json(),
        # What raters were asked; each trial names its protocol's number.
        "protocols": [
            {"number": row.number, "content": row.content} for row in study.protocols.all()
        ],
        "opinion_scores": _own_json(release, protocols),
        "published": [
            _imported_json(item)
            for item in study.opinion_releases.filter(kind=OpinionRelease.Kind.IMPORTED)
        ],
        "tables": dictionary(facts),
    }


def protocols_of(release: OpinionRelease) -> list[int]:
    """Numbers of the protocols by which the answers of a stored release were given."""
    return list(release.protocols.values_list("number", flat=True))


def _shared_json(release: OpinionRelease) -> dict[str, Any]:
    return {
        "number": release.number,
        "name": release.name,
        "kind": release.kind,
        "state": release.state,
        "computed_at": release.computed_at.isoformat(),
    }


def _imported_json(release: OpinionRelease) -> dict[str, Any]:
    return {
        **_shared_json(release),
        "source": release.source,
        "minimum": release.minimum,
        "maximum": release.maximum,
        "direction": release.direction,
        "score_kind": release.score_kind,
    }


def _own_json(release: OpinionRelease, protocols: Sequence[int]) -> dict[str, Any]:
    return {
        **_shared_json(release),
        "method": release.method,
        "method_version": release.method_version,
        "citation": METHODS[release.method].citation if release.method in METHODS else "",
        "parameters": release.parameters,
        "protocols": list(protocols),
        "counts_rule": release.counts_rule,
        "ratings": release.ratings,
        # Ratings that it was made of, at most, and that are gone with their raters.
        "ratings_erased": sum(item.ratings for item in release.erasures.all()) if release.pk else 0,
        "content_sha256": release.content_sha256,
    }
