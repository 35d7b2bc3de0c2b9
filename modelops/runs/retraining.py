"""Requests training runs, for a person or because of the number of new ratings."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.opinion.labels import count_labels
from annotation.opinion.numbering import ReleaseBusyError
from annotation.stimuli.holdout import holdout_state
from annotation.studies import audit
from workbench.accounts.limits import count_use
from workbench.accounts.models import User
from workbench.core.jobs.leases import lease_end
from workbench.core.jobs.models import JobState
from workbench.core.jobs.queue import enqueue

from ..errors import RecipeError, RunActiveError, TooFewLabelsError
from ..learning.errors import LearningError
from ..learning.recipe import Recipe
from ..models import Predictor, TrainingRun
from ..predictors.backbones import Backbone, backbone_named
from ..predictors.base import TrainableKind
from ..registry.queue import TRAIN
from ..registry.selectors import pool_labels, predictors_of, ratings_seen
from .predictors import ensure_predictor

log = structlog.get_logger(__name__)

#: Hours in which studies that want it are retrained at night.
NIGHT = range(2, 5)
_STOPPED = (JobState.FAILED, JobState.CANCELLED)


def request_retrain(
    *,
    predictor: Predictor,
    actor: User | None,
    trigger: str,
    promote_when_done: bool = False,
    recipe: Recipe | None = None,
    recipe_name: str = "",
) -> TrainingRun:
    """Queues a training run on the study's labels, by the predictor's recipe if none is given.

    recipe_name: of the named recipe that `recipe` is made from; the predictor's if it is empty.
    Raises TooFewLabelsError if too few images outside the hold-out have a label from each
    perspective, RunActiveError if a run of the predictor is not over; the database decides
    between two requests at once. Raises TooOftenError if `actor` has asked too often.
    """
    if actor is not None:
        count_use(actor, "training")
    study = predictor.study
    recipe = recipe or Recipe.from_json(predictor.recipe)
    _require_current_labels(study, recipe.minimum_labels)
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                study=study,
                predictor=predictor,
                trigger=trigger,
                requested_by=actor,
                promote_when_done=promote_when_done,
                recipe=recipe.to_json(),
                recipe_name=recipe_name or predictor.recipe_name,
                # Until then the message that wakes a worker is assumed to be on its way.
                lease_expires_at=lease_end(),
            )
            audit.record(
                study=study,
                actor=actor,
                action="training.requested",
                run=run.pk,
                predictor=predictor.name,
            )
    except IntegrityError as error:
        raise RunActiveError(
            _(
                "A training run of %(predictor)s is still in progress. Wait until it is done, then "
                "train again."
            )
            % {"predictor": predictor.name}
        ) from error
    enqueue(TRAIN, run.pk)
    return run


def changed_recipe(
    predictor: Predictor,
    settings_in_words: Iterable[str] = (),
    *,
    name: str = "",
    explanations: bool = False,
) -> Recipe:
    """The recipe of that name, the predictor's own if it is empty, with `explanations` also for
    stage 2, and with settings as `epochs=3`.

    Raises RecipeError naming what is wrong, and what recipes there are, BackboneError if the site
    no longer offers the predictor's backbone.
    """
    try:
        if name:
            recipe = backbone_named(predictor.backbone).recipe(name)
        else:
            recipe = Recipe.from_json(predictor.recipe)
        if explanations:
            kind = backbone_named(predictor.backbone).kind
            epochs = kind.recipe(explanations=True).explanation_epochs
            recipe = replace(recipe, explanation_epochs=epochs)
        recipe = recipe.changed(settings_in_words)
    except LearningError as error:
        raise RecipeError(str(error)) from error
    if recipe.trains_backbone:
        require_trainable(backbone_named(predictor.backbone))
    return recipe


def require_trainable(backbone: Backbone) -> None:
    """Raises RecipeError if it can only be used as it is."""
    if not isinstance(backbone.kind, TrainableKind):
        raise RecipeError(
            _(
                "%(backbone)s can only be used as it is: backbones of kind %(kind)s are not "
                "trained. Set epochs and explanation_epochs to 0."
            )
            % {"backbone": backbone.name, "kind": backbone.kind.name}
        )


def _require_current_labels(study: Study, needed: int) -> None:
    """Nobody is refused because the live release lags behind: it is made again first."""
    found = pool_labels(study, count_labels(study))
    if min(found.values()) < needed:
        found = pool_labels(study, count_labels(study, fresh=True))
    require_labels(found, needed, pool=holdout_state(study).pool_images)


def require_labels(
    found: Mapping[str, int], needed: int, *, pool: int | None = None, unreadable: int = 0
) -> None:
    """Raises TooFewLabelsError if any perspective has too few.

    `found`: how many images outside the hold-out have a label, by perspective. The message says
    how many there are, by perspective if they differ, and how many there must be; that there are
    too few images at all, if the `pool` has no more; and that `unreadable` labelled images do not
    count.
    """
    fewest = min(found.values())
    if fewest >= needed:
        return
    if fewest + unreadable >= needed:
        raise TooFewLabelsError(_too_few_readable(fewest, needed, unreadable))
    problem = _too_few(found, needed)
    if pool is not None and pool < needed:
        problem = _too_few_images(found, needed, pool)
    raise TooFewLabelsError(f"{problem} {_unreadable(unreadable)}" if unreadable else problem)


def _too_few_readable(found: int, needed: int, unreadable: int) -> str:
    """There are labels enough: to rate more is not what is missing."""
    return _(
        "Too few rated images can be used: %(found)d outside the hold-out, and a training needs "
        "%(needed)d. %(unreadable)d cannot be used: the run lists them, and why. Import those "
        "whose files are damaged or missing again, then train again."
    ) % {"found": found, "needed": needed, "unreadable": unreadable}


def _unreadable(count: int) -> str:
    return _(
        "%(count)d labelled images cannot be read and do not count: the run lists them. "
        "Import them again to replace their files."
    ) % {"count": count}


def _too_few_images(found: Mapping[str, int], needed: int, pool: int) -> str:
    """To rate more would not do."""
    return _(
        "Too few images: a training needs %(needed)d rated images outside the hold-out, and there "
        "are only %(pool)d, of which %(found)d are rated. Import at least %(missing)d more images "
        "and rate them, then train."
    ) % {"needed": needed, "pool": pool, "found": min(found.values()), "missing": needed - pool}


def _too_few(found: Mapping[str, int], needed: int) -> str:
    fewest = min(found.values())
    numbers = {"found": fewest, "needed": needed, "missing": needed - fewest}
    if len(set(found.values())) == 1:
        return (
            _(
                "Too few labels: %(found)d images outside the hold-out are rated, %(needed)d are "
                "needed. Rate %(missing)d more images, then train."
            )
            % numbers
        )
    lacking = [f"{name}: {count}" for name, count in found.items() if count < needed]
    return _(
        "Too few labels from some perspectives: each needs %(needed)d images outside the "
        "hold-out, and some have fewer (%(lacking)s). Rate %(missing)d more images, or "
        "import their published scores, then train."
    ) % (numbers | {"lacking": ", ".join(lacking)})


def retrain_where_due() -> list[TrainingRun]:
    """Queues a run for each predictor of a study that has collected `retrain_every` ratings since
    the predictor's labels were last snapshotted, and at night for those with any new rating, if the
    study wants that. A candidate of such a run promotes itself, unless it is worse."""
    runs = []
    for study in Study.objects.filter(Q(retrain_every__gt=0) | Q(retrain_nightly=True)):
        for predictor in _due(study):
            try:
                runs.append(
                    request_retrain(
                        predictor=predictor,
                        actor=None,
                        trigger=TrainingRun.Trigger.SCHEDULE,
                        promote_when_done=True,
                    )
                )
            except (RunActiveError, TooFewLabelsError, ReleaseBusyError) as error:
                log.info("not retrained yet", study=study.slug, reason=error.message)
    return runs


def _due(study: Study) -> list[Predictor]:
    night = tonight() if study.retrain_nightly else None
    if not study.retrain_every and night is None:
        return []
    ratings = count_labels(study).ratings
    predictors = list(predictors_of(study))
    if not predictors and ratings >= (1 if night else study.retrain_every):
        predictors = [ensure_predictor(study=study, actor=None)]
    return [
        item
        for item in predictors
        if (study.retrain_every and _is_due(item, ratings - study.retrain_every))
        or (night and _is_due_at_night(item, ratings - 1, night))
    ]


def tonight() -> datetime | None:
    """When the night began, by the site's time zone; None by day."""
    now = timezone.localtime()
    if not NIGHT.start <= now.hour < NIGHT.stop:
        return None
    return now.replace(hour=NIGHT.start, minute=0, second=0, microsecond=0)


def is_stopped(predictor: Predictor) -> bool:
    """Whether nothing starts by itself before a person has looked: the latest training failed
    before it saw a label, and would again, or somebody cancelled it."""
    last_run = predictor.training_runs.first()
    return last_run is not None and last_run.snapshot is None and last_run.state in _STOPPED


def began_tonight(predictor: Predictor, night: datetime) -> bool:
    return bool(predictor.training_runs.filter(created_at__gte=night).exists())


def _is_due_at_night(predictor: Predictor, most_seen: int, night: datetime) -> bool:
    """Once a night, also if it fails."""
    return not began_tonight(predictor, night) and _is_due(predictor, most_seen)


def _is_due(predictor: Predictor, most_seen: int) -> bool:
    """Whether its latest training saw at most so many ratings."""
    if is_stopped(predictor):
        return False
    return ratings_seen(predictor.training_runs.all()) <= most_seen
