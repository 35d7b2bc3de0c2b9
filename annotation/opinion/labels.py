"""Labels of a study, on 0…1: the opinion scores of a release of its own and of the imported ones.

Labels come only from releases, all from one view of the data; `opinion.units` brings each onto
0…1. Only images that the study is about, and that have a file, are labelled.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from django.core.cache import cache
from django.db.models import Q, QuerySet

from workbench.core.statements import one_view

from ..models import OpinionRelease, OpinionScore, ScaleLink, Stimulus, Study
from ..studies.counting import main_stimuli
from .imported import imported_stamp, scale_of
from .linking import Link
from .numbering import PATIENCE_SECONDS
from .releases import awaited_release, renew_live, stamp_of, stored_live
from .units import UnitScale

#: The `source` of labels by this workbench's own raters.
OWN_RATERS = "raters"
#: Counts are kept so long, under what they are of.
_KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Label:
    """The opinion scores of one stimulus from one perspective and one source, on 0…1."""

    stimulus: int
    split: str
    perspective: str
    source: str
    mos: float
    #: Of single ratings around the true score, without the biases that the release's method has
    #: taken from them; as published for other sources. None if unknown, or of one rating.
    sd: float | None
    #: Number of ratings; None if a publication does not say.
    ratings: int | None


@dataclass(frozen=True)
class LabelCounts:
    """`ratings`: submitted trials that count. `pool` and `holdout`: stimuli with any label.
    `pool_by_perspective`: stimuli of the pool with a label from that perspective."""

    ratings: int
    pool: int
    holdout: int
    pool_by_perspective: dict[str, int]


def labels_of(study: Study, *, split: str | None = None) -> list[Label]:
    """The current labels, as `labels_from`; as old as the live release may be."""
    live = awaited_release(study)
    with one_view():
        # Another may have been made meanwhile; none is made inside this view.
        return labels_from(study, stored_live(study) or live, split=split)


def labels_from(
    study: Study, own: OpinionRelease | None, *, split: str | None = None, linked: bool = True
) -> list[Label]:
    """The labels that `own` gives (None: the study has no scores of its own), and the imported
    releases, by stimulus, perspective (in the study's order) and source. Run it in one view of the
    data.

    linked: with the links that the study's owner had fitted applied to published scores; what they
    bring outside 0…1 is cut off.
    """
    order = {row.pk: row.position for row in study.perspectives.all()}
    rows = _scores(study, own, split).order_by("stimulus_id")
    links = _links(study) if linked else {}
    found = _labels(study, own, rows, links)
    labels = sorted(found, key=lambda item: (item[0].stimulus, order[item[1]], item[0].source))
    return [label for label, _perspective in labels]


def count_labels(study: Study, *, fresh: bool = False) -> LabelCounts:
    """How many labels there are, without reading them; as old as the live release may be, unless
    they are to be `fresh`. Raises ReleaseBusyError if somebody else is writing those."""
    live = renew_live(study, patience=PATIENCE_SECONDS) if fresh else awaited_release(study)
    key = f"label-counts:{study.pk}:{stamp_of(live)} {imported_stamp(study)}"
    key = f"label-counts:{hashlib.sha256(key.encode()).hexdigest()}"
    known: LabelCounts | None = cache.get(key)
    if known is None:
        known = _counted(study, live)
        cache.set(key, known, _KEPT_SECONDS)
    return known


def _counted(study: Study, live: OpinionRelease) -> LabelCounts:
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    rows = _scores(study, live, None).values_list("stimulus__split", "perspective__key", "stimulus")
    for split, perspective, stimulus in rows.iterator(chunk_size=10_000):
        found[split, perspective].add(stimulus)
    images = {
        split: set[int]().union(*(keys for (of, _key), keys in found.items() if of == split))
        for split in Stimulus.Split
    }
    return LabelCounts(
        ratings=live.ratings,
        pool=len(images[Stimulus.Split.POOL]),
        holdout=len(images[Stimulus.Split.HOLDOUT]),
        pool_by_perspective={
            item.key: len(found[Stimulus.Split.POOL, item.key])
            for item in study.perspective_settings
        },
    )


def _scores(study: Study, own: OpinionRelease | None, split: str | None) -> QuerySet[OpinionScore]:
    releases = Q(release__kind=OpinionRelease.Kind.IMPORTED)
    if own is not None:
        releases |= Q(release=own)
    scores = OpinionScore.objects.filter(releases, study=study, stimulus__in=main_stimuli(study))
    return scores.filter(stimulus__split=split) if split else scores


def _own_scales(release: OpinionRelease | None) -> dict[int, UnitScale]:
    """By perspective's key, the scale of a release's own scores."""
    if release is None:
        return {}
    rows = release.perspectives.values_list("perspective_id", "minimum", "maximum")
    return {pk: UnitScale(minimum, maximum) for pk, minimum, maximum in rows}


def _links(study: Study) -> dict[tuple[int, int], Link]:
    """By release and perspective."""
    rows = ScaleLink.objects.filter(study=study)
    return {
        (row.release_id, row.perspective_id): Link(row.offset, row.slope, row.images, row.rmse)
        for row in rows
    }


def _labels(
    study: Study,
    release: OpinionRelease | None,
    scores: QuerySet[OpinionScore],
    links: Mapping[tuple[int, int], Link],
) -> Iterator[tuple[Label, int]]:
    """Of own scores by `release` and of imported ones, each with the key of its perspective's
    row."""
    perspectives = {row.pk: row for row in study.perspectives.all()}
    own = _own_scales(release)
    imported = {
        release.pk: release
        for release in study.opinion_releases.filter(kind=OpinionRelease.Kind.IMPORTED)
    }
    scales = {pk: scale_of(release) for pk, release in imported.items()}
    rows = scores.values_list(
        *("release_id", "stimulus_id", "stimulus__split", "perspective_id"),
        *("value", "sd", "standard_error", "n"),
    )
    for of, stimulus, split, perspective, value, sd, error, n in rows.iterator(chunk_size=10_000):
        scale = scales.get(of) or own[perspective]
        spread = sd if of in imported else _spread(sd, error, n)
        label = Label(
            stimulus=stimulus,
            split=split,
            perspective=perspectives[perspective].key,
            source=imported[of].source if of in imported else OWN_RATERS,
            mos=scale.of(value),
            sd=None if spread is None else scale.spread(spread),
            ratings=n,
        )
        link = links.get((of, perspective))
        yield label if link is None else _moved(label, link), perspective


def _spread(sd: float | None, error: float | None, n: int) -> float | None:
    """Of a single rating around the true score: of what is behind the value, from which its method
    may have taken raters' biases, while `sd` is that of the ratings as they were given."""
    return error * math.sqrt(n) if n > 1 and error is not None else sd


def _moved(label: Label, link: Link) -> Label:
    """The label on the scale that its source is linked to."""
    mos = min(1.0, max(0.0, link.offset + link.slope * label.mos))
    return replace(label, mos=mos, sd=None if label.sd is None else link.slope * label.sd)
