"""Stimuli with ratings, predictors, and the weights of a small model, for tests of modelops."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from annotation.models import OpinionRelease, Rater, RatingSession, Score, Stimulus, Study, Trial
from modelops.learning.evaluation import Agreement
from modelops.learning.recipe import Recipe
from modelops.models import AcquisitionRound, LabelSnapshot, ModelVersion, Predictor, TrainingRun
from tests.factories import make_rater, make_session, make_stimuli


def rate(stimulus: Stimulus, rater: Rater, scores: Sequence[float]) -> Trial:
    """One submitted trial with its scores in the study's order, as the rating API leaves it."""
    return _rate_all(rater, [(stimulus, scores)])[0]


def _rate_all(rater: Rater, rated: Sequence[tuple[Stimulus, Sequence[float]]]) -> list[Trial]:
    now = timezone.now()
    session = RatingSession.objects.filter(rater=rater).first() or make_session(rater)
    position = session.trials.count()
    trials = Trial.objects.bulk_create(
        Trial(
            session=session,
            rater=rater,
            study=rater.study,
            stimulus=stimulus,
            position=position + further,
            draw="priority",
            state="submitted",
            leased_at=now,
            lease_expires_at=now,
            submitted_at=now,
        )
        for further, (stimulus, _scores) in enumerate(rated)
    )
    perspectives = list(rater.study.perspectives.all())
    Score.objects.bulk_create(
        Score(trial=trial, perspective=perspective, value=value)
        for trial, (_stimulus, scores) in zip(trials, rated, strict=True)
        for perspective, value in zip(perspectives, scores, strict=True)
    )
    for stimulus, _scores in rated:
        stimulus.claimed_ratings += 1
    Stimulus.objects.bulk_update([stimulus for stimulus, _scores in rated], ["claimed_ratings"])
    return trials


def label_pool(
    study: Study, *, rated: int, holdout: int, unrated: int, raters: int = 2
) -> list[Stimulus]:
    """Stimuli whose two raters (or one) agree that a higher number is better; the last are not
    rated.

    The hold-out is spread evenly over the numbers.
    """
    step = (rated + holdout) // holdout
    numbers = range(rated + holdout)
    held = [number for number in numbers if number % step == step - 1][:holdout]
    pool = make_stimuli(study, [number for number in numbers if number not in held])
    held_out = make_stimuli(study, held, split="holdout")
    known = [*pool, *held_out]
    goodness = [int(item.filename[:4]) * 4 // (rated + holdout) for item in known]
    for place in range(raters):
        scores = [_scores(study, good, place) for good in goodness]
        _rate_all(make_rater(study), list(zip(known, scores, strict=True)))
    rest = make_stimuli(study, range(rated + holdout, rated + holdout + unrated))
    return [*known, *rest]


def _scores(study: Study, goodness: int, rater: int) -> list[float]:
    """Of an image that is 0…3 good, on each perspective's scale: the second rater is a quarter of
    it higher on the first perspective, the first rater on the last of several."""
    asked = study.perspective_settings
    higher = [{0: 1, len(asked) - 1: 0}.get(place) == rater for place in range(len(asked))]
    return [
        item.scale.from_unit(min(1.0, (goodness + more) / 4))
        for item, more in zip(asked, higher, strict=True)
    ]


def make_predictor(study: Study, **fields: Any) -> Predictor:
    """The study's leading predictor, made if there is none, or another one of that name."""
    name = fields.pop("name", "tiny")
    defaults: dict[str, Any] = {
        "backbone": "tiny",
        "recipe": Recipe().to_json(),
        "strategy": "lcmd",
        "leading": not study.predictors.exists(),
    }
    return study.predictors.get_or_create(name=name, defaults=defaults | fields)[0]


def make_version(study: Study, number: int = 1, **fields: Any) -> ModelVersion:
    """A version in name only: it has no files, and has predicted nothing."""
    digest = f"{number:064}"
    release = OpinionRelease.objects.create(
        study=study,
        number=100 + number,
        state="frozen",
        method="mos",
        content_sha256=digest,
        computed_at=timezone.now(),
    )
    snapshot = LabelSnapshot.objects.create(
        study=study,
        release=release,
        content_sha256=digest,
        stimuli=9,
        ratings=54,
        holdout_stimuli=3,
    )
    predictor = fields.pop("predictor", None) or make_predictor(study)
    run = TrainingRun.objects.create(
        study=study, predictor=predictor, snapshot=snapshot, trigger="api", state="succeeded"
    )
    known = {"state": "retired", "kind": "tiny", "artifact_sha256": digest, **fields}
    return ModelVersion.objects.create(
        study=study,
        predictor=predictor,
        number=number,
        snapshot=snapshot,
        training_run=run,
        **known,
    )


def make_round(version: ModelVersion, at: datetime, **fields: Any) -> AcquisitionRound:
    """One that ranked 90 images and put 32 first."""
    known = {
        "strategy": "lcmd",
        "strategy_version": "2",
        "parameters": {"count": 32, "seed": 7, "ratings": 0, "odd": []},
        "candidates": 90,
        "selected": 32,
    }
    made = AcquisitionRound.objects.create(
        study=version.study, model_version=version, **known | fields
    )
    AcquisitionRound.objects.filter(pk=made.pk).update(created_at=at)
    made.refresh_from_db()
    return made


def agreements_of(version: ModelVersion) -> dict[str, Agreement]:
    """As they are stored with its heads, by the perspective's key."""
    return {head.perspective.key: head.agreement for head in version.heads.all()}


def write_weights(folder: Path, seed: int = 0) -> Path:
    """A model folder with random weights and a tokenizer of its own."""
    from modelops.predictors.mint.checkpoint import LoadedModel, save_model
    from modelops.predictors.mint.processing import MintIQAProcessor
    from modelops.predictors.mint.tokenization import load_tokenizer, train_tiny_tokenizer
    from tests.modelops.predictors.mint.fine_tuning.models import small_model

    model = small_model(seed=seed, vocabulary=2048)
    train_tiny_tokenizer(["prompt 0 1 2 3 4 5 6 7 8 9", "a red circle on grass"], folder)
    tokenizer = load_tokenizer(folder, model.config)
    save_model(LoadedModel(model, MintIQAProcessor(tokenizer, model.config.image_size)), folder)
    return folder
