"""What a training run does, from its labels to a registered candidate. Runs in a process of its own
(`manage.py train_run`), which may be killed at any moment: everything but the last step may be
done again, and the last step is one transaction."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from annotation.models import Stimulus, Trial
from annotation.studies import audit
from workbench.core.files import sha256_of
from workbench.core.jobs import leases

from ..explaining.selectors import questions_of
from ..explaining.store import stage1_of
from ..explaining.training_service import (
    LearnedExplainer,
    gather_explanations,
    learn_to_explain,
    publish_explainer,
)
from ..learning.bayes import LastLayer, fit_last_layer, save_last_layer
from ..learning.curves import Curve
from ..learning.errors import LearningError
from ..learning.evaluation import Agreement, evaluate_perspectives
from ..learning.labels import loss_weights
from ..learning.recipe import Recipe
from ..models import Head, LabelSnapshot, ModelVersion, TrainingRun
from ..predictors.backbones import Backbone, backbone_named
from ..predictors.base import Embedder, PredictorKind, Report, Samples, Trainable, TrainableKind
from ..predictors.embedding import Embedded, StimulusEmbedder, image_files, unreadable
from ..predictors.store import LAST_LAYER
from ..registry.artifacts import MANIFEST, publish_folder
from ..registry.labelled import LabelledStimuli, Splits, gather
from ..registry.snapshots import read_snapshot, take_snapshot
from .retraining import require_labels
from .scoring import start_scoring

#: Random draws below which a calibration by them alone says too little.
FEWEST_RANDOM = 30
#: Called with the labelled images that could not be read (`TrainingRun.problems`).
Note = Callable[[list[dict[str, object]]], None]


@dataclass(frozen=True)
class Learned:
    """A trained model on a backbone from `source`, how well it does on the hold-out, per
    perspective, how its fine-tuning went, if there was one, and the stimuli with readable images
    that all of it is from."""

    kind: PredictorKind
    source: str
    backbone: Embedder
    last_layer: LastLayer
    agreements: dict[str, Agreement]
    curve: Curve | None
    splits: Splits


def run_training(*, run: TrainingRun, fence: int, report: Report) -> ModelVersion:
    """Trains on the run's labels and registers the candidate, whose scoring then starts.

    Raises LostLeaseError if another worker took the run over, TeamBrokenError if one of its
    processes was killed, and the named errors of its steps: TooFewLabelsError, ArtifactError,
    CheckpointError, LearningError, DeviceError.
    """
    from ..predictors.hardware import lost_device_errors

    report("labels", 0, 0)
    snapshot = run.snapshot or take_snapshot(run.study)
    leases.renew(TrainingRun, run.pk, fence, snapshot=snapshot)
    recipe, backbone = Recipe.from_json(run.recipe), backbone_named(run.predictor.backbone)
    with lost_device_errors():
        learned = learn(
            backbone=backbone,
            splits=gather(run.study, read_snapshot(snapshot)),
            recipe=recipe,
            scratch=scratch_folder(run),
            report=report,
            note=lambda problems: leases.renew(TrainingRun, run.pk, fence, problems=problems),
        )
        explainer = _explain(run, recipe, backbone, learned, report)
    report("publishing", 0, 0)
    # Of this attempt alone: one that was taken over may still write, over nobody's files.
    artifact = f"models/{run.study_id}/run-{run.pk}-{fence}"
    manifest_sha256 = _publish(learned, explainer, recipe, snapshot, artifact)
    return _register(run, fence, snapshot, learned, explainer, artifact, manifest_sha256)


def scratch_folder(run: TrainingRun) -> Path:
    """Where the run keeps its checkpoint until it is over."""
    return Path(settings.DATA_DIR) / "runs" / str(run.pk)


def learn(
    *,
    backbone: Backbone,
    splits: Splits,
    recipe: Recipe,
    scratch: Path,
    report: Report,
    note: Note,
) -> Learned:
    """The Bayesian last layer on the labels of the pool, after fine-tuning if the recipe says so.

    Images that cannot be read are noted and left out. Raises LearningError if the recipe trains
    a backbone that can only be used as it is.
    """
    embedder = backbone.load()
    trainable = cast(Trainable, embedder) if isinstance(backbone.kind, TrainableKind) else None
    if recipe.trains_backbone:
        if trainable is None:
            raise LearningError(
                f"{backbone.name} can only be used as it is: its kind, {backbone.kind.name}, has "
                "no training; set epochs and explanation_epochs to 0"
            )
        # Training looks at the images; an embedding may outlive its image in the cache.
        splits = splits.without(_unreadable(trainable, splits.stimuli))
    splits, embedded = _embed(embedder, splits, recipe, report, note)
    last_layer, curve = _fit(splits.pool, embedded), None
    if trainable is not None and recipe.epochs:
        trainable.set_heads(*last_layer.heads())
        curve = _fine_tune(trainable, splits.pool, recipe, scratch, report)
        splits, embedded = _embed(trainable, splits, recipe, report, note)
        last_layer = _fit(splits.pool, embedded)
    report("fitting", 1, 1)
    if trainable is not None:
        trainable.set_heads(*last_layer.heads())
    agreements = _evaluate(last_layer, splits.holdout, embedded)
    return Learned(
        kind=backbone.kind,
        source=backbone.source,
        backbone=embedder,
        last_layer=last_layer,
        agreements=agreements,
        curve=curve,
        splits=splits,
    )


def _fit(pool: LabelledStimuli, embedded: Embedded) -> LastLayer:
    """The last layer, with intervals calibrated by what was drawn at random; by all labels, as long
    as too little was."""
    keys = pool.keys
    audits = Trial.objects.filter(
        study__in={it.study_id for it in pool.stimuli}, draw=Trial.Draw.AUDIT, state="submitted"
    )
    random = np.isin(keys, list(audits.values_list("stimulus", flat=True)))
    known = random if random.sum() >= FEWEST_RANDOM else None
    return fit_last_layer(embedded.matrix(keys), pool.labels, known)


def _unreadable(trainable: Trainable, stimuli: Sequence[Stimulus]) -> list[dict[str, object]]:
    with image_files(stimuli) as paths:
        found = trainable.unreadable(paths)
        return [unreadable(stimuli[row], paths[row], error) for row, error in found.items()]


def _embed(
    embedder: Embedder, splits: Splits, recipe: Recipe, report: Report, note: Note
) -> tuple[Splits, Embedded]:
    """What can be read, and its embeddings. Raises TooFewLabelsError if that is too little."""
    stimuli = splits.stimuli
    report("embedding", 0, len(stimuli))
    embedded = StimulusEmbedder(embedder.sha256, lambda: embedder).embed(
        stimuli, lambda done, total: report("embedding", done, total)
    )
    splits = splits.without(embedded.problems)
    note(splits.problems)
    lost = sum(problem["split"] == Stimulus.Split.POOL for problem in splits.problems)
    require_labels(splits.pool.label_counts(), recipe.minimum_labels, unreadable=lost)
    return splits, embedded


def _fine_tune(
    trainable: Trainable, pool: LabelledStimuli, recipe: Recipe, scratch: Path, report: Report
) -> Curve:
    with image_files(pool.stimuli) as paths:
        samples = Samples(
            images=paths,
            image_sha256=[item.picture_sha256 for item in pool.stimuli],
            prompts=[item.prompt.text for item in pool.stimuli],
            groups=_prompt_numbers(pool.stimuli),
            targets=pool.labels.mos,
            weights=loss_weights(pool.labels) if recipe.label_weights else None,
            cache=Path(settings.DATA_DIR) / "cache" / "trunk",
        )
        return trainable.fine_tune(samples, recipe, scratch / "checkpoint.safetensors", report)


def _prompt_numbers(stimuli: Sequence[Stimulus]) -> list[int]:
    """The same for all images of a prompt, however it is spelled."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(it.prompt.group_sha256, len(numbers)) for it in stimuli]


def _evaluate(
    last_layer: LastLayer, holdout: LabelledStimuli, embedded: Embedded
) -> dict[str, Agreement]:
    names = holdout.perspectives
    if not holdout.stimuli:
        nothing = np.empty((0, len(names)))
        return evaluate_perspectives(nothing, nothing, names, [])
    predicted = last_layer.predict(embedded.matrix(holdout.keys))
    prompts = [stimulus.prompt.group_sha256 for stimulus in holdout.stimuli]
    return evaluate_perspectives(predicted.mean, holdout.labels.mos, names, prompts)


def _explain(
    run: TrainingRun, recipe: Recipe, backbone: Backbone, learned: Learned, report: Report
) -> LearnedExplainer | None:
    """Stage 2, after the scores; None if the recipe has none."""
    if not recipe.explanation_epochs:
        return None
    return learn_to_explain(
        scores=stage1_of(learned.backbone),
        backbone=backbone,
        epochs=recipe.explanation_epochs,
        questions=questions_of(run.study),
        pool=gather_explanations(run.study, learned.splits.pool.stimuli),
        holdout=gather_explanations(run.study, learned.splits.holdout.stimuli),
        checkpoint=scratch_folder(run) / "explanations.safetensors",
        report=report,
    )


def _publish(
    learned: Learned,
    explainer: LearnedExplainer | None,
    recipe: Recipe,
    snapshot: LabelSnapshot,
    artifact: str,
) -> str:
    """Publishes the model's folder; the checksum of its manifest."""
    with publish_folder(artifact) as folder:
        manifest: dict[str, Any] = {"format": 1, "sha256": {}}
        if isinstance(learned.kind, TrainableKind):
            cast(Trainable, learned.backbone).save(folder)
            manifest = json.loads((folder / MANIFEST).read_text())
        save_last_layer(learned.last_layer, folder / LAST_LAYER)
        # One manifest vouches for all files, those of the last layer too.
        manifest["sha256"][LAST_LAYER] = sha256_of(folder / LAST_LAYER)
        if explainer is not None:
            manifest["sha256"] |= publish_explainer(explainer, folder)
        manifest["recipe"] = recipe.to_json()
        manifest["label_snapshot"] = snapshot.content_sha256
        manifest["backbone_sha256"] = learned.backbone.sha256
        manifest["backbone_source"] = learned.source
        manifest["metrics"] = {key: it.to_json() for key, it in learned.agreements.items()}
        if learned.curve is not None:
            manifest["training"] = learned.curve.to_json()
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        return sha256_of(folder / MANIFEST)


@transaction.atomic
def _register(
    run: TrainingRun,
    fence: int,
    snapshot: LabelSnapshot,
    learned: Learned,
    explainer: LearnedExplainer | None,
    artifact: str,
    artifact_sha256: str,
) -> ModelVersion:
    """Ends the run and makes its candidate known, or neither."""
    # First: it locks the run, and a worker that lost it gets no further.
    leases.succeed(TrainingRun, run.pk, fence)
    last = ModelVersion.objects.filter(study=run.study_id).aggregate(last=Max("number"))["last"]
    version = ModelVersion.objects.create(
        study_id=run.study_id,
        predictor=run.predictor,
        number=(last or 0) + 1,
        kind=learned.kind.name,
        artifact=artifact,
        artifact_sha256=artifact_sha256,
        backbone_sha256=learned.backbone.sha256,
        backbone_source=learned.source,
        snapshot=snapshot,
        training_run=run,
        curve=learned.curve and learned.curve.summary(),
        explanation_metrics=explainer and explainer.agreement.to_json(),
    )
    _register_heads(version, learned)
    audit.record(
        study=run.study,
        actor=run.requested_by,
        action="model.trained",
        number=version.number,
        predictor=run.predictor.name,
        labels=snapshot.content_sha256,
    )
    start_scoring(version=version)
    return version


def _register_heads(version: ModelVersion, learned: Learned) -> None:
    """In the order of the last layer's columns, without those that the study has dropped since."""
    perspectives = {row.key: row for row in version.study.perspectives.all()}
    Head.objects.bulk_create(
        Head(
            study_id=version.study_id,
            model_version=version,
            perspective=perspectives[key],
            place=place,
            **learned.agreements[key].to_json(),
        )
        for place, key in enumerate(learned.splits.pool.perspectives)
        if key in perspectives
    )
