"""What a study's ratings have taught so far, what random images would have cost, and what more
ratings would buy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Min, Q

from annotation.models import Stimulus, Study, Trial
from annotation.opinion.comparison.bootstrap import ClusterDraws, Measure
from annotation.opinion.labels import labels_of
from annotation.opinion.recomputing import Recomputed, ask_worker, recomputed, renew
from annotation.protocol.draw import Draw
from annotation.studies.counting import trial_counts

from ..judging.learning_curve import HeldOut, LearningCurve, Learnt, learning_curve
from ..models import ModelVersion
from ..predictors.embedding import kept_matrix
from ..registry.current import RATINGS_BETWEEN, ratings_now
from ..registry.holdout import holdout_labels
from ..registry.labelled import LabelledStimuli, labelled_stimuli

#: The task that computes it.
RENEW = "modelops.tasks.renew_learning"
#: Further ratings whose worth is told.
MORE = 200
#: How many times as many ratings of random images as there are something is said of.
BEYOND = 2
#: A curve without a step.
NOTHING = LearningCurve((), None, None, np.empty(0), ClusterDraws(np.empty(0, np.int64)))
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 60
#: Up to so many ratings a first reader waits.
_SMALL = 150


@dataclass(frozen=True)
class FoundLearning:
    """The curves of images in the order in which they were rated: of all, and of those that were
    drawn at random. kept: whether this machine keeps the embeddings that they are made of."""

    rated: LearningCurve
    random: LearningCurve
    kept: bool = True

    @property
    def expected(self) -> Measure | None:
        """The SRCC after `MORE` further ratings."""
        return (
            self.rated.expected(self.rated.steps[-1].ratings + MORE) if self.rated.steps else None
        )

    @property
    def random_ratings(self) -> Measure | None:
        """How many ratings of random images would have taught as much; None if that is not known,
        or far beyond what is measured of them."""
        needed = self.random.ratings_to_match(self.rated)
        if needed is None or needed.value > BEYOND * self.random.steps[-1].ratings:
            return None
        return needed


def learning_of(version: ModelVersion) -> Recomputed[FoundLearning]:
    """With the version's embeddings and the labels of now, to some ratings; None while a worker
    computes the first."""
    return recomputed(
        _key(version),
        _stamp(version),
        lambda: _found(version),
        small=lambda: ratings_now(version.study) <= _SMALL,
        ask=lambda: ask_worker(RENEW, version.pk, seconds=_ASK_SECONDS),
    )


def renew_learning(version: ModelVersion) -> None:
    """For a worker."""
    renew(_key(version), _stamp(version), lambda: _found(version))


def _key(version: ModelVersion) -> str:
    return f"learning:1:{version.pk}"


def _stamp(version: ModelVersion) -> str:
    run = version.scoring_runs.order_by("-pk").values_list("pk", "state").first()
    return f"{ratings_now(version.study) // RATINGS_BETWEEN} {run}"


def _found(version: ModelVersion) -> FoundLearning:
    study, split = version.study, Stimulus.Split.POOL
    order, random = rated_in_order(study)
    pool = labelled_stimuli(study, labels_of(study, split=split), split)
    held_out = _held_out(version, holdout_labels(study))
    rated, drawn = _learnt(version, pool, order), _learnt(version, pool, random)
    if held_out is None or rated is None:
        kept = not (set(order) & set(pool.keys))
        return FoundLearning(NOTHING, NOTHING, kept)
    of_all = learning_curve(rated, held_out)
    return FoundLearning(of_all, learning_curve(drawn, held_out, of_all) if drawn else NOTHING)


def rated_in_order(study: Study) -> tuple[list[int], list[int]]:
    """Keys of the images that people have rated, in the order of their first rating: of all, and of
    those that were drawn at random at some time."""
    rows = (
        Trial.objects.filter(trial_counts(), study=study)
        .values("stimulus")
        .annotate(first=Min("submitted_at"), audits=Count("pk", filter=Q(draw=Draw.AUDIT)))
        .order_by("first", "stimulus")
        .values_list("stimulus", "audits")
    )
    found = list(rows)
    return [key for key, _ in found], [key for key, audits in found if audits]


def _learnt(version: ModelVersion, pool: LabelledStimuli, order: Sequence[int]) -> Learnt | None:
    """Those of the pool that have a label, in this order."""
    places = {key: place for place, key in enumerate(pool.keys)}
    rows = [places[key] for key in order if key in places]
    embeddings = kept_matrix(version.backbone_sha256, [pool.keys[row] for row in rows])
    if embeddings is None:
        return None
    labels = pool.labels.take(np.array(rows, np.intp))
    ratings = np.where(labels.labelled, labels.ratings, 0).max(axis=1)
    return Learnt(embeddings, labels, ratings.cumsum().astype(np.int64))


def _held_out(version: ModelVersion, labelled: LabelledStimuli) -> HeldOut | None:
    embeddings = kept_matrix(version.backbone_sha256, labelled.keys)
    if embeddings is None:
        return None
    groups = [stimulus.prompt.group_sha256 for stimulus in labelled.stimuli]
    return HeldOut(embeddings, labelled.labels.mos, np.unique(groups, return_inverse=True)[1])
