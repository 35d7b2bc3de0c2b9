"""From what raters said to a model that says it, and to answers about every image."""

import gc
import json
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from annotation.models import Explanation, Stimulus, Study
from modelops.errors import CannotExplainError
from modelops.explaining import runs as explaining
from modelops.explaining.selectors import questions_of
from modelops.explaining.store import pipeline_of
from modelops.explaining.training_service import decoding_of, stage2_of
from modelops.learning.errors import LearningError
from modelops.models import ExplainingRun, ModelVersion, PredictedExplanation
from modelops.predictors.store import release_models, version_model
from modelops.registry.artifacts import local_folder
from modelops.runs import sweeping
from tests.conftest import Sent
from tests.factories import make_stimuli
from tests.modelops.conftest import Train, score_all
from tests.modelops.explained import explain_all, mint_of, quick_language

__all__ = ["quick_language"]

EXPLAIN = "modelops.tasks.explain"


@pytest.fixture
def explains(
    labelled: list[Stimulus],
    train: Train,
    quick_language: None,
    monkeypatch: pytest.MonkeyPatch,
) -> ModelVersion:
    """A candidate that explains, in turns of 16 images; 30 of 40 images are rated and explained."""
    short = replace(stage2_of("tiny"), turn_size=16)
    monkeypatch.setattr(explaining, "stage2_of", lambda _kind: short)
    explain_all()
    return train(explanation_epochs=1)


def run_of(version: ModelVersion) -> ExplainingRun:
    return version.explaining_runs.latest("pk")


def test_a_version_that_explains_is_measured_on_the_hold_out(explains: ModelVersion) -> None:
    metrics = explains.explanation_metrics
    assert metrics is not None
    assert set(metrics["fields"]) == {
        "quality_clarity",
        "quality_outline",
        "quality_detail",
        "authenticity_distortion",
        "correspondence_consistency",
    }
    assert metrics["fields"]["quality_clarity"]["n"] == 6
    assert metrics["texts"]["n"] == 6
    assert 0 <= metrics["accuracy"] <= 1


def test_its_files_hold_stage_two_and_what_it_was_trained_on(explains: ModelVersion) -> None:
    folder = local_folder(explains.artifact, explains.artifact_sha256)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert "explanations/manifest.json" in manifest["sha256"]
    own = folder / "explanations"
    vouched = json.loads((own / "manifest.json").read_text())["sha256"]
    files = {str(path.relative_to(own)) for path in own.rglob("*") if path.is_file()}
    assert files - {"manifest.json"} == set(vouched)
    assert "language/tokenizer.json" in vouched
    lines = [json.loads(line) for line in (own / "answers.jsonl").read_text().splitlines()]
    # 24 images of the pool, four questions, two raters each; none of the hold-out.
    assert len(lines) == 24 * 4
    assert all(len(line["answers"]) == 2 for line in lines)
    hold_out = set(Stimulus.objects.filter(split="holdout").values_list("sha256", flat=True))
    assert not hold_out & {line["image_sha256"] for line in lines}


def test_every_image_is_explained_once_after_its_scoring(
    explains: ModelVersion, sent: Sent, django_capture_on_commit_callbacks: object
) -> None:
    assert callable(django_capture_on_commit_callbacks)
    with django_capture_on_commit_callbacks(execute=True):
        score_all(explains)
    run = run_of(explains)
    assert (run.state, run.progress_total) == ("queued", 40)
    assert (EXPLAIN, (run.pk,)) in sent
    with django_capture_on_commit_callbacks(execute=True):
        explaining.explain_some(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.progress_done, run.attempts) == ("queued", 16, 0)
    assert sent[-1] == (EXPLAIN, (run.pk,))
    explaining.explain_some(run_id=run.pk)
    explaining.explain_some(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.progress_done) == ("succeeded", 40)
    assert PredictedExplanation.objects.count() == 40 * 4
    answered = PredictedExplanation.objects.values_list("perspective__key", flat=True)
    assert set(answered) == {"quality", "authenticity", "correspondence", None}


def test_the_stored_answers_are_those_of_the_stored_model(
    explains: ModelVersion, labelled: list[Stimulus]
) -> None:
    run = explaining.start_explaining(version=explains)
    explaining.explain_some(run_id=run.pk)
    pipeline = pipeline_of(version_model(explains))
    stimulus = Stimulus.objects.select_related("prompt").order_by("pk")[3]
    inputs = pipeline.scores.processor([stimulus.picture.path], [stimulus.prompt.text])
    whole = questions_of(explains.study).texts["overall"]
    ((expected,),) = pipeline.answer(inputs, [whole], decoding_of("tiny"))
    stored = PredictedExplanation.objects.get(stimulus=stimulus, perspective=None)
    assert stored.text == expected


def test_a_model_that_is_let_go_goes_at_once(explains: ModelVersion) -> None:
    model = version_model(explains)
    model.embedder.embed([Stimulus.objects.select_related("prompt").order_by("pk")[0]])
    gone = weakref.ref(mint_of(model))
    gc.disable()  # as if the collector did not happen to run
    try:
        del model
        release_models()
        assert gone() is None
    finally:
        gc.enable()


def test_models_are_released_if_another_process_needs_the_memory(explains: ModelVersion) -> None:
    before = version_model(explains)
    assert version_model(explains) is before
    release_models()
    assert version_model(explains) is not before


def test_a_turn_that_is_done_twice_changes_nothing(explains: ModelVersion) -> None:
    run = explaining.start_explaining(version=explains)
    explaining.explain_some(run_id=run.pk)
    before = list(PredictedExplanation.objects.order_by("pk").values_list("pk", "text"))
    # As if its worker had died before it said that it was done.
    first = {pk for pk, _ in before}
    stimuli = list(Stimulus.objects.filter(predicted_explanations__in=first).distinct())
    answered, _ = explaining._answers(explains, stimuli)
    PredictedExplanation.objects.bulk_create(
        answered,
        update_conflicts=True,
        unique_fields=["model_version", "stimulus", "perspective"],
        update_fields=["text", "phrases"],
    )
    assert list(PredictedExplanation.objects.order_by("pk").values_list("pk", "text")) == before


def test_a_worker_that_lost_the_run_writes_nothing(
    explains: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = explaining.start_explaining(version=explains)
    answers = explaining._answers

    def taken_over(version: ModelVersion, stimuli: list[Stimulus]) -> object:
        ExplainingRun.objects.filter(pk=run.pk).update(fence=99)
        return answers(version, stimuli)

    monkeypatch.setattr(explaining, "_answers", taken_over)
    explaining.explain_some(run_id=run.pk)
    assert not PredictedExplanation.objects.exists()


def test_an_unreadable_image_is_a_problem_and_the_others_are_explained(
    explains: ModelVersion, labelled: list[Stimulus]
) -> None:
    Path(labelled[-1].picture.path).unlink()
    run = explaining.start_explaining(version=explains)
    for _turn in range(3):
        explaining.explain_some(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert [problem["filename"] for problem in run.problems] == [labelled[-1].filename]
    assert PredictedExplanation.objects.count() == 39 * 4


def test_images_that_are_gone_are_left_out_of_learning_to_explain(
    labelled: list[Stimulus], train: Train, quick_language: None
) -> None:
    """One of the pool and all of the hold-out, whose embeddings are known from a first training."""
    explain_all()
    train()
    held_out = list(Stimulus.objects.filter(split="holdout").order_by("pk"))
    for stimulus in [labelled[0], *held_out]:
        Path(stimulus.picture.path).unlink()
    version = train(explanation_epochs=1)
    run = version.training_run
    run.refresh_from_db()
    assert [(problem["filename"], problem["split"]) for problem in run.problems] == [
        (labelled[0].filename, "pool"),
        *((stimulus.filename, "holdout") for stimulus in held_out),
    ]
    folder = local_folder(version.artifact, version.artifact_sha256)
    lines = (folder / "explanations" / "answers.jsonl").read_text().splitlines()
    known = {json.loads(line)["image_sha256"] for line in lines}
    assert len(known) == 23
    assert labelled[0].sha256 not in known
    assert version.explanation_metrics is not None
    assert version.explanation_metrics["texts"] == {"n": 0, "bleu4": None, "rouge_l": None}


def test_only_new_images_are_explained_later(explains: ModelVersion, study: Study) -> None:
    run = explaining.start_explaining(version=explains)
    for _turn in range(3):
        explaining.explain_some(run_id=run.pk)
    make_stimuli(study, [500, 501])
    assert explaining.start_explaining(version=explains).progress_total == 2


def test_files_that_are_gone_fail_the_run_with_the_fix(explains: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=explains.pk).update(artifact="models/nowhere")
    run = explaining.start_explaining(version=explains)
    explaining.explain_some(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "models/nowhere is not in the artifact storage" in run.error


def test_a_run_that_ends_its_workers_is_given_up(explains: ModelVersion) -> None:
    run = explaining.start_explaining(version=explains)
    ExplainingRun.objects.filter(pk=run.pk).update(
        state="running", attempts=5, lease_expires_at="2020-01-01T00:00Z"
    )
    sweeping.sweep_runs()
    run.refresh_from_db()
    assert run.state == "failed"
    assert "stopped its worker 5 times" in run.error


def test_a_version_without_explanations_says_so(scored: ModelVersion) -> None:
    assert scored.explanation_metrics is None
    assert not scored.explaining_runs.exists()
    with pytest.raises(CannotExplainError, match="Version 1 was trained without explanations"):
        explaining.start_explaining(version=scored)


def test_a_training_that_nobody_has_explained_anything_for_is_refused(
    labelled: list[Stimulus], train: Train
) -> None:
    assert not Explanation.objects.exists()
    with pytest.raises(LearningError, match="has a reason that counts"):
        train(explanation_epochs=1)
