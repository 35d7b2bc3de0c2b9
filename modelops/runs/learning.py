"""What a study's ratings have taught so far, what random images would have cost, and what more
ratings would buy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Min, Q

from annotation.models import Stimulus, Study, Trial
from annotation.opinion.comparison.bootstrap import Measure
from annotation.opinion.labels import labels_of
from annotation.opinion.recomputing import Recomputed, ask_worker, recomputed, renew
from annotation.protocol.draw import Draw
from annotation.studies.counting import trial_counts

from ..judging.learning_curve import HeldOut, LearningCurve, Learnt, learning_curve
from ..models import ModelVersion
from ..predictors.embedding import kept_rows
from ..registry.ceiling import mean_srcc_ceiling, noise_ceilings
from ..registry.current import RATINGS_BETWEEN, ratings_now
from ..registry.holdout import holdout_labels
from ..registry.labelled import LabelledStimuli, labelled_stimuli

#: The task that computes it.
RENEW = "modelops.tasks.renew_learning"
#: Further ratings whose worth is told.
MORE = 200
#: How many times as many ratings of random images as there are something is said of.
BEYOND = 2
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 60
#: Up to so many ratings a first reader waits.
_SMALL = 150


@dataclass(frozen=True)
class FoundLearning:
    """The curves of images in the order in which they were rated: of all, and of those that were
    drawn at random. left_out: rated images whose embedding this machine does not keep."""

    rated: LearningCurve
    random: LearningCurve
    left_out: int = 0

    @property
    def kept(self) -> bool:
        """Whether there would be no more of a curve with the embeddings that are left out."""
        return bool(self.rated.steps) or not self.left_out

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


def ceiling_of(version: ModelVersion) -> float | None:
    """The SRCC of a perfect model, averaged over the perspectives as those of the curve are."""
    asked = [item.key for item in version.study.perspective_settings]
    return mean_srcc_ceiling(noise_ceilings(version.study), asked)


def renew_learning(version: ModelVersion) -> None:
    """For a worker."""
    renew(_key(version), _stamp(version), lambda: _found(version))


def _key(version: ModelVersion) -> str:
    return f"learning:2:{version.pk}"


def _stamp(version: ModelVersion) -> str:
    run = version.scoring_runs.order_by("-pk").values_list("pk", "state").first()
    return f"{ratings_now(version.study) // RATINGS_BETWEEN} {run}"


def _found(version: ModelVersion) -> FoundLearning:
    study, split = version.study, Stimulus.Split.POOL
    order, random = rated_in_order(study)
    pool = labelled_stimuli(study, labels_of(study, split=split), split)
    held_out, missing = _held_out(version, holdout_labels(study))
    rated, unknown = _learnt(version, pool, order)
    of_all = learning_curve(rated, held_out)
    drawn = learning_curve(_learnt(version, pool, random)[0], held_out, of_all)
    return FoundLearning(of_all, drawn, missing + unknown)


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


def _learnt(
    version: ModelVersion, pool: LabelledStimuli, order: Sequence[int]
) -> tuple[Learnt, int]:
    """Those of the pool that have a label and an embedding, in this order; how many have none of
    these."""
    places = {key: place for place, key in enumerate(pool.keys)}
    rows = np.array([places[key] for key in order if key in places], np.intp)
    kept, embeddings = kept_rows(version.backbone_sha256, [pool.keys[row] for row in rows])
    labels = pool.labels.take(rows[kept])
    ratings = np.where(labels.labelled, labels.ratings, 0).max(axis=1)
    learnt = Learnt(embeddings, labels, ratings.cumsum().astype(np.int64))
    return learnt, len(rows) - len(kept)


def _held_out(version: ModelVersion, labelled: LabelledStimuli) -> tuple[HeldOut, int]:
    """Those with an embedding, and how many have none."""
    kept, embeddings = kept_rows(version.backbone_sha256, labelled.keys)
    groups = [labelled.stimuli[row].prompt.group_sha256 for row in kept]
    prompts = np.unique(groups, return_inverse=True)[1]
    held_out = HeldOut(embeddings, labelled.labels.mos[kept], prompts)
    return held_out, len(labelled.stimuli) - len(kept)
