"""What a refresh or a ranking does where embeddings, files or time are missing."""

import hashlib

import numpy as np
import pytest

from annotation.models import Stimulus, Study
from modelops.acquisition import embeddings, ranking, refreshing
from modelops.acquisition.embeddings import embeddings_of
from modelops.acquisition.strategies.typiclust import typiclust
from modelops.errors import ArtifactError
from modelops.models import ModelVersion
from modelops.predictors.store import version_model
from modelops.registry import current
from modelops.registry.artifacts import file_names, publish_file
from modelops.registry.selectors import predicted_stimuli
from modelops.runs import promotion


def forget_embeddings(version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a worker that has never seen these images."""
    cache = version_model(version).embedder.cache
    monkeypatch.setattr(type(cache), "get_many", lambda _self, _names: {})
    width = len(version_model(version).last_layer.feature_mean)

    def rows(_self: object, names: list[object]) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(len(names), np.bool_), np.zeros((len(names), width), np.float32)

    monkeypatch.setattr(type(cache), "rows", rows)


def test_a_few_images_that_the_cache_lacks_are_embedded(
    labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    stimuli = predicted_stimuli(scored)
    kept = embeddings_of(scored, stimuli)
    forget_embeddings(scored, monkeypatch)
    made = embeddings_of(scored, stimuli)
    assert kept is not None
    assert made is not None
    assert (kept.stimuli == made.stimuli).all()
    assert (kept.looks == made.looks).all()
    assert np.allclose(kept.values, made.values, atol=1e-5)


def test_very_many_or_none_are_not(
    labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    stimuli = predicted_stimuli(scored)
    assert embeddings_of(scored, stimuli.none()) is None
    forget_embeddings(scored, monkeypatch)
    monkeypatch.setattr(embeddings, "MOST_MISSING", stimuli.count() - 1)
    assert embeddings_of(scored, stimuli) is None


def test_without_embeddings_the_order_alone_is_refreshed(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.promote(version=scored, actor=None)
    monkeypatch.setattr(current, "RATINGS_BETWEEN", 0)
    monkeypatch.setattr(refreshing, "embeddings_of", lambda *_what: None)
    rounds = study.acquisition_rounds.count()
    refreshing.refresh_ranking(scored)
    scored.refresh_from_db()
    assert study.acquisition_rounds.count() == rounds + 1
    assert (scored.refreshed_sha256, scored.refreshed_at) == ("", None)
    assert refreshing._predicted_again(scored, refreshing._learning(scored), None) is None


def test_a_version_that_is_replaced_meanwhile_changes_nothing(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.promote(version=scored, actor=None)
    monkeypatch.setattr(current, "RATINGS_BETWEEN", 0)
    rounds = study.acquisition_rounds.count()

    def replaced(*_what: object) -> None:
        ModelVersion.objects.update(state="retired")

    monkeypatch.setattr(refreshing, "embeddings_of", replaced)
    refreshing.refresh_ranking(scored)
    assert study.acquisition_rounds.count() == rounds


def test_files_of_earlier_refreshes_are_deleted(
    labelled: list[Stimulus], scored: ModelVersion
) -> None:
    stimuli = np.array([1, 2], np.int64)
    for value in range(3):
        values = np.full((2, 1, current.PARTS), value, np.float32)
        before = scored.refreshed_sha256
        made = current.write_refreshed(scored, current.Refreshed(stimuli, ("quality",), values))
        current.note_refreshed(scored, made, ratings=value)
        current.forget_others(scored, (made, before))
    names = file_names(current._folder(scored))
    assert sorted(names) == sorted(current._name(scored, sha) for sha in (made, before))


def test_a_file_that_is_no_refresh_is_named(labelled: list[Stimulus], scored: ModelVersion) -> None:
    data = b"\x02\0\0\0\0\0\0\0{}"
    sha256 = hashlib.sha256(data).hexdigest()
    publish_file(current._name(scored, sha256), data)
    with pytest.raises(ArtifactError, match=sha256):
        current._read(current._name(scored, sha256), sha256)


def test_a_ranking_that_was_changed_is_named(
    labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "read_file", lambda _name: b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(ArtifactError):
        ranking.read_ranking(scored)


def test_of_very_many_rated_images_some_stand_for_all(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MAXIMUM_RATED", 2)
    read: list[int] = []
    looks = ranking._looks

    def counted(
        version: ModelVersion, stimuli: object, drawn: object, rated: np.ndarray, known: None
    ) -> object:
        read.append(len(rated))
        return looks(version, stimuli, drawn, rated, known)  # type: ignore[arg-type]

    monkeypatch.setattr(ranking, "_looks", counted)
    scored.predictor.strategy = "lcmd"
    found = ranking.make_ranking(scored, version_model(scored).last_layer)
    assert read == [2]
    assert found.selected > 0


def test_nothing_is_chosen_where_nothing_is_asked_for() -> None:
    assert typiclust(np.ones((3, 2)), 0, seed=0).tolist() == []
