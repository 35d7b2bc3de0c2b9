"""The owner is told what the model does not read of prompts, wherever it is about prompts."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from annotation.stimuli.imports.service import import_manifest
from modelops.explaining import assessing
from modelops.models import Assessment, ModelVersion, PromptReading
from modelops.predictors.prompts import comment, record_reading
from tests.factories import make_prompt, make_stimulus, png
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import make_predictor
from tests.shared_data import require_shared

pytestmark = pytest.mark.django_db
CASE = "cases/07-long-prompts"
#: Of the five prompts three begin with the same 33 words and more, and two are in other scripts.
SAID = (
    "Long prompts: tiny reads the first 35 word pieces of a prompt; 3 of 5 prompts are longer",
    "Unreadable prompts: tiny knows no word of 2 of 5 prompts",
    "Prompts that look the same: tiny cannot tell 3 of 5 prompts from another one",
)


def test_an_import_tells_how_many_prompts_are_cut_or_unreadable(study: Study) -> None:
    folder = require_shared(CASE)

    report = import_manifest(
        study=study, manifest=folder / "manifest.csv", images=folder / "images.zip"
    )

    said = [remark.sentence() for remark in report.remarks]
    assert all(any(line.startswith(start) for line in said) for start in SAID)
    reading = PromptReading.objects.get()
    assert (reading.backbone, reading.limit) == ("tiny", 35)
    assert (reading.prompts, reading.cut, reading.unreadable) == (5, 3, 2)
    assert (reading.unknown, reading.alike) == (0, 3)


def test_the_command_prints_it(study: Study) -> None:
    folder, out = require_shared(CASE), io.StringIO()

    call_command(
        "import_stimuli",
        study.slug,
        str(folder / "manifest.csv"),
        images=folder / "images.zip",
        stdout=out,
        stderr=io.StringIO(),
    )

    assert all(start in out.getvalue() for start in SAID)


def test_the_model_page_tells_it_before_there_is_a_model(study: Study, client: Client) -> None:
    folder = require_shared(CASE)
    client.force_login(study.owner)
    import_manifest(study=study, manifest=folder / "manifest.csv", images=folder / "images.zip")

    page = client.get(f"/studies/{study.slug}/model/").content.decode()

    assert all(start in page for start in SAID)


@pytest.fixture
def unread(study: Study, labelled: list[Stimulus], train: Train) -> ModelVersion:
    """A scored version of a study with a long prompt and one in another script."""
    long = make_prompt(study, "z " * 60)
    other = make_prompt(study, "一只红色的狗")
    for number, prompt in ((900, long), (901, other)):
        make_stimulus(study, number, prompt=prompt)
    version = train()
    score_all(version)
    return version


def test_problems_of_runs_name_what_was_not_read(unread: ModelVersion, study: Study) -> None:
    api = APIClient()
    api.force_authenticate(study.owner)
    for address in ("scoring-runs", "training-runs"):
        (run,) = api.get(f"/api/v1/studies/{study.slug}/{address}/").json()["results"]
        problems = {item["kind"]: (item["stimulus"], item["count"]) for item in run["problems"]}
        assert problems["prompts_cut"] == (None, 1)
        assert problems["prompts_unreadable"] == (None, 1)
        assert "are longer, and what comes after" in run["problems"][0]["error"]


def test_an_assessment_tells_what_was_read(
    unread: ModelVersion, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(assessment: Assessment, seconds: float) -> None:
        assessing.assess(assessment_id=assessment.pk)
        assessment.refresh_from_db()

    monkeypatch.setattr(assessing, "wait_for", work)
    api = APIClient()
    api.force_authenticate(study.owner)

    def assess(prompt: str) -> dict[str, Any]:
        file = io.BytesIO(png(7))
        file.name = "a.png"
        answer = api.post(
            f"/api/v1/studies/{study.slug}/assessments/",
            {"image": file, "prompt": prompt, "model": unread.number},
        )
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    whole = assess("a red circle")
    assert whole["problems"] == []
    assert whole["reading"]["read"] == "a red circle"
    long = assess("z " * 40)
    assert long["reading"]["unread"] == "z z z z z z z"
    assert long["problems"] == [
        "The model reads the first 35 of the prompt's 42 word pieces. Not read: “z z z z z z z”"
    ]
    assert "knows no word of the prompt" in assess("一只红色的狗")["problems"][0]
    assert assess("a 狗")["problems"] == ["The model does not know these words of the prompt: 狗"]


def test_a_backbone_that_cannot_be_asked_says_nothing(study: Study, settings: Settings) -> None:
    make_prompt(study, "z " * 60)
    record_reading(study, "tiny")
    assert PromptReading.objects.count() == 1
    record_reading(study, "absent")
    make_predictor(study, backbone="gone")
    assert comment(study) == []
    settings.MODEL_BACKBONES = ["nonsense:of:some:kind"]
    record_reading(study, "tiny")
    assert comment(study) == []
    assert not PromptReading.objects.exists()
