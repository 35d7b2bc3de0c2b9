"""New ratings change the order of rating without a training."""

import numpy as np
import pytest
from django.db.models import F

from annotation.models import Stimulus, Study
from annotation.opinion.releases import renew_live
from modelops.acquisition import refreshing
from modelops.acquisition.ranking import make_ranking
from modelops.acquisition.registry import STRATEGIES
from modelops.models import ModelVersion, Prediction
from modelops.predictors.store import version_model
from modelops.registry.queue import REFRESH
from modelops.runs import promotion
from tests.factories import make_rater
from tests.modelops.labelling import rate


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
    monkeypatch.setattr(refreshing, "RATINGS_BETWEEN", 4)
    renew_live(study)
    after = refreshing._up_to_date(scored)
    assert not np.allclose(before.weights, after.weights)
    assert refreshing.is_due(scored)

    refreshing.refresh_ranking(scored)
    rounds = list(study.acquisition_rounds.all())
    assert len(rounds) == 2
    assert rounds[0].parameters["ratings"] > rounds[1].parameters["ratings"]
    assert not refreshing.is_due(scored)
    # The predictions are the version's own.
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
    monkeypatch.setattr(refreshing, "RATINGS_BETWEEN", 1)
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
    own = version_model(scored).last_layer
    study.raters.update(status="excluded")
    renew_live(study)
    assert np.allclose(refreshing._up_to_date(scored).weights, own.weights)
    scored.heads.earliest("pk").delete()
    assert np.allclose(refreshing._up_to_date(scored).weights, own.weights)


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
