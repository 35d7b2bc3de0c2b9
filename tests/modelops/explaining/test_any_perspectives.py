"""Explanations of studies with one and with five perspectives, from reasons to pages and API."""

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.exceptions import ValidationError
from rest_framework.test import APIClient

from annotation.models import Explanation, Stimulus, Study, Trial
from annotation.protocol.forms import ExplanationForm, FormField, FormText
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import ACR5
from modelops.explaining import runs
from modelops.explaining.serializers import AssessmentRequestSerializer
from modelops.models import ModelVersion, PredictedExplanation
from modelops.registry.artifacts import local_folder
from modelops.runs.promotion import promote
from tests.factories import set_perspectives
from tests.modelops.conftest import Train, score_all
from tests.modelops.explained import quick_language
from tests.modelops.labelling import label_pool
from workbench.accounts.models import User
from workbench.core.api import RuleError

__all__ = ["quick_language"]

KEYS = {1: ("beauty",), 5: ("beauty", "light", "quality", "values", "training")}


@pytest.fixture(params=[1, 5])
def keys(request: pytest.FixtureRequest, study: Study) -> tuple[str, ...]:
    """A study's perspectives; its form has a field for each, and a text for the first."""
    found = KEYS[request.param]
    set_perspectives(
        study,
        [PerspectiveSettings(key, key.title(), f"How is its {key}?", ACR5) for key in found],
    )
    fields = tuple(FormField(f"{key}_level", key, key.title(), ("bad", "good")) for key in found)
    texts = (FormText(found[0], "Why?", f"{found[0]}_level", at_most=1),)
    study.explanation_form = ExplanationForm(fields, texts).to_json()
    study.save(update_fields=["explanation_form"])
    return found


@pytest.fixture
def labelled(study: Study, keys: tuple[str, ...], small_model_settings: None) -> list[Stimulus]:
    """Nine rated images, each rating with its reasons, and one that nobody has rated."""
    found = label_pool(study, rated=6, holdout=3, unrated=1)
    perspectives = list(study.perspectives.all())
    Explanation.objects.bulk_create(
        Explanation(
            trial=trial,
            perspective=perspective,
            phrases={f"{perspective.key}_level": 1 + number % 2},
            text="odd colours" if perspective.key == keys[0] and number % 2 == 0 else "",
            language="en",
        )
        for number, trial in enumerate(Trial.objects.order_by("pk"))
        for perspective in perspectives
    )
    return found


@pytest.fixture
def explained(labelled: list[Stimulus], train: Train, quick_language: None) -> ModelVersion:
    version = train(explanation_epochs=1, minimum_labels=6)
    score_all(version)
    run = runs.start_explaining(version=version)
    runs.explain_some(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error
    return version


def test_a_question_is_asked_for_each_perspective_and_one_for_all(
    explained: ModelVersion, keys: tuple[str, ...], client: Client, owner: User
) -> None:
    rows = PredictedExplanation.objects.filter(model_version=explained)
    assert rows.count() == 10 * (len(keys) + 1)
    assert set(rows.values_list("perspective__key", flat=True)) == {*keys, None}

    metrics = explained.explanation_metrics
    assert metrics is not None
    assert list(metrics["fields"]) == [f"{key}_level" for key in keys]
    assert {field["n"] for field in metrics["fields"].values()} == {3}
    assert metrics["texts"]["n"] == 3

    folder = local_folder(explained.artifact, explained.artifact_sha256)
    lines = (folder / "explanations" / "answers.jsonl").read_text().splitlines()
    asked = {json.loads(line)["question"] for line in lines}
    assert len(asked) == len(keys) + 1
    assert "How is its beauty?" in asked
    number = {1: "one perspective", 5: "five perspectives"}[len(keys)]
    assert any(question.startswith(f"Assess the image from {number}: ") for question in asked)

    api = APIClient()
    api.force_authenticate(owner)
    body = api.get("/api/v1/studies/demo/explanations/?model=1&count=true").json()
    assert body["count"] == 10
    # In the study's order, all together last.
    assert list(body["results"][0]["explanations"]) == [*keys, "overall"]

    promote(version=explained, actor=None)
    client.force_login(owner)
    first = Stimulus.objects.order_by("pk")[0]
    page = client.get(f"/studies/demo/model/stimuli/{first.pk}/").content.decode()
    section = page[page.index("What the model says") :]
    places = [section.index(f"<dt>{name}</dt>") for name in (*map(str.title, keys), "All together")]
    assert places == sorted(places)


def test_only_questions_of_the_study_can_be_asked(study: Study, keys: tuple[str, ...]) -> None:
    def errors(*questions: str) -> list[str]:
        data = {"prompt": "", "questions": list(questions)}
        serializer = AssessmentRequestSerializer(data=data, context={"study": study})
        try:
            serializer.is_valid(raise_exception=True)
        except (RuleError, ValidationError) as error:
            told: Any = error.detail
            return [str(said) for said in told.get("questions", [])]
        return []

    assert errors(*keys, "overall") == []
    assert errors("beauty", "authenticity") == [
        f"The study has no question authenticity; it has {', '.join((*keys, 'overall'))}."
    ]
