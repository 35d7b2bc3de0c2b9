import pytest
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from modelops.models import ModelVersion
from modelops.registry.ceiling import noise_ceilings
from modelops.registry.holdout import standing_of
from modelops.runs import promotion
from tests.factories import make_stimuli
from tests.modelops.labelling import agreements_of
from workbench.accounts.models import User

URL = "/api/v1/studies/demo"


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


def test_a_candidate_is_listed_with_its_hold_out_metrics(
    api: APIClient, scored: ModelVersion
) -> None:
    found = api.get(f"{URL}/models/").json()["results"][0]
    assert (found["number"], found["state"], found["scored"]) == (1, "candidate", True)
    standing = standing_of(scored)
    stored, ceilings = agreements_of(scored), noise_ceilings(scored.study)
    assert list(stored) == ["quality", "authenticity", "correspondence"]
    assert {item.n for item in stored.values()} == {6}
    for head, own in zip(found["heads"], stored.values(), strict=True):
        assert (head["srcc"], head["plcc"], head["krcc"]) == (own.srcc, own.plcc, own.krcc)
        # On the study's scale, which is four times as wide as the model's.
        assert (head["minimum"], head["maximum"]) == (1, 5)
        assert own.rmse is not None
        assert head["rmse"] == pytest.approx(4 * own.rmse)
        # As on the page, over draws of whole prompts.
        assert head["srcc_interval"] == pytest.approx(standing.srcc_interval(head["perspective"]))
        top = ceilings[head["perspective"]]
        assert top is not None
        assert top.srcc is not None
        assert head["ceiling"]["value"] == top.srcc.value
    snapshot = found["snapshot"]
    assert snapshot["content_sha256"] == scored.snapshot.content_sha256
    assert (snapshot["ratings"], snapshot["published"]) == (60, [])
    release = api.get(f"{URL}/releases/{snapshot['release']['number']}/").json()
    assert snapshot["release"] == {
        "number": release["number"],
        "name": "",
        "method": "mos",
        "method_version": "2",
    }


def test_promotion_answers_the_active_version(api: APIClient, scored: ModelVersion) -> None:
    answer = api.post(f"{URL}/models/1/promote/")
    assert answer.status_code == 200
    assert answer.json()["state"] == "active"
    assert answer.json()["promoted_at"]


def test_a_version_that_is_not_scored_is_a_conflict(api: APIClient, scored: ModelVersion) -> None:
    scored.scoring_runs.all().delete()
    answer = api.post(f"{URL}/models/1/promote/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_scored")


def test_rejection_sets_a_candidate_aside(api: APIClient, scored: ModelVersion) -> None:
    assert api.post(f"{URL}/models/1/reject/").json()["state"] == "rejected"


def test_an_unknown_version_is_named(api: APIClient, study: Study) -> None:
    answer = api.post(f"{URL}/models/7/promote/")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_model")
    assert "no model version 7" in answer.json()["detail"]


def test_predictions_are_those_of_the_active_version(
    api: APIClient, scored: ModelVersion, labelled: list[Stimulus]
) -> None:
    promotion.promote(version=scored, actor=None)
    first_page = api.get(f"{URL}/predictions/?limit=5&count=true").json()
    assert first_page["count"] == 40
    body = api.get(first_page["next"]).json()
    assert [row["stimulus"] for row in body["results"]] == [s.pk for s in labelled[5:10]]
    first = body["results"][0]
    assert list(first["scores"]) == ["quality", "authenticity", "correspondence"]
    assert set(first["scores"]["quality"]) == {
        "mean",
        "posterior_sd",
        "misfit_sd",
        "epistemic_sd",
        "rater_sd",
        "label_sd",
        "minimum",
        "maximum",
    }


def test_predictions_of_a_candidate_are_asked_for_by_number(
    api: APIClient, scored: ModelVersion
) -> None:
    assert api.get(f"{URL}/predictions/").status_code == 404
    assert api.get(f"{URL}/predictions/?model=1&count=true").json()["count"] == 40


def test_a_page_of_predictions_is_read_in_few_queries(
    api: APIClient, scored: ModelVersion, django_assert_max_num_queries: object
) -> None:
    assert callable(django_assert_max_num_queries)
    with django_assert_max_num_queries(8):
        api.get(f"{URL}/predictions/?model=1")


def test_scoring_new_images_is_asked_for_and_followed(
    api: APIClient, scored: ModelVersion, study: Study
) -> None:
    make_stimuli(study, [900])
    answer = api.post(f"{URL}/scoring-runs/", {"model": 1}, format="json")
    assert answer.status_code == 201
    assert (answer.json()["progress_total"], answer.json()["model"]) == (1, 1)
    assert api.get(f"{URL}/scoring-runs/{answer.json()['id']}/").json()["state"] == "running"
    assert api.get(f"{URL}/scoring-runs/?count=true").json()["count"] == 2
