"""From labels to a registered candidate, with real files and a real model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotation.models import AuditEntry, Score, Stimulus, Study
from annotation.opinion.labels import labels_of
from modelops.errors import TooFewLabelsError
from modelops.learning.curves import Curve
from modelops.learning.evaluation import Agreement
from modelops.learning.recipe import Recipe
from modelops.models import ModelVersion, TrainingRun
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.mint.engine import Engine
from modelops.predictors.mint.fine_tuning.data import TrainingData
from modelops.predictors.mint.fine_tuning.training import fine_tune
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.store import version_model
from modelops.registry.artifacts import local_folder
from modelops.runs.training import run_training
from tests.factories import make_prompt, publish
from tests.modelops.conftest import Train
from tests.modelops.explained import mint_of
from tests.modelops.labelling import agreements_of, make_predictor
from workbench.core.jobs import leases

#: Where the product gets it from.
FINE_TUNE = "modelops.predictors.mint.embedder.fine_tune"


def test_a_candidate_is_registered_with_its_labels_and_hold_out(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    version = train()
    assert (version.number, version.state) == (1, "candidate")
    assert version.snapshot.stimuli == 30
    assert version.snapshot.holdout_stimuli == 6
    assert agreements_of(version)["quality"].n == 6
    run = version.training_run
    run.refresh_from_db()
    assert (run.state, run.snapshot_id) == ("succeeded", version.snapshot_id)
    assert AuditEntry.objects.get(action="model.trained").actor == study.owner


def test_the_stored_model_gives_the_means_of_the_posterior(
    labelled: list[Stimulus], train: Train
) -> None:
    version = train()
    folder = local_folder(version.artifact, version.artifact_sha256)
    loaded = load_model(folder)
    items = [(stimulus.picture.path, stimulus.prompt.text) for stimulus in labelled[:8]]
    inputs = loaded.processor(*zip(*items, strict=True))
    with torch.no_grad():
        scores = loaded.model(*inputs).scores.numpy()
    embeddings = Engine(loaded).embed(items).values
    layer = version_model(version).last_layer
    expected = layer.linear(embeddings)[0]
    # Random weights hardly tell images apart, so the heads are steep: the last bit of each number
    # of an embedding, by which two ways in float32 differ, they multiply.
    steepness = abs(layer.weights[:, :-1] / layer.feature_scale).sum(axis=1)
    rounding = np.finfo(np.float32).eps * abs(embeddings).max()
    assert np.all(abs(scores - expected) <= rounding * steepness)
    assert np.ptp(expected[:, 0]) > 0.01


def test_the_manifest_vouches_for_every_file(labelled: list[Stimulus], train: Train) -> None:
    version = train()
    folder = local_folder(version.artifact, version.artifact_sha256)
    manifest = json.loads((folder / "manifest.json").read_text())
    others = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert set(manifest["sha256"]) == others
    assert {"model.safetensors", "last_layer.safetensors", "tokenizer.json"} <= others
    assert manifest["label_snapshot"] == version.snapshot.content_sha256
    assert Recipe.from_json(manifest["recipe"]) == Recipe()


def test_a_head_only_retrain_keeps_the_backbone_and_its_embeddings(
    labelled: list[Stimulus], train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train()

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("an embedding was computed again")

    monkeypatch.setattr("modelops.predictors.mint.engine.Engine.embed", refuse)
    second = train()
    assert second.number == 2
    assert second.backbone_sha256 == first.backbone_sha256


def test_fine_tuning_makes_a_backbone_of_its_own(labelled: list[Stimulus], train: Train) -> None:
    head_only, tuned = train(), train(epochs=1, learning_rate=1e-3)
    assert tuned.backbone_sha256 != head_only.backbone_sha256
    assert version_model(tuned).last_layer.weights.shape == (3, 13)


def test_the_same_labels_train_the_same_model(labelled: list[Stimulus], train: Train) -> None:
    first, second = train(), train()
    assert first.snapshot_id == second.snapshot_id
    a, b = (version_model(version).last_layer for version in (first, second))
    assert (a.weights == b.weights).all()


def test_published_scores_train_if_nobody_has_rated(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    publish(stimulus=labelled[-1], perspective="quality", mos=0.9, raters=20, source="elsewhere")
    assert train().snapshot.stimuli == 31
    assert [label.mos for label in labels_of(study) if label.source == "elsewhere"] == [0.9]


def test_an_unreadable_image_is_left_out_of_the_training(
    labelled: list[Stimulus], train: Train
) -> None:
    spoilt, held_out = labelled[0], Stimulus.objects.filter(split="holdout").earliest("pk")
    Path(spoilt.picture.path).write_bytes(b"no image")
    Path(held_out.picture.path).unlink()
    version = train(minimum_labels=23)
    run = TrainingRun.objects.get()
    assert version.state == "candidate"
    assert [(item["filename"], item["split"]) for item in run.problems] == [
        (spoilt.filename, "pool"),
        (held_out.filename, "holdout"),
    ]
    assert run.problems[0]["error"].startswith(f"{spoilt.filename}: not a JPEG, PNG, WEBP image")
    version.refresh_from_db()
    assert (version.snapshot.training_stimuli, version.images_learnt_from) == (24, 23)
    assert agreements_of(version)["quality"].n == 5


def test_an_image_that_is_gone_is_left_out_though_its_embedding_is_known(
    labelled: list[Stimulus], train: Train
) -> None:
    """A fine-tuning looks at the images again, those of the hold-out too."""
    train()
    gone = [labelled[0], Stimulus.objects.filter(split="holdout").earliest("pk")]
    for stimulus in gone:
        Path(stimulus.picture.path).unlink()
    version = train(epochs=1, learning_rate=1e-3, minimum_labels=23)
    run = TrainingRun.objects.latest("pk")
    assert [(item["filename"], item["split"]) for item in run.problems] == [
        (gone[0].filename, "pool"),
        (gone[1].filename, "holdout"),
    ]
    assert run.problems[0]["error"].startswith(f"{gone[0].filename}: the file is missing")
    version.refresh_from_db()
    assert version.images_learnt_from == 23
    assert agreements_of(version)["quality"].n == 5


def test_an_image_that_goes_while_others_train_is_left_out(
    labelled: list[Stimulus], train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*args: Any) -> Curve:
        curve = fine_tune(*args)
        Path(labelled[0].picture.path).unlink()
        return curve

    monkeypatch.setattr(FINE_TUNE, lose)
    train(epochs=1, learning_rate=1e-3)
    (problem,) = TrainingRun.objects.get().problems
    assert (problem["filename"], problem["split"]) == (labelled[0].filename, "pool")


def test_too_few_readable_images_are_named(labelled: list[Stimulus], train: Train) -> None:
    Path(labelled[0].picture.path).unlink()
    message = (
        "Too few rated images can be used: 23 outside the hold-out, and a training needs 24. "
        "1 cannot be used"
    )
    with pytest.raises(TooFewLabelsError, match=message):
        train(minimum_labels=24)
    assert [item["stimulus"] for item in TrainingRun.objects.get().problems] == [labelled[0].pk]


def test_a_worker_that_lost_its_run_registers_nothing(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    run = TrainingRun.objects.create(
        study=study,
        predictor=make_predictor(study),
        trigger="command",
        recipe=Recipe().to_json(),
    )
    fence = leases.claim(TrainingRun, run.pk)
    assert fence is not None
    TrainingRun.objects.filter(pk=run.pk).update(fence=fence + 1)
    with pytest.raises(leases.LostLeaseError):
        run_training(run=run, fence=fence, report=lambda stage, done, total: None)
    assert not ModelVersion.objects.exists()


def test_a_study_without_hold_out_labels_has_no_metrics_but_a_model(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    Stimulus.objects.filter(split="holdout").update(split="pool")
    assert agreements_of(train())["quality"] == Agreement(None, None, None, None, 0)


def test_the_curve_of_a_fine_tuning_is_kept_with_the_model(
    labelled: list[Stimulus], train: Train
) -> None:
    version = train(epochs=2, learning_rate=1e-3, batch_size=8, validation_share=0.25)
    folder = local_folder(version.artifact, version.artifact_sha256)
    manifest = json.loads((folder / "manifest.json").read_text())
    # 24 labelled images of the pool: 6 set aside, 18 in three steps an epoch.
    assert (manifest["training"]["steps"], len(manifest["training"]["losses"])) == (3, 6)
    kept = version.curve
    assert kept is not None
    assert kept["losses"][0] == pytest.approx(sum(manifest["training"]["losses"][:3]) / 3)
    assert kept["validation"] == manifest["training"]["validation"]
    assert kept["best_epoch"] in (1, 2)
    stored = {key: found.to_json() for key, found in agreements_of(version).items()}
    assert manifest["metrics"] == stored
    assert list(stored) == ["quality", "authenticity", "correspondence"]


def test_a_head_only_training_has_no_curve(labelled: list[Stimulus], train: Train) -> None:
    version = train()
    folder = local_folder(version.artifact, version.artifact_sha256)
    assert version.curve is None
    assert "training" not in json.loads((folder / "manifest.json").read_text())


@pytest.mark.parametrize("weighted", [False, True])
def test_fine_tuning_gets_the_prompts_and_the_precision_of_labels(
    study: Study,
    labelled: list[Stimulus],
    train: Train,
    monkeypatch: pytest.MonkeyPatch,
    weighted: bool,
) -> None:
    told: list[TrainingData] = []

    def note(model: MintIQAModel, data: TrainingData, *rest: Any) -> Curve:
        told.append(data)
        return fine_tune(model, data, *rest)

    monkeypatch.setattr(FINE_TUNE, note)
    pool = Stimulus.objects.filter(study=study, split="pool", claimed_ratings__gt=0).order_by("pk")
    one = pool[0].prompt
    Stimulus.objects.filter(pk__in=[item.pk for item in pool[:4]]).update(prompt=one)
    Stimulus.objects.filter(pk=pool[4].pk).update(prompt=make_prompt(study, f"{one.text.upper()}."))
    Score.objects.filter(trial__stimulus=pool[0], perspective__key="quality").update(value=3)
    train(epochs=1, label_weights=weighted)
    (data,) = told
    assert data.groups is not None
    # Five images of one prompt, one of which is spelled in another way.
    assert list(data.groups) == [0] * 5 + list(range(1, 20))
    if not weighted:
        assert data.weights is None
        return
    assert data.weights is not None
    # Elsewhere its two raters differ by a level in quality; on authenticity all agree.
    assert data.weights[0, 0] > 1 > data.weights[1, 0]
    assert data.weights[:, 1].tolist() == pytest.approx([1.0] * 24)


@pytest.mark.slow
def test_two_processes_train_a_study_s_model_without_its_database(
    labelled: list[Stimulus], train: Train
) -> None:
    """They are new interpreters, which get images as paths and labels as numbers."""
    recipe = {"epochs": 2, "learning_rate": 1e-3, "batch_size": 8}
    single, double = train(**recipe), train(**recipe, processes=2)
    losses = [(item.curve or {})["losses"] for item in (single, double)]
    # Sums of the same numbers in another order: one process on one and on two threads differs by
    # 1e-7 of the loss already, and on as many threads not by a bit. Steep heads lose a digit more.
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    weights = [mint_of(version_model(item)).query_tokens for item in (single, double)]
    assert torch.allclose(weights[0], weights[1], atol=1e-5)
