"""Published opinion scores, as imports wrote them: one release per source."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ..models import OpinionRelease, OpinionScore, Study
from .copying import copy_in
from .numbering import hold_off_writers, next_number
from .sources import Source
from .units import UnitScale

#: Of a published score: whose it is, and what differs between those of a release.
_OWNER = ("study_id", "release_id")
_COLUMNS = ("perspective_id", "stimulus_id", "value", "sd", "n", "histogram")
#: The source of scores that owners expect of images that they chose for practice or as gold. Where
#: there is one, it is what the image is worth: it was given on purpose.
CHOSEN = "chosen"
#: What the hash of an imported release is of: the release's fields, then its rows'.
_FACTS = ("source", "minimum", "maximum", "direction", "score_kind")
_CONTENT = ("perspective__key", "stimulus", "value", "sd", "n", "histogram")


def release_of(study: Study, source: Source) -> OpinionRelease:
    """The source's release, created if there is none.

    Run it in a transaction. A release keeps the scale that it began with.
    """
    hold_off_writers(study)
    found = OpinionRelease.objects.filter(study=study, source=source.name).first()
    return found or OpinionRelease.objects.create(
        study=study,
        number=next_number(study),
        kind=OpinionRelease.Kind.IMPORTED,
        source=source.name,
        minimum=source.minimum,
        maximum=source.maximum,
        direction=source.direction,
        score_kind=source.score_kind,
        computed_at=timezone.now(),
    )


def scale_of(release: OpinionRelease) -> UnitScale:
    """The scale of an imported release."""
    assert release.minimum is not None  # noqa: S101 -- a constraint; this tells mypy
    assert release.maximum is not None  # noqa: S101 -- likewise
    return UnitScale(release.minimum, release.maximum, release.direction)


def imported_stamp(study: Study) -> str:
    """Another one whenever an import has written published scores."""
    releases = study.opinion_releases.filter(kind=OpinionRelease.Kind.IMPORTED).order_by("number")
    rows = releases.values_list("number", "computed_at")
    return json.dumps([[number, at.isoformat()] for number, at in rows])


def imported_scores(study_id: int) -> QuerySet[OpinionScore]:
    """All published scores of a study, with their releases."""
    return OpinionScore.objects.filter(
        study=study_id, release__kind=OpinionRelease.Kind.IMPORTED
    ).select_related("release", "perspective")


def known_units(scores: Iterable[OpinionScore]) -> dict[tuple[int, str], float]:
    """(Stimulus, perspective's key) → its known score, on 0…1.

    For an image with several publications their mean is expected, unless an owner chose a score.
    """
    published: dict[tuple[int, str], list[float]] = {}
    chosen: dict[tuple[int, str], float] = {}
    for score in scores:
        key, unit = (
            (score.stimulus_id, score.perspective.key),
            scale_of(score.release).of(score.value),
        )
        published.setdefault(key, []).append(unit)
        if score.release.source == CHOSEN:
            chosen[key] = unit
    return {key: fmean(units) for key, units in published.items()} | chosen


def on_scale(
    source: Source, published: UnitScale, value: float, sd: float | None
) -> tuple[float, float | None]:
    """An imported score and its standard deviation on the scale of `source`; `published`: the
    scale of its release."""
    if published == source.scale:
        return value, sd
    spread = None if sd is None else published.spread(sd) * source.scale.range
    return source.scale.value(published.of(value)), spread


@dataclass(frozen=True, slots=True)
class Published:
    """One published score on its source's scale; `n` raters."""

    stimulus: int
    perspective: str
    value: float
    sd: float | None = None
    n: int | None = None
    #: Scores per level, from the lowest.
    histogram: Sequence[int] | None = None


def write_published(study: Study, source: Source, scores: Sequence[Published]) -> None:
    """Add scores to the source's release; they replace its scores of the same stimuli and
    perspectives. Run it in a transaction."""
    release = release_of(study, source)
    perspectives = {row.key: row.pk for row in study.perspectives.all()}
    old = OpinionScore.objects.filter(release=release)
    for perspective, pk in perspectives.items() if old.exists() else ():
        stimuli = [item.stimulus for item in scores if item.perspective == perspective]
        old.filter(perspective=pk, stimulus__in=stimuli).delete()
    kept = scale_of(release)
    moved = None if kept == source.scale else kept
    rows = (_row(moved, source, item, perspectives) for item in scores)
    copy_in(OpinionScore, (*_OWNER, *_COLUMNS), rows, owner=(release.study_id, release.pk))
    release.computed_at = timezone.now()
    release.save(update_fields=["computed_at"])
    renew_content(release)


def renew_content(release: OpinionRelease) -> str:
    """The hash of what an imported release says now, and of how it was published; kept in the
    release. Rows can go without it, with an image or a perspective: who relies on it asks here."""
    facts = [getattr(release, name) for name in _FACTS]
    digest = hashlib.sha256(json.dumps(facts).encode())
    rows = release.scores.order_by("perspective__key", "stimulus").values_list(*_CONTENT)
    for row in rows.iterator(chunk_size=10_000):
        digest.update(json.dumps(row).encode() + b"\n")
    release.content_sha256 = digest.hexdigest()
    release.save(update_fields=["content_sha256"])
    return release.content_sha256


def _row(
    scale: UnitScale | None, source: Source, score: Published, perspectives: Mapping[str, int]
) -> tuple[Any, ...]:
    """The values of `_COLUMNS`; scale: of the release, if it is not the source's."""
    value, sd = score.value, score.sd
    if scale is not None:
        value = scale.value(source.scale.of(value))
        sd = None if sd is None else source.scale.spread(sd) * scale.range
    counts = None if score.histogram is None else json.dumps(list(score.histogram))
    return perspectives[score.perspective], score.stimulus, value, sd, score.n, counts
