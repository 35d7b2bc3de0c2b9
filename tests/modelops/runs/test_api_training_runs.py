import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import escape
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from modelops.models import TrainingRun
from modelops.predictors.mint_kinds import TINY
from tests.factories import make_study
from tests.modelops.labelling import make_predictor
from workbench.accounts.models import User
from workbench.accounts.tokens import make_token

URL = "/api/v1/studies/demo/training-runs/"


@pytest.fixture
def api(owner: User) -> APIClient:
    token = make_token(owner, name="script", scopes=["manage", "read"])[1]
    return APIClient(headers={"authorization": f"Token {token}"})


def test_a_run_is_asked_for_and_can_be_followed(api: APIClient, labelled: list[Stimulus]) -> None:
    answer = api.post(URL, {"promote_when_done": True}, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["state"], body["trigger"], body["model"]) == ("queued", "api", None)
    assert (body["recipe"], body["problems"]) == (TINY.recipe().to_json(), [])
    assert api.get(f"{URL}{body['id']}/").json() == body
    assert api.get(URL).json()["results"] == [body]


def test_a_run_takes_settings_by_name(api: APIClient, labelled: list[Stimulus]) -> None:
    answer = api.post(URL, {"settings": ["epochs=3", "label_weights=true"]}, format="json")
    assert answer.status_code == 201
    recipe = answer.json()["recipe"]
    assert (recipe["epochs"], recipe["label_weights"], recipe["batch_size"]) == (3, True, 16)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epoch=3", "'epoch=3' is not NAME=VALUE"),
        ("validation_share=0.9", "validation_share is 0.9; it must be from 0 to 0.5"),
    ],
)
def test_a_wrong_setting_is_named(
    api: APIClient, labelled: list[Stimulus], setting: str, message: str
) -> None:
    answer = api.post(URL, {"settings": [setting]}, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "recipe"
    assert message in answer.json()["detail"]
    assert not TrainingRun.objects.exists()


def test_a_second_run_is_a_conflict(api: APIClient, labelled: list[Stimulus]) -> None:
    api.post(URL, {}, format="json")
    answer = api.post(URL, {}, format="json")
    assert answer.status_code == 409
    assert answer.json()["code"] == "run_active"
    assert "Wait until it is" in answer.json()["detail"]
    assert TrainingRun.objects.count() == 1


def test_too_few_labels_say_how_many_are_missing(api: APIClient, study: Study) -> None:
    answer = api.post(URL, {}, format="json")
    assert answer.status_code == 409
    assert answer.json()["code"] == "too_few_labels"
    assert "Import at least 20 more images and rate them" in answer.json()["detail"]


def test_a_run_of_another_study_is_not_shown(
    api: APIClient, labelled: list[Stimulus], outsider: User
) -> None:
    other = make_study(outsider, slug="other")
    run = TrainingRun.objects.create(study=other, predictor=make_predictor(other), trigger="api")
    assert api.get(f"{URL}{run.pk}/").status_code == 404


def test_why_a_run_failed_is_told_in_the_language_of_whoever_reads_it(
    api: APIClient, study: Study, owner: User, client: Client
) -> None:
    """A worker has said it in English, as it always does."""
    english = "It is over already; there is nothing to cancel."
    with translation.override("zh-hans"):
        chinese = translation.gettext(english)
    TrainingRun.objects.create(
        study=study,
        predictor=make_predictor(study),
        trigger="api",
        state="failed",
        error=english,
        finished_at=timezone.now(),
    )
    for language, told in (("en", english), ("zh-hans", chinese)):
        (run,) = api.get(URL, headers={"accept-language": language}).json()["results"]
        assert run["error"] == told
        client.force_login(owner)
        page = client.get("/studies/demo/model/", headers={"accept-language": language})
        assert escape(told) in page.content.decode()
