"""The study document: what was asked, on which scales, and how opinion scores were made.

It comes with every export (`study.json` next to it), so that a file can be read without the site.
"""

from typing import Any

from ...models import OpinionRelease, Study
from ..methods import METHODS
from ..releases import live_release
from .formats import Header

#: Increased when the layout of records or of this document changes.
LAYOUT = 2


def header_of(study: Study) -> Header:
    """What holds for all records of an export; the live release is brought up to date first."""
    keys = tuple(item.key for item in study.perspective_settings)
    return Header(keys, study_document(study))


def study_document(study: Study) -> dict[str, Any]:
    release = live_release(study, wait=True)
    return {
        "format": "mint-study",
        "layout": LAYOUT,
        "study": study.slug,
        "title": study.title,
        "perspectives": [item.to_json() for item in study.perspective_settings],
        # What raters were asked; each trial names its protocol's number.
        "protocols": [
            {"number": row.number, "content": row.content} for row in study.protocols.all()
        ],
        "opinion_scores": release_json(release),
        "published": [
            release_json(item)
            for item in study.opinion_releases.filter(kind=OpinionRelease.Kind.IMPORTED)
        ],
    }


def release_json(release: OpinionRelease) -> dict[str, Any]:
    """A release without its scores; the API gives the same."""
    own = release.kind == OpinionRelease.Kind.OWN
    shared = {
        "number": release.number,
        "name": release.name,
        "kind": release.kind,
        "state": release.state,
        "computed_at": release.computed_at.isoformat(),
    }
    if not own:
        return {
            **shared,
            "source": release.source,
            "minimum": release.minimum,
            "maximum": release.maximum,
            "direction": release.direction,
            "score_kind": release.score_kind,
        }
    return {
        **shared,
        "method": release.method,
        "method_version": release.method_version,
        "citation": METHODS[release.method].citation if release.method in METHODS else "",
        "parameters": release.parameters,
        "protocols": release.protocols,
        "counts_rule": release.counts_rule,
        "ratings": release.ratings,
        "content_sha256": release.content_sha256,
    }
