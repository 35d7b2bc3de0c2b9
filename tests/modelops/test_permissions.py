"""One table: every route of model operations, and the response to each of the standard people."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import Stimulus, Study
from modelops.models import ModelVersion
from modelops.urls import api as api_urls
from modelops.urls import console as console_urls
from tests.modelops.labelling import make_round
from workbench.accounts.models import User

#: Route, method, and what the owner is answered. An outsider is always told that there is nothing.
ROUTES: list[tuple[str, str, dict[str, object], int]] = [
    ("api-training-runs", "get", {}, 200),
    ("api-training-runs", "post", {}, 409),
    ("api-training-run", "get", {"pk": "run"}, 200),
    # What is over cannot be cancelled.
    ("api-training-run-cancel", "post", {"pk": "run"}, 409),
    ("api-scoring-run-cancel", "post", {"pk": "scoring"}, 409),
    ("api-explaining-run", "get", {"pk": 1}, 404),
    ("api-explaining-run-cancel", "post", {"pk": 1}, 404),
    ("study-model-cancel", "post", {"kind": "training", "pk": "run"}, 302),
    ("api-predictors", "get", {}, 200),
    ("api-predictors", "post", {}, 400),
    ("api-predictor-lead", "post", {"name": "nobody"}, 404),
    ("api-models", "get", {}, 200),
    ("api-model", "get", {"number": 1}, 200),
    ("api-model-agreement", "get", {"number": 1}, 200),
    ("api-model-calibration", "get", {"number": 1}, 200),
    ("api-model-learning", "get", {"number": 1}, 200),
    ("api-model-promote", "post", {"number": 1}, 409),
    ("api-model-reject", "post", {"number": 1}, 409),
    ("api-model-verdict", "get", {"number": 1}, 200),
    ("api-model-certificates", "get", {"number": 1}, 200),
    ("study-model-compare", "get", {}, 200),
    ("study-model-card", "get", {"number": 1}, 200),
    ("study-model-schedule", "post", {}, 302),
    ("api-scoring-runs", "get", {}, 200),
    ("api-scoring-runs", "post", {}, 404),
    ("api-scoring-run", "get", {"pk": "scoring"}, 200),
    ("api-predictions", "get", {}, 404),
    ("api-explaining-runs", "get", {}, 200),
    ("api-explaining-runs", "post", {}, 404),
    ("api-explanations", "get", {}, 404),
    ("api-assessments", "post", {}, 415),
    ("api-assessment", "get", {"pk": 1}, 404),
    ("study-model", "get", {}, 200),
    ("study-model-retrain", "post", {}, 302),
    ("study-model-add", "post", {}, 302),
    ("study-model-lead", "post", {"name": "tiny"}, 302),
    ("study-model-jobs", "get", {}, 200),
    ("study-model-summary", "get", {}, 200),
    ("study-model-agreement", "get", {"number": 1}, 200),
    ("study-model-agreement-csv", "get", {"number": 1}, 200),
    ("study-model-promote", "post", {"number": 1}, 302),
    ("study-model-rest", "post", {}, 302),
    ("api-rest", "post", {}, 400),
    ("api-queue", "get", {}, 200),
    ("study-queue", "get", {}, 200),
    ("study-model-run", "get", {"kind": "training", "pk": "run"}, 200),
    ("study-model-round", "get", {"pk": "round"}, 200),
    ("api-rounds", "get", {}, 200),
    ("api-round", "get", {"pk": "round"}, 200),
    ("study-model-reject", "post", {"number": 1}, 302),
    ("study-model-predict", "post", {"number": 1}, 302),
    ("stimulus-predictions", "get", {"pk": "stimulus"}, 200),
]


@pytest.fixture
def version(scored: ModelVersion) -> ModelVersion:
    """A version and a study in which nothing may be done: rejected, and all labels withdrawn."""
    ModelVersion.objects.filter(pk=scored.pk).update(state="rejected")
    Study.objects.get().raters.update(status="excluded")
    make_round(scored, timezone.now())
    return scored


def test_the_table_lists_every_route() -> None:
    routes = {pattern.name for pattern in [*api_urls.urlpatterns, *console_urls.urlpatterns]}
    assert routes == {name for name, *_ in ROUTES}


def address(name: str, arguments: dict[str, object], version: ModelVersion) -> str:
    known = {
        "run": version.training_run_id,
        "scoring": version.scoring_runs.earliest("pk").pk,
        "round": version.acquisition_rounds.latest("pk").pk,
        "stimulus": Stimulus.objects.order_by("pk").values_list("pk", flat=True)[0],
    }
    resolved = {key: known.get(str(value), value) for key, value in arguments.items()}
    return reverse(name, kwargs={"slug": version.study.slug, **resolved})


def status(client: Client, method: str, url: str) -> int:
    answer = getattr(client, method)(url, content_type="application/json")
    return int(answer.status_code)


def test_owner_and_administrator_are_answered_and_others_are_told_nothing(
    version: ModelVersion, owner: User, administrator: User, outsider: User
) -> None:
    clients = {}
    for user in (owner, administrator, outsider):
        clients[user.username] = Client()
        clients[user.username].force_login(user)
    for name, method, arguments, expected in ROUTES:
        url = address(name, arguments, version)
        found = {person: status(client, method, url) for person, client in clients.items()}
        assert found == {"owner": expected, "administrator": expected, "outsider": 404}, name
        assert status(Client(), method, url) in (401, 302, 403), name


def test_the_wrong_method_does_nothing(version: ModelVersion, owner: User) -> None:
    client = Client()
    client.force_login(owner)
    for name in (
        "study-model-retrain",
        "study-model-add",
        "study-model-promote",
        "study-model-reject",
        "study-model-predict",
    ):
        arguments: dict[str, object] = {} if name.endswith(("retrain", "add")) else {"number": 1}
        assert status(client, "get", address(name, arguments, version)) == 405
