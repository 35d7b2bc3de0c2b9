"""Labels of a study: opinion scores on 0…1 from the ratings that count, and published ones.

The ratings that count are current (not superseded), of submitted main trials (no training,
stabilisation, repeats or gold), by raters who are not excluded, on main stimuli with an image. They
weigh what the study's rules say (`opinion.reliability.selectors.rater_weights`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from ..models import PublishedScore, Rater, Score, Stimulus, Study, Trial
from .coverage import coverage_of
from .reliability.selectors import rater_weights
from .scores import opinion_scores

#: The `source` of labels by this workbench's own raters.
OWN_RATERS = "raters"


@dataclass(frozen=True, slots=True)
class Label:
    """The opinion scores of one stimulus from one perspective and one source, on 0…1."""

    stimulus: int
    split: str
    perspective: str
    source: str
    mos: float
    #: Sample standard deviation; None where it is not known or there is one rating.
    sd: float | None
    #: Number of ratings; None where a publication does not say.
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
    """All labels, by stimulus, perspective (in the study's order) and source."""
    splits = dict(_labelled(study, split).values_list("pk", "split"))
    labels = [*_own_labels(study, splits), *_published_labels(study, splits)]
    order = {item.key: place for place, item in enumerate(study.perspective_settings)}
    by_perspective = sorted(labels, key=lambda label: (order[label.perspective], label.source))
    return sorted(by_perspective, key=attrgetter("stimulus"))


def count_labels(study: Study) -> LabelCounts:
    """How many labels there are, without reading them.

    A submitted trial has scores from all perspectives; a publication may have some.
    """
    coverage = coverage_of(study)
    unrated = main_stimuli(study).filter(~Exists(counting_trials().filter(stimulus=OuterRef("pk"))))
    published = PublishedScore.objects.filter(stimulus__in=unrated).order_by()
    by_split = dict(
        published.values_list("stimulus__split").annotate(images=Count("stimulus", distinct=True))
    )
    by_perspective = dict(
        published.filter(stimulus__split=Stimulus.Split.POOL)
        .values_list("perspective")
        .annotate(images=Count("stimulus", distinct=True))
    )
    rated = {item.split: item.rated for item in coverage}
    pool, holdout = (
        rated.get(split, 0) + by_split.get(split, 0)
        for split in (Stimulus.Split.POOL, Stimulus.Split.HOLDOUT)
    )
    rated_pool = rated.get(Stimulus.Split.POOL, 0)
    return LabelCounts(
        ratings=sum(item.ratings for item in coverage),
        pool=pool,
        holdout=holdout,
        pool_by_perspective={
            item.key: rated_pool + by_perspective.get(item.key, 0)
            for item in study.perspective_settings
        },
    )


def main_stimuli(study: Study) -> QuerySet[Stimulus]:
    """The images that a study is about, and that have a file."""
    return Stimulus.objects.filter(study=study, purpose=Stimulus.Purpose.MAIN).exclude(sha256="")


def counting_trials() -> QuerySet[Trial]:
    """Trials whose answers are labels: of raters who are not excluded, no practice, no repeat."""
    return Trial.objects.filter(
        state=Trial.State.SUBMITTED, role=Trial.Role.MAIN, rater__status=Rater.Status.ACTIVE
    )


def _labelled(study: Study, split: str | None) -> QuerySet[Stimulus]:
    rated = Exists(counting_trials().filter(stimulus=OuterRef("pk")))
    published = Exists(PublishedScore.objects.filter(stimulus=OuterRef("pk")))
    stimuli = main_stimuli(study).filter(Q(rated) | Q(published))
    return stimuli.filter(split=split) if split else stimuli


def _own_labels(study: Study, splits: dict[int, str]) -> Iterable[Label]:
    scales = {item.key: item.scale for item in study.perspective_settings}
    rows = (
        Score.objects.filter(superseded_at=None, trial__in=counting_trials())
        .filter(trial__stimulus__in=main_stimuli(study))
        # One order, so that the same ratings give the same mean to the last bit.
        .order_by("pk")
        .values_list("trial__stimulus_id", "perspective__key", "value", "trial__rater_id")
    )
    keys: dict[tuple[int, str], int] = {}
    groups: list[int] = []
    scores: list[float] = []
    weights: list[float] = []
    weight_of = rater_weights(study)
    for stimulus, perspective, score, rater in rows.iterator(chunk_size=10_000):
        # A rating may have been submitted since the stimuli were listed.
        if stimulus in splits:
            groups.append(keys.setdefault((stimulus, perspective), len(keys)))
            scores.append(scales[perspective].to_unit(score))
            weights.append(weight_of.get(rater, 1.0))
    result = opinion_scores(scores, groups, len(keys), weights)
    for (stimulus, perspective), place in keys.items():
        sd = float(result.sd[place])
        yield Label(
            stimulus=stimulus,
            split=splits[stimulus],
            perspective=perspective,
            source=OWN_RATERS,
            mos=float(result.mean[place]),
            sd=None if np.isnan(sd) else sd,
            ratings=int(result.n[place]),
        )


def _published_labels(study: Study, splits: dict[int, str]) -> Iterable[Label]:
    asked = [item.key for item in study.perspective_settings]
    published = PublishedScore.objects.filter(perspective__in=asked)
    rows = published.filter(stimulus__in=main_stimuli(study)).values_list(
        "stimulus_id", "perspective", "source", "mos", "sd", "raters"
    )
    for stimulus, perspective, source, mos, sd, raters in rows.iterator(chunk_size=10_000):
        if stimulus in splits:
            yield Label(stimulus, splits[stimulus], perspective, source, mos, sd, raters)
