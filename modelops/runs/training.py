"""What a training run does, from its labels to a registered candidate. Runs in a process of its own
(`manage.py train_run`), which may be killed at any moment: everything but the last step may be
done again, and the last step is one transaction."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from annotation.protocol.perspectives import PERSPECTIVES
from annotation.studies import audit
from workbench.core.files import sha256_of
from workbench.core.jobs import leases

from ..explaining.questions import Questions
from ..explaining.training_service import (
    LearnedExplainer,
    gather_explanations,
    learn_to_explain,
    publish_explainer,
)
from ..learning.bayes import LastLayer, fit_last_layer
from ..learning.curves import Curve
from ..learning.evaluation import evaluate_perspectives
from ..learning.labels import loss_weights
from ..learning.posterior import save_last_layer
from ..models import LabelSnapshot, ModelVersion, TrainingRun
from ..predictors.embedding import Embedded, Embedder
from ..predictors.images import image_files, unreadable_images
from ..predictors.mint.recipe import Recipe
from ..predictors.store import LAST_LAYER, base_model
from ..registry.artifacts import MANIFEST, publish_folder
from ..registry.snapshots import read_snapshot, take_snapshot
from .labelled import LabelledStimuli, Splits, gather
from .retraining import require_labels
from .scoring import start_scoring

if TYPE_CHECKING:
    from ..predictors.mint.checkpoint import LoadedModel
    from ..predictors.mint.fine_tuning.training import TrainingData

#: Called with what is being done, how much of it is done, and of how much.
Report = Callable[[str, int, int], None]
#: Called with the labelled images that could not be read (`TrainingRun.problems`).
Note = Callable[[list[dict[str, object]]], None]


@dataclass(frozen=True)
class Learned:
    """A trained model, how well it does on the hold-out, per perspective, how its fine-tuning went,
    where there was one, and the stimuli with readable images that it is all from."""

    model: "LoadedModel"
    backbone_sha256: str
    last_layer: LastLayer
    agreements: dict[str, dict[str, float | int | None]]
    curve: Curve | None
    splits: Splits

    @property
    def metrics(self) -> dict[str, Any]:
        """As `ModelVersion.metrics` keeps them."""
        return self.agreements | ({"training": self.curve.summary()} if self.curve else {})


def run_training(*, run: TrainingRun, fence: int, report: Report) -> ModelVersion:
    """Trains on the run's labels and registers the candidate, whose scoring then starts.

    Raises LostLeaseError where another worker took the run over, TeamBrokenError where one of its
    processes was killed, and the named errors of its steps: TooFewLabelsError, ArtifactError,
    CheckpointError, LearningError, DeviceError.
    """
    from ..predictors.mint.devices import lost_device_errors

    report("labels", 0, 0)
    snapshot = run.snapshot or take_snapshot(run.study)
    leases.renew(TrainingRun, run.pk, fence, snapshot=snapshot)
    recipe = Recipe.from_json(run.recipe)
    with lost_device_errors():
        learned = learn(
            splits=gather(read_snapshot(snapshot)),
            recipe=recipe,
            scratch=scratch_folder(run),
            report=report,
            note=lambda problems: leases.renew(TrainingRun, run.pk, fence, problems=problems),
        )
        explainer = _explain(run, recipe, learned, report)
    report("publishing", 0, 0)
    # Of this attempt alone: one that was taken over may still write, over nobody's files.
    artifact = f"models/{run.study_id}/run-{run.pk}-{fence}"
    manifest_sha256 = _publish(learned, explainer, recipe, snapshot, artifact)
    return _register(run, fence, snapshot, learned, explainer, artifact, manifest_sha256)


def scratch_folder(run: TrainingRun) -> Path:
    """Where the run keeps its checkpoint until it is over."""
    return Path(settings.DATA_DIR) / "runs" / str(run.pk)


def learn(*, splits: Splits, recipe: Recipe, scratch: Path, report: Report, note: Note) -> Learned:
    """The Bayesian last layer on the labels of the pool, after fine-tuning if the recipe says so.

    Images that cannot be read are noted and left out.
    """
    from ..predictors.mint.checkpoint import backbone_hash

    loaded = base_model()
    if recipe.epochs or recipe.explanation_epochs:
        # Training looks at the images; an embedding may outlive its image in the cache.
        splits = splits.without(unreadable_images(loaded.processor, splits.stimuli))
    backbone = backbone_hash(loaded)
    splits, embedded = _embed(loaded, backbone, splits, recipe, report, note)
    last_layer, curve = _fit(splits.pool, embedded), None
    if recipe.epochs:
        _set_heads(loaded, last_layer)
        curve = _fine_tune(loaded, splits.pool, recipe, scratch, report)
        backbone = backbone_hash(loaded)
        splits, embedded = _embed(loaded, backbone, splits, recipe, report, note)
        last_layer = _fit(splits.pool, embedded)
    report("fitting", 1, 1)
    _set_heads(loaded, last_layer)
    agreements = _evaluate(last_layer, splits.holdout, embedded)
    return Learned(loaded, backbone, last_layer, agreements, curve, splits)


def _embed(
    loaded: "LoadedModel",
    backbone: str,
    splits: Splits,
    recipe: Recipe,
    report: Report,
    note: Note,
) -> tuple[Splits, Embedded]:
    """What can be read, and its embeddings. Raises TooFewLabelsError where that is too little."""
    stimuli = splits.stimuli
    report("embedding", 0, len(stimuli))
    embedded = Embedder(backbone, lambda: loaded).embed(
        stimuli, lambda done, total: report("embedding", done, total)
    )
    splits = splits.without(embedded.problems)
    note(splits.problems)
    require_labels(
        splits.pool.label_counts(), recipe.minimum_labels, unreadable=len(splits.problems)
    )
    return splits, embedded


def _fit(pool: LabelledStimuli, embedded: Embedded) -> LastLayer:
    return fit_last_layer(embedded.matrix(pool.keys), pool.labels)


def _set_heads(loaded: "LoadedModel", last_layer: LastLayer) -> None:
    import torch

    weight, bias = last_layer.heads()
    like = loaded.model.query_tokens
    loaded.model.set_head_weights(
        torch.as_tensor(weight, dtype=like.dtype, device=like.device),
        torch.as_tensor(bias, dtype=like.dtype, device=like.device),
    )


def _fine_tune(
    loaded: "LoadedModel", pool: LabelledStimuli, recipe: Recipe, scratch: Path, report: Report
) -> Curve:
    from ..predictors.mint.fine_tuning.training import fine_tune

    with image_files(pool.stimuli) as paths:
        data = _training_data(loaded, pool, paths, recipe)
        return fine_tune(loaded.model, data, recipe, scratch / "checkpoint.safetensors", report)


def _training_data(
    loaded: "LoadedModel", pool: LabelledStimuli, paths: Sequence[Path], recipe: Recipe
) -> "TrainingData":
    import torch

    from ..predictors.mint.fine_tuning.pixels import ImageFiles
    from ..predictors.mint.fine_tuning.training import TrainingData
    from ..predictors.mint.fine_tuning.trunk_cache import KeptTrunk

    ids, mask = loaded.processor.tokenizer([item.prompt.text for item in pool.stimuli])
    weights = loss_weights(pool.labels) if recipe.label_weights else None
    return TrainingData(
        ImageFiles(paths, loaded.processor.image_size),
        ids,
        mask,
        torch.as_tensor(pool.labels.mos, dtype=torch.float32),
        weights=None if weights is None else torch.as_tensor(weights, dtype=torch.float32),
        groups=[item.prompt_id for item in pool.stimuli],
        kept=KeptTrunk(
            [item.sha256 for item in pool.stimuli], Path(settings.DATA_DIR) / "cache" / "trunk"
        ),
    )


def _evaluate(
    last_layer: LastLayer, holdout: LabelledStimuli, embedded: Embedded
) -> dict[str, dict[str, float | int | None]]:
    names = [str(perspective) for perspective in PERSPECTIVES]
    if not holdout.stimuli:
        nothing = np.empty((0, len(names)))
        agreements = evaluate_perspectives(nothing, nothing, names)
    else:
        predicted = last_layer.predict(embedded.matrix(holdout.keys))
        agreements = evaluate_perspectives(predicted.mean, holdout.labels.mos, names)
    return {name: agreement.to_json() for name, agreement in agreements.items()}


def _explain(
    run: TrainingRun, recipe: Recipe, learned: Learned, report: Report
) -> LearnedExplainer | None:
    """Stage 2, after the scores; None where the recipe has none."""
    if not recipe.explanation_epochs:
        return None
    return learn_to_explain(
        scores=learned.model,
        preset=recipe.preset,
        epochs=recipe.explanation_epochs,
        questions=Questions.of(run.study.perspective_settings, run.study.form),
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
    from ..predictors.mint.checkpoint import save_model

    with publish_folder(artifact) as folder:
        save_model(learned.model, folder)
        save_last_layer(learned.last_layer, folder / LAST_LAYER)
        # One manifest vouches for all files, those of the last layer too.
        manifest = json.loads((folder / MANIFEST).read_text())
        manifest["sha256"][LAST_LAYER] = sha256_of(folder / LAST_LAYER)
        if explainer is not None:
            manifest["sha256"] |= publish_explainer(explainer, folder)
        manifest["recipe"] = recipe.to_json()
        manifest["label_snapshot"] = snapshot.content_sha256
        manifest["backbone_sha256"] = learned.backbone_sha256
        manifest["metrics"] = learned.agreements
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
        number=(last or 0) + 1,
        preset=run.recipe["preset"],
        artifact=artifact,
        artifact_sha256=artifact_sha256,
        backbone_sha256=learned.backbone_sha256,
        snapshot=snapshot,
        training_run=run,
        metrics=learned.metrics,
        explanation_metrics=explainer and explainer.agreement.to_json(),
    )
    audit.record(
        study=run.study,
        actor=run.requested_by,
        action="model.trained",
        number=version.number,
        labels=snapshot.content_sha256,
    )
    start_scoring(version=version)
    return version
