"""New ratings change what is predicted and what comes next at once: the last layer learns them
without a training.

Both are made in one job and change in one transaction. The version's own predictions stay as it
was scored (`registry.current`).
"""

import numpy as np
from django.db import transaction

from annotation.models import Stimulus, Study
from annotation.opinion.labels import labels_of
from annotation.stimuli.priorities import set_priorities
from workbench.core.jobs.queue import enqueue

from ..learning.bayes import learn_again
from ..models import ModelVersion
from ..predictors.store import version_model
from ..registry import current
from ..registry.current import Refreshed, ratings_now
from ..registry.labelled import pool_labels_for
from ..registry.queue import REFRESH
from ..registry.selectors import active_version, predicted_stimuli
from . import ranking
from .as_scored import as_scored
from .embeddings import Known, embeddings_of, looks_of
from .predicting import Learning, predicted


def refresh_where_due() -> None:
    """Asks a worker that has the weights for each study with enough new ratings."""
    for study in Study.objects.filter(status=Study.Status.OPEN):
        version = active_version(study)
        if version is not None and is_due(version):
            enqueue(REFRESH, version.pk)


def is_due(version: ModelVersion) -> bool:
    """Whether the study has `current.RATINGS_BETWEEN` more ratings than when it was ranked last, or
    images were scored since its predictions were refreshed."""
    last = version.study.acquisition_rounds.first()
    seen = last.parameters.get("ratings", 0) if last else 0
    if ratings_now(version.study) >= seen + current.RATINGS_BETWEEN:
        return True
    since = version.refreshed_at
    return since is not None and version.scoring_runs.filter(finished_at__gt=since).exists()


def refresh_ranking(version: ModelVersion) -> None:
    """Predicts all images, and ranks the pool, by a last layer that knows all current labels; does
    nothing if the version is no longer in use, or all is fresh.

    Writes the priorities of images that are chosen, or were: all others keep their order.
    """
    if version != active_version(version.study) or not is_due(version):
        return
    ratings, learning = ratings_now(version.study), _learning(version)
    layer = learning.layer if learning else version_model(version).last_layer
    known = embeddings_of(version, predicted_stimuli(version))
    refreshed = _predicted_again(version, learning, known)
    turn = version.acquisition_rounds.count()
    found = ranking.make_ranking(version, layer, turn, refreshed, known)
    sha256 = current.write_refreshed(version, refreshed) if refreshed else ""
    with transaction.atomic():
        # As a promotion does: of the two the later one is right.
        Study.objects.select_for_update(no_key=True).get(pk=version.study_id)
        if version != active_version(version.study):
            return
        first = Stimulus.objects.filter(study=version.study_id, priority__gt=1)
        were = set(first.values_list("pk", flat=True))
        changed = {
            stimulus: priority
            for stimulus, priority in found.priorities.items()
            if priority > 1 or stimulus in were
        }
        set_priorities(study=version.study, priorities=changed)
        ranking.record_round(version, found)
        if sha256:
            before = version.refreshed_sha256
            current.note_refreshed(version, sha256, ratings)
            transaction.on_commit(lambda: current.forget_others(version, (sha256, before)))


def _predicted_again(
    version: ModelVersion, learning: Learning | None, known: Known | None
) -> Refreshed | None:
    """What the version's last layer expects of all images that the version has predicted; None if
    it has learnt nothing new, or this machine does not keep their embeddings."""
    if learning is None or known is None:
        return None
    heads = sorted(version.heads.select_related("perspective"), key=lambda head: head.place)
    perspectives = tuple(head.perspective.key for head in heads)
    before = current.current(version).refreshed
    if before is None or before.learnt is None:
        before = as_scored(version, perspectives)
    return predicted(learning, known, perspectives, before)


def _learning(version: ModelVersion) -> Learning | None:
    """The version's last layer with the labels that there are now; None if it cannot learn them."""
    model = version_model(version)
    labelled = pool_labels_for(version, labels_of(version.study, split=Stimulus.Split.POOL))
    if labelled is None or len(labelled.perspectives) != model.last_layer.perspectives:
        return None  # what is asked has changed since; the next training learns it
    embedded = model.embedder.embed(labelled.stimuli)
    labelled = labelled.without({key for key in labelled.keys if key not in embedded.vectors})
    if not labelled.stimuli:
        return None
    labels = labelled.labels
    names = [(item.picture_sha256, item.prompt.text_sha256) for item in labelled.stimuli]
    return Learning(
        learn_again(model.last_layer, embedded.matrix(labelled.keys), labels),
        np.array(labelled.keys, np.int64),
        labels.counts,
        looks_of(version, names),
    )
