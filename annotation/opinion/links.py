"""Links between the scales of two sources in a study: asked for, kept, and applied to labels.

Two sources meet where they scored the same images. Nothing is linked before an owner asks for it,
and a link stays as it was fitted until they ask again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.statements import one_view
from workbench.core.texts import gettext_noop

from ..models import OpinionRelease, ScaleLink, Stimulus, Study
from ..models.stimulus import COUNTING_STATES
from ..studies.audit import record
from .imported import CHOSEN
from .labels import OWN_RATERS, Label, labels_from
from .linking import FEWEST, Link, LinkError, fit_link
from .releases import live_release, stored_live

#: How many images of the pool two releases have both scored, by perspective.
_COMMON = """
SELECT ours.release_id, ours.perspective_id, theirs.release_id, count(*)
FROM annotation_opinionscore AS ours
JOIN annotation_opinionscore AS theirs
    ON theirs.stimulus_id = ours.stimulus_id AND theirs.perspective_id = ours.perspective_id
    AND theirs.release_id <> ours.release_id
JOIN annotation_stimulus ON annotation_stimulus.id = ours.stimulus_id
WHERE ours.release_id = ANY(%s) AND theirs.release_id = ANY(%s)
    AND split = %s AND purpose = %s AND state = ANY(%s) AND sha256 <> ''
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Meeting:
    """A target that a source's scores from one perspective can be linked to: the name of another
    source, or "" for the study's raters; with the number of common images."""

    target: str
    images: int

    @property
    def enough(self) -> bool:
        return self.images >= FEWEST


@dataclass(frozen=True)
class PublishedScores:
    """What one source has published from one perspective, and where it meets others."""

    release: OpinionRelease
    perspective: str
    images: int
    link: ScaleLink | None
    meetings: tuple[Meeting, ...]

    @property
    def is_outdated(self) -> bool:
        """Whether scores have been imported since its link was fitted."""
        return self.link is not None and self.link.fitted_at < self.release.computed_at


def published_scores(study: Study) -> list[PublishedScores]:
    """By source and perspective, in the order of releases and of the study."""
    releases = {item.pk: item for item in _sources(study)}
    perspectives = {row.pk: row.key for row in study.perspectives.order_by("position")}
    counts = _counts(list(releases))
    links = {(item.release_id, item.perspective_id): item for item in _links(study)}
    common = _common(study, list(releases))
    names = {pk: release.source for pk, release in releases.items()}
    return [
        PublishedScores(
            release,
            key,
            counts[of, perspective],
            links.get((of, perspective)),
            tuple(
                Meeting(names.get(other, ""), number)
                for other, number in sorted(common.get((of, perspective), {}).items())
            ),
        )
        for of, release in releases.items()
        for perspective, key in perspectives.items()
        if (of, perspective) in counts
    ]


def link_scale(
    *, study: Study, actor: User | None, source: str, perspective: str, target: str = ""
) -> ScaleLink:
    """Fits the scores of `source` to those of `target` (another source, or "" for the study's
    raters) on their common images in the pool, and keeps the link instead of an earlier one.

    Raises LinkError if there is none to fit, ReleaseBusyError while own scores are being made.
    """
    release, other = _source(study, source), _source(study, target) if target else None
    row = study.perspectives.filter(key=perspective).first()
    if row is None:
        raise LinkError(
            gettext_noop('the study has no perspective "%(name)s"'),
            gettext_noop("give the key of one of its perspectives"),
            name=perspective[:100],
        )
    _refuse_chains(study, release, other, row.pk)
    link = _fitted(study, release, other, perspective)
    with transaction.atomic():
        made, _created = ScaleLink.objects.update_or_create(
            release=release,
            perspective=row,
            defaults={
                "study": study,
                "target": other,
                "offset": link.offset,
                "slope": link.slope,
                "images": link.images,
                "rmse": link.rmse,
                "actor": actor,
                "fitted_at": timezone.now(),
            },
        )
        record(
            study=study,
            actor=actor,
            action="scale.linked",
            source=source,
            perspective=perspective,
            images=link.images,
        )
    return made


def unlink_scale(*, study: Study, actor: User | None, source: str, perspective: str) -> None:
    """From now on the source's scores count as they were published. Raises LinkError."""
    with transaction.atomic():
        gone, _rows = ScaleLink.objects.filter(
            study=study, release__source=source, perspective__key=perspective
        ).delete()
        if not gone:
            raise LinkError(
                gettext_noop('the scores of "%(source)s" are not linked'),
                gettext_noop("there is nothing to remove"),
                source=source[:100],
            )
        record(
            study=study,
            actor=actor,
            action="scale.unlinked",
            source=source,
            perspective=perspective,
        )


def target_name(link: ScaleLink) -> str:
    """Of what it links to, in the reader's language."""
    return link.target.source if link.target else _("the study’s raters")


def _sources(study: Study) -> list[OpinionRelease]:
    """Those of publications; what owners expect of chosen images is on the study's scale."""
    imported = study.opinion_releases.filter(kind=OpinionRelease.Kind.IMPORTED)
    return list(imported.exclude(source=CHOSEN).order_by("number"))


def _source(study: Study, name: str) -> OpinionRelease:
    found = next((item for item in _sources(study) if item.source == name), None)
    if found is None:
        raise LinkError(
            gettext_noop('the study has no published scores of "%(source)s"'),
            gettext_noop("give the name of a source as the page of published scores has it"),
            source=name[:100],
        )
    return found


def _links(study: Study) -> Sequence[ScaleLink]:
    return list(ScaleLink.objects.filter(study=study).select_related("target", "actor"))


def _counts(releases: Sequence[int]) -> dict[tuple[int, int], int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT release_id, perspective_id, count(*) FROM annotation_opinionscore "
            "WHERE release_id = ANY(%s) GROUP BY 1, 2",
            [list(releases)],
        )
        return {(of, perspective): number for of, perspective, number in cursor.fetchall()}


def _common(study: Study, releases: Sequence[int]) -> dict[tuple[int, int], dict[int, int]]:
    """(Release, perspective) → other release → images."""
    live = stored_live(study)
    others = [*releases, *([] if live is None else [live.pk])]
    main = (Stimulus.Split.POOL, Stimulus.Purpose.MAIN, list(COUNTING_STATES))
    found: dict[tuple[int, int], dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COMMON, [list(releases), others, *main])
        for of, perspective, other, number in cursor.fetchall():
            found.setdefault((of, perspective), {})[other] = number
    return found


def _refuse_chains(
    study: Study, release: OpinionRelease, target: OpinionRelease | None, perspective: int
) -> None:
    """A scale that is linked itself is no target, and a target is not linked."""
    links = ScaleLink.objects.filter(study=study, perspective=perspective)
    chained = target is not None and (target == release or links.filter(release=target).exists())
    if chained or links.filter(target=release).exists():
        raise LinkError(
            gettext_noop("one of the two scales is linked to another already"),
            gettext_noop("link both to the same one, such as that of the study's raters"),
        )


def _fitted(
    study: Study, release: OpinionRelease, target: OpinionRelease | None, perspective: str
) -> Link:
    """On the images of the pool alone: held-out ones say nothing about what a model learns."""
    own = None if target else live_release(study)
    with one_view():
        labels = labels_from(study, own, split=Stimulus.Split.POOL, linked=False)
    of_target = target.source if target else OWN_RATERS
    ours, theirs = _by_image(labels, perspective, release.source, of_target)
    common = [stimulus for stimulus in ours if stimulus in theirs]
    link = fit_link(
        np.array([ours[stimulus] for stimulus in common]),
        np.array([theirs[stimulus] for stimulus in common]),
    )
    if link.slope < 0:
        raise LinkError(
            gettext_noop("the scores of the %(count)d common images go against each other"),
            gettext_noop("check the direction of the published scores: higher or lower is better"),
            count=link.images,
        )
    return link


def _by_image(
    labels: Sequence[Label], perspective: str, *sources: str
) -> tuple[Mapping[int, float], ...]:
    """Stimulus → score on 0…1, of each source."""
    return tuple(
        {
            label.stimulus: label.mos
            for label in labels
            if label.source == source and label.perspective == perspective
        }
        for source in sources
    )
