"""Queries of the model registry, for the console, the API and commands."""

from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import add
from typing import Any

import numpy as np
from django.db.models import Avg, Exists, F, OuterRef, Prefetch, QuerySet
from django.db.models.functions import Sqrt
from django.utils.translation import gettext as _

from annotation.models import Stimulus, Study
from annotation.opinion.labels import LabelCounts
from annotation.studies.counting import scored_stimuli
from annotation.studies.texts import localized
from workbench.core.jobs.models import ACTIVE_STATES, JobState

from ..errors import NoModelError
from ..learning.uncertainty import Expectation
from ..models import (
    ExplainingRun,
    ModelVersion,
    Prediction,
    Predictor,
    ScoringChunk,
    ScoringRun,
    TrainingRun,
)
from .current import Current, Refreshed

#: To find the most uncertain images of the pool, so many times as many of any kind are looked at.
_TRIED = 20
#: Rankings of versions that a process keeps.
_RANKINGS_KEPT = 8


def predictors_of(study: Study) -> QuerySet[Predictor]:
    """The leading one first."""
    return study.predictors.order_by("-leading", "pk")


def leading_predictor(study: Study) -> Predictor | None:
    return study.predictors.filter(leading=True).first()


def predictor_named(study: Study, name: str) -> Predictor:
    """Raises NoModelError."""
    predictor = study.predictors.filter(name=name).first()
    if predictor is None:
        raise NoModelError(
            _("This study has no predictor %(name)s; see its list of predictors.") % {"name": name}
        )
    return predictor


def active_version(study: Study) -> ModelVersion | None:
    """Of the leading predictor: what the study's pages and priorities go by."""
    return study.model_versions.filter(
        state=ModelVersion.State.ACTIVE, predictor__leading=True
    ).first()


def version_of(study: Study, number: int | None, predictor: str | None = None) -> ModelVersion:
    """The version of that number, or the active one of the predictor that is named, or of the
    leading one. Raises NoModelError."""
    if number is not None:
        versions = study.model_versions.select_related("snapshot")
        version = versions.filter(number=number).first()
        if version is None:
            raise NoModelError(
                _("This study has no model version %(number)d; see its list of models.")
                % {"number": number}
            )
        return version
    if predictor is not None:
        named = predictor_named(study, predictor)
        version = named.versions.filter(state=ModelVersion.State.ACTIVE).first()
    else:
        version = active_version(study)
    if version is None:
        raise NoModelError(
            _("This study has no active model. Train one and promote it, or name a version.")
        )
    return version


def versions_of(study: Study) -> QuerySet[ModelVersion]:
    """All versions, the newest first, with their runs."""
    return study.model_versions.select_related(
        "predictor", "snapshot__release", "training_run"
    ).prefetch_related("scoring_runs", "heads")


def last_scoring(version: ModelVersion) -> ScoringRun | None:
    return next(iter(version.scoring_runs.all()), None)


def is_scored(version: ModelVersion) -> bool:
    """Whether it has predicted the study's images, and so can be promoted."""
    states = {run.state for run in version.scoring_runs.all()}
    return JobState.SUCCEEDED in states and not states & set(ACTIVE_STATES)


def training_runs_of(study: Study) -> QuerySet[TrainingRun]:
    runs = study.training_runs.select_related(
        "predictor", "snapshot__release", "model_version", "requested_by"
    )
    return runs.prefetch_related("model_version__scoring_runs")


def scoring_runs_of(study: Study) -> QuerySet[ScoringRun]:
    return study.scoring_runs.select_related("model_version")


def pool_labels(study: Study, counts: LabelCounts) -> dict[str, int]:
    """Labelled images of the pool by perspective, under its name in the study."""
    return {
        localized(item.label): counts.pool_by_perspective.get(item.key, 0)
        for item in study.perspective_settings
    }


def ratings_seen(runs: QuerySet[TrainingRun]) -> int:
    """How many ratings the latest training with labels learned from.

    Not those of the newest snapshot: the same labels twice are one snapshot, with the first one's
    date.
    """
    saw = runs.exclude(snapshot=None).select_related("snapshot").first()
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
    """The last training run, if it failed."""
    last = study.training_runs.first()
    return last if last is not None and last.state == JobState.FAILED else None


def failed_scorings(study: Study) -> list[ScoringRun]:
    """The last scoring of each version in use or awaiting a decision, if it failed."""
    versions = versions_of(study).filter(
        state__in=[ModelVersion.State.ACTIVE, ModelVersion.State.CANDIDATE]
    )
    runs = [last_scoring(version) for version in versions]
    return [run for run in runs if run is not None and run.state == JobState.FAILED]


def unscored_stimuli(version: ModelVersion) -> QuerySet[Stimulus]:
    """Stimuli with an image whose scores count and that `version` has not predicted."""
    predicted = Prediction.objects.filter(model_version=version, stimulus=OuterRef("pk"))
    return scored_stimuli(version.study_id).filter(~Exists(predicted))


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
    """Stimuli that no scoring by `version` has reached: neither predicted nor found unreadable."""
    unreadable = [problem["stimulus"] for problem in unreadable_images(version)]
    return unscored_stimuli(version).exclude(pk__in=unreadable)


def predicted_stimuli(version: ModelVersion) -> QuerySet[Stimulus]:
    """The stimuli that `version` has predicted; `of_version` holds its predictions of each."""
    predictions = Prediction.objects.filter(model_version=version)
    return (
        Stimulus.objects.filter(Exists(predictions.filter(stimulus=OuterRef("pk"))))
        .select_related("prompt", "generator")
        .prefetch_related(
            Prefetch("predictions", predictions.select_related("perspective"), to_attr="of_version")
        )
        .order_by("pk")
    )


def expectations_of(stimulus: Stimulus, state: Current) -> dict[str, Expectation]:
    """What a version expects now of a stimulus of `predicted_stimuli`, by perspective, in their
    order."""
    found: list[Prediction] = stimulus.of_version  # type: ignore[attr-defined]  # prefetched
    in_order = sorted(found, key=lambda item: item.perspective.position)
    return {item.perspective.key: state.expected(item) for item in in_order}


def root_mean_square(*fields: str) -> Sqrt:
    """Over a group of predictions, those of a stimulus's perspectives: the square root of the mean
    of the fields' summed squares."""
    return Sqrt(Avg(reduce(add, (F(field) * F(field) for field in fields))))


def most_uncertain(version: ModelVersion, state: Current, count: int) -> list[Stimulus]:
    """Stimuli of the pool with the largest epistemic sd (root mean square), as
    `predicted_stimuli`."""
    ranked = _ranked(version, state.refreshed, _TRIED * count)
    worst = _of_pool(version, ranked)[:count]
    if len(worst) < count == len(ranked) // _TRIED:
        # Most of them are held out, or out of use.
        worst = _of_pool(version, _ranked(version, state.refreshed, None))[:count]
    places = {pk: place for place, pk in enumerate(worst)}
    found = predicted_stimuli(version).filter(pk__in=worst)
    return sorted(found, key=lambda item: places[item.pk])


def _ranked(version: ModelVersion, refreshed: Refreshed | None, most: int | None) -> list[int]:
    """Keys of at most so many images of any kind, the most uncertain first."""
    if refreshed is not None:
        sd = np.sqrt((refreshed.epistemic_sd() ** 2).mean(axis=1))
        first: list[int] = refreshed.stimuli[np.argsort(-sd, kind="stable")[:most]].tolist()
        return first
    last = last_scoring(version)
    if last is None or last.state != JobState.SUCCEEDED:
        return _ranked_as_scored(version.pk, most)
    return _kept_ranking(version.pk, last.pk, most)


@lru_cache(_RANKINGS_KEPT)
def _kept_ranking(version: int, _run: int, most: int | None) -> list[int]:
    """After a scoring, which is the last that has changed the predictions; not to be changed."""
    return _ranked_as_scored(version, most)


def _ranked_as_scored(version: int, most: int | None) -> list[int]:
    rows = (
        Prediction.objects.filter(model_version=version)
        .values("stimulus")
        .annotate(uncertainty=root_mean_square("posterior_sd", "misfit_sd"))
        .order_by("-uncertainty", "stimulus")
    )
    return [row["stimulus"] for row in rows[:most]]


def _of_pool(version: ModelVersion, keys: Sequence[int]) -> list[int]:
    """Those that raters may be given, in this order."""
    pool = Stimulus.objects.filter(
        pk__in=keys,
        study=version.study_id,
        split=Stimulus.Split.POOL,
        purpose=Stimulus.Purpose.MAIN,
        state=Stimulus.State.IN_USE,
    )
    there = set(pool.values_list("pk", flat=True))
    return [key for key in keys if key in there]
