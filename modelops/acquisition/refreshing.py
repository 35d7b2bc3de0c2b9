"""New ratings change what comes next at once: the last layer learns them without a training.

Only the order of rating follows. Predictions are a version's own, and stay as it made them.
"""

from django.db import transaction

from annotation.models import Stimulus, Study
from annotation.opinion.labels import labels_of
from annotation.stimuli.priorities import set_priorities
from workbench.core.jobs.queue import enqueue

from ..learning.bayes import LastLayer, learn_again
from ..models import ModelVersion
from ..predictors.store import version_model
from ..registry.labelled import labelled_stimuli
from ..registry.queue import REFRESH
from ..registry.selectors import active_version
from . import ranking

#: Ratings after which the order of rating is made again.
RATINGS_BETWEEN = 30


def refresh_where_due() -> None:
    """Asks a worker that has the weights for each study with enough new ratings."""
    for study in Study.objects.filter(status=Study.Status.OPEN):
        version = active_version(study)
        if version is not None and is_due(version):
            enqueue(REFRESH, version.pk)


def is_due(version: ModelVersion) -> bool:
    """Whether the study has RATINGS_BETWEEN more ratings than when it was ranked last."""
    last = version.study.acquisition_rounds.first()
    seen = last.parameters.get("ratings", 0) if last else 0
    return ranking.ratings_now(version.study) >= seen + RATINGS_BETWEEN


def refresh_ranking(version: ModelVersion) -> None:
    """Ranks the pool by a last layer that knows all current labels; does nothing if the version is
    no longer in use, or the ranking is fresh.

    Writes the priorities of images that are chosen, or were: all others keep their order.
    """
    if version != active_version(version.study) or not is_due(version):
        return
    found = ranking.make_ranking(version, _up_to_date(version), version.acquisition_rounds.count())
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


def _up_to_date(version: ModelVersion) -> LastLayer:
    """The version's last layer with the labels that there are now."""
    model, split = version_model(version), Stimulus.Split.POOL
    labelled = labelled_stimuli(version.study, labels_of(version.study, split=split), split)
    places = {head.perspective.key: head.place for head in version.heads.all()}
    if set(places) != set(labelled.perspectives) or len(places) != model.last_layer.perspectives:
        return model.last_layer  # what is asked has changed since; the next training learns it
    embedded = model.embedder.embed(labelled.stimuli)
    labelled = labelled.without({key for key in labelled.keys if key not in embedded.vectors})
    if not labelled.stimuli:
        return model.last_layer
    order = sorted(range(len(places)), key=lambda column: places[labelled.perspectives[column]])
    labels = labelled.labels.columns(order)
    return learn_again(model.last_layer, embedded.matrix(labelled.keys), labels)
