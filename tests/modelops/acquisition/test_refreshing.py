"""New ratings change predictions and the order of rating without a training."""

import csv
import io
from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client

from annotation.models import OpinionScore, Stimulus, Study
from annotation.opinion.releases import renew_live
from annotation.removal.images import _WITHOUT_FILE
from modelops.acquisition import predicting, refreshing
from modelops.acquisition.as_scored import as_scored
from modelops.acquisition.embeddings import embeddings_of
from modelops.acquisition.ranking import make_ranking
from modelops.acquisition.registry import STRATEGIES
from modelops.models import ModelVersion, Prediction, ScoringChunk
from modelops.predictors.store import version_model
from modelops.registry import current
from modelops.registry.artifacts import delete_file, file_names
from modelops.registry.forecast import ActiveForecaster
from modelops.registry.queue import REFRESH
from modelops.registry.selectors import most_uncertain, predicted_stimuli
from modelops.runs import promotion, scoring
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate
from workbench.accounts.models import User


def test_what_was_just_rated_gives_way_to_other_images(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.retrain_every = 9  # three images make a round
    study.save(update_fields=["retrain_every"])
    promotion.promote(version=scored, actor=None)
    pool = Stimulus.objects.filter(study=study, split="pool")
    predicted = list(Prediction.objects.order_by("pk").values_list("mean", flat=True))
    before = version_model(scored).last_layer

    raters = [make_rater(study) for _ in range(2)]
    for stimulus in pool.filter(claimed_ratings=0):
        for rater in raters:
            rate(stimulus, rater, [item.scale.maximum for item in study.perspective_settings])
    monkeypatch.setattr(current, "RATINGS_BETWEEN", 4)
    renew_live(study)
    after = refreshing._learning(scored) or pytest.fail("nothing learnt")
    assert not np.allclose(before.weights, after.layer.weights)
    assert refreshing.is_due(scored)

    refreshing.refresh_ranking(scored)
    rounds = list(study.acquisition_rounds.all())
    assert len(rounds) == 2
    assert rounds[0].parameters["ratings"] > rounds[1].parameters["ratings"]
    assert not refreshing.is_due(scored)
    # Hold-out metrics and the gate go by what the version was scored with.
    assert list(Prediction.objects.order_by("pk").values_list("mean", flat=True)) == predicted
    # Doing it twice does no harm, nor does a version that is no longer in use.
    refreshing.refresh_ranking(scored)
    ModelVersion.objects.update(state="retired")
    refreshing.refresh_ranking(scored)
    assert study.acquisition_rounds.count() == 2


def test_a_worker_is_asked_where_enough_was_rated_and_a_model_is_in_use(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    Study.objects.update(status=Study.Status.OPEN)
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(refreshing, "enqueue", lambda *what: asked.append(what))
    monkeypatch.setattr(current, "RATINGS_BETWEEN", 1)
    refreshing.refresh_where_due()
    assert asked == []  # no model is in use
    promotion.promote(version=scored, actor=None)
    refreshing.refresh_where_due()
    assert asked == []  # nothing was rated since
    highest = [item.scale.maximum for item in study.perspective_settings]
    rate(labelled[0], make_rater(study), highest)
    renew_live(study)
    refreshing.refresh_where_due()
    assert asked == [(REFRESH, scored.pk)]
    Study.objects.update(status=Study.Status.PAUSED)
    refreshing.refresh_where_due()
    assert len(asked) == 1


def test_a_layer_of_other_questions_or_without_labels_stays(
    study: Study, labelled: list[Stimulus], scored: ModelVersion
) -> None:
    study.raters.update(status="excluded")
    renew_live(study)
    assert refreshing._learning(scored) is None
    scored.heads.earliest("pk").delete()
    assert refreshing._learning(scored) is None


@pytest.fixture
def owner_client(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def rate_what_nobody_rated(study: Study) -> None:
    raters = [make_rater(study) for _ in range(2)]
    for stimulus in study.stimuli.filter(split="pool", claimed_ratings=0):
        for rater in raters:
            rate(stimulus, rater, [item.scale.maximum for item in study.perspective_settings])
    renew_live(study)


def predictions(client: Client, study: Study) -> dict[int, Any]:
    """What the API tells, by image."""
    answer = client.get(f"/api/v1/studies/{study.slug}/predictions/?limit=100").json()
    return {row["stimulus"]: row for row in answer["results"]}


def test_predictions_are_stale_until_they_have_learnt_the_new_ratings(
    study: Study,
    labelled: list[Stimulus],
    scored: ModelVersion,
    owner_client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    promotion.promote(version=scored, actor=None)
    learnt = {"version": 1, "ratings": scored.snapshot.ratings, "stale": False}
    before = predictions(owner_client, study).values()
    assert all(learnt.items() <= row["learnt_from"].items() for row in before)
    rate_what_nobody_rated(study)
    monkeypatch.setattr(current, "RATINGS_BETWEEN", 4)
    lagging = predictions(owner_client, study).values()
    assert all(row["learnt_from"]["stale"] for row in lagging)
    assert "Stale" in owner_client.get(f"/studies/{study.slug}/model/").content.decode()


@pytest.fixture
def refreshed(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> ModelVersion:
    """A version in use whose predictions have learnt ratings that came after its training."""
    promotion.promote(version=scored, actor=None)
    rate_what_nobody_rated(study)
    monkeypatch.setattr(current, "RATINGS_BETWEEN", 4)
    refreshing.refresh_ranking(scored)
    scored.refresh_from_db()
    return scored


def test_refreshed_predictions_are_those_of_the_last_layer(
    study: Study, refreshed: ModelVersion, owner_client: Client
) -> None:
    """In float64, prediction by prediction."""
    stimuli = predicted_stimuli(refreshed)
    known = embeddings_of(refreshed, stimuli) or pytest.fail("no embeddings")
    keys, learning = known.stimuli, refreshing._learning(refreshed)
    exact = (learning or pytest.fail("nothing learnt")).layer.predict(known.values)
    rows = predictions(owner_client, study)
    assert sorted(rows) == keys.tolist()
    places = {head.perspective.key: head.place for head in refreshed.heads.all()}
    for place, key in enumerate(keys.tolist()):
        for name, column in places.items():
            told = rows[key]["scores"][name]
            for part in ("mean", "posterior_sd", "misfit_sd", "rater_sd"):
                value = getattr(exact, part)[place, column] * 4 + (part == "mean")
                assert told[part] == pytest.approx(value, rel=1e-4)
    ratings = current.ratings_now(study)
    assert ratings > refreshed.snapshot.ratings
    now = {"version": 1, "ratings": ratings, "stale": False}
    assert all(now.items() <= row["learnt_from"].items() for row in rows.values())
    # Two ratings each: rater/√2. Nobody rated the others.
    rated = OpinionScore.objects.filter(release__state="live", n=2, perspective__key="quality")
    score = rows[rated.first().stimulus_id]["scores"]["quality"]  # type: ignore[union-attr]
    assert score["label_sd"] == pytest.approx(score["rater_sd"] / 2**0.5)


def test_pages_and_the_export_tell_the_refreshed_predictions(
    study: Study, refreshed: ModelVersion, owner_client: Client
) -> None:
    rows, ratings = predictions(owner_client, study), current.ratings_now(study)
    unsure = most_uncertain(refreshed, current.current(refreshed), 5)
    epistemic = {pk: row["scores"]["quality"]["epistemic_sd"] for pk, row in rows.items()}
    in_order = ActiveForecaster().most_uncertain(study, "quality", study.stimuli.all())
    assert in_order is not None
    sure = [epistemic[pk] for pk in in_order.values_list("pk", flat=True)]
    assert sure == sorted(sure, reverse=True)
    first = unsure[0].pk
    for page in ("model/", f"model/stimuli/{first}/", f"images/{first}/", "images/"):
        shown = owner_client.get(f"/studies/{study.slug}/{page}").content.decode()
        assert f"learnt from {ratings} ratings" in shown, page
        assert "Stale" not in shown
    answer = owner_client.get(f"/api/v1/studies/{study.slug}/export/?format=images&raw=true")
    table = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    (exported,) = [row for row in table if int(row["stimulus"]) == first]
    assert (exported["predicted_ratings"], exported["predicted_stale"]) == (str(ratings), "false")
    mean = rows[first]["scores"]["quality"]["mean"]
    assert float(exported["predicted_quality"]) == pytest.approx(mean)


def test_an_image_that_came_later_is_marked_until_it_is_learnt_too(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.promote(version=scored, actor=None)
    rate_what_nobody_rated(study)
    monkeypatch.setattr(current, "RATINGS_BETWEEN", 4)
    refreshing.refresh_ranking(scored)
    scored.refresh_from_db()
    assert not refreshing.is_due(scored)
    (late,) = make_stimuli(study, [800])
    run = scoring.start_scoring(version=scored)
    for chunk in run.chunks.all():
        scoring.score_chunk(chunk_id=chunk.pk)
    state = current.current(scored)
    assert state.knowledge_of(late.pk).stale
    assert not state.knowledge_of(labelled[0].pk).stale
    assert refreshing.is_due(scored)
    refreshing.refresh_ranking(scored)
    scored.refresh_from_db()
    assert not current.current(scored).knowledge_of(late.pk).stale
    # Of the files, this one and the one before are kept.
    assert len(file_names(f"refreshed/{study.pk}/v1")) == 2


@pytest.fixture
def rated_after_training(
    study: Study, labelled: list[Stimulus], scored: ModelVersion
) -> ModelVersion:
    """In use, never refreshed; since its training one image has one more rating, one its first
    ones, and one is out of use."""
    promotion.promote(version=scored, actor=None)
    rated = study.stimuli.filter(split="pool", claimed_ratings__gt=0).order_by("pk")
    new = study.stimuli.filter(split="pool", claimed_ratings=0).earliest("pk")
    highest = [item.scale.maximum for item in study.perspective_settings]
    for stimulus in (rated[0], new):
        rate(stimulus, make_rater(study), highest)
    Stimulus.objects.filter(pk=rated[1].pk).update(state="excluded")
    renew_live(study)
    return scored


def test_the_first_refresh_changes_what_new_labels_change(
    rated_after_training: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a full prediction in float64: it begins at what the version was scored with."""
    version = rated_after_training
    known = embeddings_of(version, predicted_stimuli(version)) or pytest.fail("none")
    learning = refreshing._learning(version) or pytest.fail("nothing learnt")
    monkeypatch.setattr(predicting, "predict_many", lambda *_what: pytest.fail("predicted in full"))
    found = refreshing._predicted_again(version, learning, known) or pytest.fail("none")
    exact = learning.layer.predict(known.values)
    scored = version_model(version).last_layer.predict(known.values)
    assert not np.allclose(scored.posterior_sd, exact.posterior_sd, rtol=1e-2)
    np.testing.assert_allclose(found.values[:, :, 1], exact.posterior_sd, rtol=2e-5)
    np.testing.assert_allclose(found.values[:, :, 0], exact.mean, rtol=1e-5)


def test_what_a_version_rests_on_is_told_only_where_it_is_known(
    study: Study, rated_after_training: ModelVersion
) -> None:
    version = rated_after_training
    perspectives = tuple(
        head.perspective.key
        for head in version.heads.select_related("perspective").order_by("place")
    )
    found = as_scored(version, perspectives) or pytest.fail("not known")
    stored = version.predictions.select_related("perspective").earliest("pk")
    row, place = found.row_of(stored.stimulus_id), perspectives.index(stored.perspective.key)
    assert found.values[row, place] == pytest.approx(np.array(astuple(stored.expected)), rel=1e-6)
    learnt = found.learnt or pytest.fail("nothing learnt")
    assert len(learnt.stimuli) == 24
    assert (learnt.ratings == 2).all()

    def undone(change: Callable[[], object]) -> None:
        with transaction.atomic():
            change()
            assert as_scored(version, perspectives) is None
            transaction.set_rollback(True)

    chunks = ScoringChunk.objects.filter(run__model_version=version)
    undone(lambda: chunks.update(looks=None))  # an older build's
    undone(lambda: version.predictions.latest("pk").delete())
    # Its label was learnt, but nobody knows any more by which embedding.
    gone = Stimulus.objects.filter(pk=int(learnt.stimuli[0]))
    undone(lambda: gone.update(**_WITHOUT_FILE))
    delete_file(version.snapshot.artifact)
    assert as_scored(version, perspectives) is None


def test_the_next_refresh_changes_what_new_labels_change(
    study: Study, refreshed: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a full prediction in float64; also after an image's label is withdrawn."""
    rated = study.stimuli.filter(split="pool", claimed_ratings__gt=0)
    highest = [item.scale.maximum for item in study.perspective_settings]
    rate(rated[0], make_rater(study), highest)
    Stimulus.objects.filter(pk=rated[1].pk).update(state="excluded")
    renew_live(study)
    known = embeddings_of(refreshed, predicted_stimuli(refreshed)) or pytest.fail("none")
    learning = refreshing._learning(refreshed) or pytest.fail("nothing learnt")
    before = current.current(refreshed).refreshed
    monkeypatch.setattr(predicting, "predict_many", lambda *_what: pytest.fail("predicted in full"))
    found = refreshing._predicted_again(refreshed, learning, known) or pytest.fail("none")
    exact = learning.layer.predict(known.values)
    assert before is not None
    assert not np.allclose(before.values[:, :, 1], exact.posterior_sd, rtol=1e-3)
    np.testing.assert_allclose(found.values[:, :, 1], exact.posterior_sd, rtol=1e-5)
    np.testing.assert_allclose(found.values[:, :, 0], exact.mean, rtol=1e-5)


def test_everything_is_predicted_in_full_where_what_was_before_cannot_be_trusted(
    refreshed: ModelVersion,
) -> None:
    known = embeddings_of(refreshed, predicted_stimuli(refreshed)) or pytest.fail("none")
    learning = refreshing._learning(refreshed) or pytest.fail("nothing learnt")
    before = current.current(refreshed).refreshed or pytest.fail("not refreshed")
    learnt = before.learnt or pytest.fail("nothing kept")
    exact = learning.layer.predict(known.values)
    for doubtful in (
        replace(before, values=before.values * np.float32(1.1)),
        replace(before, learnt=replace(learnt, looks=learnt.looks + 1)),  # other embeddings
        replace(before, learnt=None),
    ):
        found = predicting.predicted(learning, known, before.perspectives, doubtful)
        np.testing.assert_allclose(found.values[:, :, 1], exact.posterior_sd, rtol=1e-5)


def test_a_lost_file_leaves_the_versions_own_predictions(
    study: Study, labelled: list[Stimulus], scored: ModelVersion
) -> None:
    scored.refreshed_sha256, scored.refreshed_ratings = "0" * 64, 10
    scored.refreshed_at = scored.created_at
    state = current.current(scored)
    prediction = scored.predictions.select_related("perspective").earliest("pk")
    assert state.expected(prediction) == prediction.expected
    assert state.knowledge.ratings == scored.snapshot.ratings


def test_a_pool_that_is_rated_in_full_or_not_at_all_is_ranked_all_the_same(
    study: Study, labelled: list[Stimulus], scored: ModelVersion
) -> None:
    """Otherwise its scoring would never end: `make chaos` found one that did not. A study that
    begins with published scores has no ratings."""
    layer = version_model(scored).last_layer
    pool = set(Stimulus.objects.filter(split="pool").values_list("pk", flat=True))
    for strategy in STRATEGIES:
        scored.predictor.strategy = strategy
        Stimulus.objects.update(claimed_ratings=F("wanted_ratings"))
        full = make_ranking(scored, layer)
        assert (full.candidates, full.selected) == (0, 0)
        Stimulus.objects.update(claimed_ratings=0)
        fresh = make_ranking(scored, layer)
        assert fresh.selected > 0
        assert set(full.priorities) == set(fresh.priorities) == pool
