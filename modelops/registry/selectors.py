"""Reads of the model registry, for the console, the API and commands."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Exists, F, OuterRef, Prefetch, QuerySet
from django.db.models.functions import Sqrt
from django.utils.translation import gettext as _

from annotation.models import Stimulus, Study
from annotation.opinion.labels import LabelCounts, labels_of
from annotation.protocol.perspectives import PERSPECTIVES
from annotation.studies.texts import localized
from workbench.core.jobs.models import ACTIVE_STATES, JobState

from ..errors import NoModelError
from ..models import (
    ExplainingRun,
    ModelVersion,
    Prediction,
    ScoringChunk,
    ScoringRun,
    TrainingRun,
)


def active_version(study: Study) -> ModelVersion | None:
    return study.model_versions.filter(state=ModelVersion.State.ACTIVE).first()


def version_of(study: Study, number: int | None) -> ModelVersion:
    """The version of that number, or the active one. Raises NoModelError."""
    if number is None:
        version = active_version(study)
        if version is None:
            raise NoModelError(
                _("This study has no active model. Train one and promote it, or name a version.")
            )
        return version
    version = study.model_versions.filter(number=number).first()
    if version is None:
        raise NoModelError(
            _("This study has no model version %(number)d; see its list of models.")
            % {"number": number}
        )
    return version


def versions_of(study: Study) -> QuerySet[ModelVersion]:
    """All versions, the newest first, with their runs."""
    return study.model_versions.select_related("snapshot", "training_run").prefetch_related(
        "scoring_runs"
    )


def training_runs_of(study: Study) -> QuerySet[TrainingRun]:
    runs = study.training_runs.select_related("snapshot", "model_version", "requested_by")
    return runs.prefetch_related("model_version__scoring_runs")


def scoring_runs_of(study: Study) -> QuerySet[ScoringRun]:
    return study.scoring_runs.select_related("model_version")


def pool_labels(study: Study, counts: LabelCounts) -> dict[str, int]:
    """Labelled images of the pool by perspective, under its name in the study."""
    return {
        localized(item.label): counts.pool_by_perspective[item.perspective]
        for item in study.perspective_settings
    }


def ratings_seen(study: Study) -> int:
    """How many ratings the latest training that saw labels saw.

    Not those of the newest snapshot: the same labels twice are one snapshot, with the first one's
    date.
    """
    saw = study.training_runs.exclude(snapshot=None).select_related("snapshot").first()
    return saw.snapshot.ratings if saw and saw.snapshot else 0


def explaining_runs_of(study: Study) -> QuerySet[ExplainingRun]:
    return study.explaining_runs.select_related("model_version")


def active_jobs(study: Study) -> list[TrainingRun | ScoringRun | ExplainingRun]:
    """What is queued or under way, training first."""
    return [
        *training_runs_of(study).filter(state__in=ACTIVE_STATES),
        *scoring_runs_of(study).filter(state__in=ACTIVE_STATES),
        *explaining_runs_of(study).filter(state__in=ACTIVE_STATES),
    ]


def failed_training(study: Study) -> TrainingRun | None:
    """The last training run, where it failed."""
    last = study.training_runs.first()
    return last if last is not None and last.state == JobState.FAILED else None


def failed_scorings(study: Study) -> list[ScoringRun]:
    """The last scoring of each version that is in use or waits for a decision, where it failed."""
    versions = versions_of(study).filter(
        state__in=[ModelVersion.State.ACTIVE, ModelVersion.State.CANDIDATE]
    )
    runs = [version.last_scoring for version in versions]
    return [run for run in runs if run is not None and run.state == JobState.FAILED]


def unscored_stimuli(version: ModelVersion) -> QuerySet[Stimulus]:
    """Stimuli with an image that `version` has not predicted."""
    predicted = Prediction.objects.filter(model_version=version, stimulus=OuterRef("pk"))
    stimuli = Stimulus.objects.filter(study=version.study_id).exclude(sha256="")
    return stimuli.filter(~Exists(predicted))


def unreadable_images(version: ModelVersion) -> list[dict[str, Any]]:
    """The images that a scoring by `version` found unreadable and none has predicted since, with
    what was last said of them: {"stimulus", "filename", "error"}, by stimulus."""
    chunks = ScoringChunk.objects.filter(run__model_version=version).exclude(problems=[])
    found = {
        problem["stimulus"]: problem
        for problems in chunks.order_by("run", "index").values_list("problems", flat=True)
        for problem in problems
    }
    still = unscored_stimuli(version).filter(pk__in=found).order_by("pk")
    return [found[pk] for pk in still.values_list("pk", flat=True)]


def new_stimuli(version: ModelVersion) -> QuerySet[Stimulus]:
    """Stimuli that no scoring by `version` has met: neither predicted nor found unreadable."""
    unreadable = [problem["stimulus"] for problem in unreadable_images(version)]
    return unscored_stimuli(version).exclude(pk__in=unreadable)


def predicted_stimuli(version: ModelVersion) -> QuerySet[Stimulus]:
    """The stimuli that `version` has predicted; `of_version` holds its predictions of each."""
    predictions = Prediction.objects.filter(model_version=version)
    return (
        Stimulus.objects.filter(
            predictions__model_version=version, predictions__perspective=PERSPECTIVES[0]
        )
        .select_related("prompt", "generator")
        .prefetch_related(Prefetch("predictions", predictions, to_attr="of_version"))
        .order_by("pk")
    )


def most_uncertain(version: ModelVersion, count: int) -> list[Stimulus]:
    """Stimuli of the pool with the largest epistemic sd (root mean square), as `predicted_stimuli`
    with that sd as `uncertainty`."""
    worst = (
        Prediction.objects.filter(
            model_version=version,
            stimulus__split=Stimulus.Split.POOL,
            stimulus__purpose=Stimulus.Purpose.MAIN,
        )
        .values("stimulus")
        .annotate(uncertainty=Sqrt(Avg(F("epistemic_sd") * F("epistemic_sd"))))
        .order_by("-uncertainty", "stimulus")[:count]
    )
    found = {row["stimulus"]: row["uncertainty"] for row in worst}
    stimuli = list(predicted_stimuli(version).filter(pk__in=found))
    for stimulus in stimuli:
        stimulus.uncertainty = found[stimulus.pk]  # type: ignore[attr-defined]  # for the template
    return sorted(stimuli, key=lambda item: -found[item.pk])


@dataclass(frozen=True)
class HoldoutPoint:
    """A hold-out image: what was predicted, and what its raters say."""

    stimulus: int
    mos: float
    mean: float
    epistemic_sd: float


def holdout_points(version: ModelVersion) -> dict[str, list[HoldoutPoint]]:
    """Per perspective, the labelled hold-out stimuli that `version` has predicted, with the labels
    of now: versions compared on them are compared on the same ground."""
    mos: dict[tuple[int, str], tuple[float, float]] = {}
    for label in labels_of(version.study, split=Stimulus.Split.HOLDOUT):
        total, count = mos.get((label.stimulus, label.perspective), (0.0, 0.0))
        weight = label.ratings or 1
        mos[label.stimulus, label.perspective] = (total + weight * label.mos, count + weight)
    points: dict[str, list[HoldoutPoint]] = {str(name): [] for name in PERSPECTIVES}
    for prediction in Prediction.objects.filter(
        model_version=version, stimulus__split=Stimulus.Split.HOLDOUT
    ).order_by("stimulus"):
        key = (prediction.stimulus_id, prediction.perspective)
        if key in mos:
            total, count = mos[key]
            points[prediction.perspective].append(
                HoldoutPoint(
                    prediction.stimulus_id, total / count, prediction.mean, prediction.epistemic_sd
                )
            )
    return points
