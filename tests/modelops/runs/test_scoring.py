import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from annotation.models import Stimulus, Study
from modelops.errors import NotScoredError
from modelops.learning.shards import EmbeddingCache
from modelops.learning.uncertainty import Expectation
from modelops.models import ModelVersion, Prediction, ScoringChunk, ScoringRun
from modelops.predictors.registry import PREDICTORS
from modelops.predictors.store import version_model
from modelops.registry.selectors import new_stimuli, unreadable_images
from modelops.runs import promotion, scoring
from tests.factories import make_stimuli
from tests.modelops.conftest import Train, score_all


@pytest.fixture
def version(labelled: list[Stimulus], train: Train, settings: Settings) -> ModelVersion:
    """A candidate whose 40 images are to be predicted in chunks of 16, 16 and 8."""
    settings.SCORING_CHUNK = 16
    return train()


def test_every_image_is_predicted_once_from_every_perspective(version: ModelVersion) -> None:
    run = version.scoring_runs.get()
    assert (run.state, run.progress_total, run.chunks.count()) == ("running", 40, 3)
    score_all(version)
    run.refresh_from_db()
    assert (run.state, run.progress_done) == ("succeeded", 40)
    assert Prediction.objects.filter(model_version=version).count() == 40 * 3


def test_heads_keep_their_places_when_one_goes_with_its_perspective(
    version: ModelVersion, labelled: list[Stimulus]
) -> None:
    def expected() -> dict[str, Expectation]:
        found = version.predictions.filter(stimulus=labelled[5]).select_related("perspective")
        return {it.perspective.key: it.expected for it in found}

    score_all(version)
    before = expected()
    version.heads.get(perspective__key="quality").delete()
    version.predictions.all().delete()
    scoring.start_scoring(version=version)
    score_all(version)
    del before["quality"]
    assert expected() == before


def test_a_chunk_is_as_large_as_the_kind_of_backbone_says(
    labelled: list[Stimulus], train: Train
) -> None:
    assert PREDICTORS["tiny"].chunk_size == 64
    assert train().scoring_runs.get().chunks.count() == 1  # of 40 images


def test_a_setting_makes_chunks_larger_for_gpus(
    labelled: list[Stimulus], train: Train, settings: Settings
) -> None:
    settings.SCORING_CHUNK = 30
    assert train().scoring_runs.get().chunks.count() == 2  # of 40 images


def test_predictions_are_those_of_the_posterior(
    version: ModelVersion, labelled: list[Stimulus]
) -> None:
    score_all(version)
    model = version_model(version)
    stimulus = Stimulus.objects.select_related("prompt").get(pk=labelled[5].pk)
    embedded = model.embedder.embed([stimulus]).matrix([stimulus.pk])
    expected = model.last_layer.predict(embedded)
    stored = Prediction.objects.get(stimulus=stimulus, perspective__key="authenticity")
    assert stored.mean == pytest.approx(expected.mean[0, 1])
    assert stored.posterior_sd == pytest.approx(expected.posterior_sd[0, 1])
    assert stored.misfit_sd == pytest.approx(expected.misfit_sd[0, 1])
    assert stored.rater_sd == pytest.approx(expected.rater_sd[0, 1])


def test_a_chunk_done_twice_changes_nothing(version: ModelVersion) -> None:
    chunk = version.scoring_runs.get().chunks.get(index=0)
    scoring.score_chunk(chunk_id=chunk.pk)
    before = list(Prediction.objects.order_by("pk").values_list("pk", "mean"))
    scoring.score_chunk(chunk_id=chunk.pk)
    # Also when a second worker had begun before the first one ended.
    ScoringChunk.objects.filter(pk=chunk.pk).update(state="pending")
    scoring.score_chunk(chunk_id=chunk.pk)
    assert [pk for pk, _ in before] == [
        pk for pk, _ in Prediction.objects.order_by("pk").values_list("pk", "mean")
    ]
    assert version.scoring_runs.get().progress_done == 16


def test_only_one_caller_ends_a_run(version: ModelVersion) -> None:
    score_all(version)
    run = version.scoring_runs.get()
    assert not scoring.finish_scoring(run_id=run.pk)
    ScoringRun.objects.filter(pk=run.pk).update(state="running")
    assert scoring.finish_scoring(run_id=run.pk)


def test_a_run_does_not_end_while_a_chunk_is_pending(version: ModelVersion) -> None:
    run = version.scoring_runs.get()
    assert not scoring.finish_scoring(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "running"


def test_an_unreadable_image_is_a_problem_and_the_others_are_predicted(
    version: ModelVersion, labelled: list[Stimulus]
) -> None:
    spoilt = labelled[-1]  # nobody rated it, so the training has not embedded it
    Path(spoilt.picture.path).unlink()
    score_all(version)
    run = version.scoring_runs.get()
    assert run.state == "succeeded"
    assert Prediction.objects.filter(model_version=version).count() == 39 * 3
    problem = run.chunks.get(index=2).problems[0]
    assert (problem["stimulus"], problem["filename"]) == (spoilt.pk, spoilt.filename)
    assert problem["error"].startswith(
        f"{spoilt.filename}: the file is missing; restore it from a copy"
    )
    assert unreadable_images(version) == [problem]
    assert not new_stimuli(version).exists()  # the schedule does not retry it forever


def test_a_fixed_image_is_predicted_when_a_person_asks_again(
    version: ModelVersion, labelled: list[Stimulus]
) -> None:
    fixed, lost = labelled[-1], labelled[-2]
    content = Path(fixed.picture.path).read_bytes()
    Path(fixed.picture.path).write_bytes(content[:40])
    Path(lost.picture.path).unlink()
    score_all(version)
    assert [item["filename"] for item in unreadable_images(version)] == [
        lost.filename,
        fixed.filename,
    ]

    Path(fixed.picture.path).write_bytes(content)
    assert scoring.start_scoring(version=version).progress_total == 2
    score_all(version)
    assert fixed.predictions.filter(model_version=version).count() == 3
    assert [item["filename"] for item in unreadable_images(version)] == [lost.filename]


def test_starting_twice_answers_the_active_run(version: ModelVersion) -> None:
    assert scoring.start_scoring(version=version) == version.scoring_runs.get()


def test_only_new_images_are_predicted_later(version: ModelVersion, study: Study) -> None:
    score_all(version)
    make_stimuli(study, [500, 501])
    run = scoring.start_scoring(version=version)
    assert run.progress_total == 2
    score_all(version)
    assert Prediction.objects.filter(model_version=version).count() == 42 * 3


def test_new_images_of_the_active_version_get_priorities(
    version: ModelVersion, study: Study
) -> None:
    score_all(version)
    promotion.promote(version=version, actor=None)
    new = make_stimuli(study, [500])[0]
    scoring.start_scoring(version=version)
    score_all(version)
    new.refresh_from_db()
    assert new.priority > 0
    assert study.acquisition_rounds.count() == 2


def test_a_run_over_nothing_new_ends_by_its_finishing_task(version: ModelVersion) -> None:
    score_all(version)
    run = scoring.start_scoring(version=version)
    assert scoring.finish_scoring(run_id=run.pk)


def test_files_that_are_gone_fail_the_run_with_the_fix(version: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=version.pk).update(artifact="models/nowhere")
    score_all(version)
    run = version.scoring_runs.get()
    assert run.state == "failed"
    assert "models/nowhere is not in the artifact storage" in run.error


def fill_our_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(EmbeddingCache, "put_many", full)


def fill_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL itself answers `disk_full` to the next prediction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION pg_temp.full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON modelops_prediction
            FOR EACH ROW EXECUTE FUNCTION pg_temp.full_disk()
            """
        )


def free_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS full_disk ON modelops_prediction")


@pytest.mark.parametrize(
    ("fill", "fix"),
    [
        (fill_our_disk, "administrator of this site to free some space"),
        (fill_the_database, "The database's disk is full"),
    ],
)
def test_a_full_disk_fails_the_run_with_the_fix_and_another_run_continues(
    version: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
    fill: Callable[[pytest.MonkeyPatch], None],
    fix: str,
) -> None:
    chunks = list(version.scoring_runs.get().chunks.order_by("index").values_list("pk", flat=True))
    scoring.score_chunk(chunk_id=chunks[0])
    with monkeypatch.context() as patch:
        fill(patch)
        scoring.score_chunk(chunk_id=chunks[1])
    run = version.scoring_runs.get()
    assert run.state == "failed"
    assert fix in run.error
    assert Prediction.objects.count() == 16 * 3  # the first chunk's, whole

    free_the_database()
    scoring.start_scoring(version=version)
    score_all(version)
    assert version.scoring_runs.latest("pk").state == "succeeded"
    assert Prediction.objects.count() == 40 * 3


def test_a_chunk_that_kills_its_workers_fails_the_run_in_the_end(version: ModelVersion) -> None:
    chunk = version.scoring_runs.get().chunks.get(index=1)
    ScoringChunk.objects.filter(pk=chunk.pk).update(attempts=scoring.MAX_CHUNK_ATTEMPTS)
    scoring.score_chunk(chunk_id=chunk.pk)
    run = version.scoring_runs.get()
    assert run.state == "failed"
    assert "Chunk 1 (16 images) was started 5 times" in run.error


def test_a_version_is_not_promoted_before_its_scoring_is_over(version: ModelVersion) -> None:
    with pytest.raises(NotScoredError, match="start it again on the model page"):
        promotion.promote(version=version, actor=None)


def test_images_that_came_later_are_predicted_by_the_active_version(
    scored: ModelVersion, study: Study
) -> None:
    promotion.promote(version=scored, actor=None)
    scoring.score_new_stimuli()
    assert scored.scoring_runs.count() == 1
    make_stimuli(study, [800])
    scoring.score_new_stimuli()
    scoring.score_new_stimuli()
    assert scored.scoring_runs.count() == 2
    score_all(scored)
    scoring.score_new_stimuli()
    assert scored.scoring_runs.count() == 2


def test_a_scoring_that_failed_is_not_tried_again_by_itself(
    scored: ModelVersion, study: Study
) -> None:
    promotion.promote(version=scored, actor=None)
    scored.scoring_runs.update(state="failed")
    make_stimuli(study, [800])
    scoring.score_new_stimuli()
    assert scored.scoring_runs.count() == 1
