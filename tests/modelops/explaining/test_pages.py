import pytest
from django.test import Client

from annotation.models import Stimulus
from modelops.models import ModelVersion, PredictedExplanation, TrainingRun
from modelops.runs import promotion
from workbench.accounts.models import User

URL = "/studies/demo/model/"

METRICS = {
    "fields": {
        "quality_clarity": {
            "n": 6,
            "accuracy": 0.5,
            "macro_f1": 0.31,
            "majority": 0.42,
            "unsaid": 0,
        },
        "gone_since": {"n": 6, "accuracy": 1.0, "macro_f1": 1.0, "majority": 1.0, "unsaid": 0},
    },
    "texts": {"n": 6, "bleu4": 0.61, "rouge_l": 0.72},
    "accuracy": 0.5,
    "majority": 0.42,
}


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def test_a_retrain_can_be_asked_to_explain(console: Client, labelled: list[Stimulus]) -> None:
    console.post(f"{URL}retrain/", {"explanations": "on"})
    assert TrainingRun.objects.get().recipe["explanation_epochs"] > 0


def test_a_retrain_explains_nothing_unless_it_is_asked(
    console: Client, labelled: list[Stimulus]
) -> None:
    console.post(f"{URL}retrain/", {})
    assert TrainingRun.objects.get().recipe["explanation_epochs"] == 0


def test_explanations_are_on_the_page_of_the_image(
    console: Client, scored: ModelVersion, labelled: list[Stimulus]
) -> None:
    promotion.promote(version=scored, actor=None)
    PredictedExplanation.objects.create(
        stimulus=labelled[0],
        model_version=scored,
        perspective=scored.study.perspectives.get(key="authenticity"),
        text="The image is highly distorted. <b>odd</b>.",
        phrases={"authenticity_distortion": 1, "gone_since": 2, "quality_clarity": 9},
    )
    text = console.get(f"{URL}stimuli/{labelled[0].pk}/").content.decode()
    assert "What the model says" in text
    assert "The image is highly distorted. &lt;b&gt;odd&lt;/b&gt;." in text
    assert "(highly distorted)" in text
    assert (
        "What the model says" not in console.get(f"{URL}stimuli/{labelled[1].pk}/").content.decode()
    )


def test_the_model_page_shows_how_good_explanations_are(
    console: Client, scored: ModelVersion
) -> None:
    ModelVersion.objects.update(
        explanation_metrics=METRICS | {"texts": {"n": 6, "bleu4": None, "rouge_l": 1.0}}
    )
    assert "BLEU-4 too short for it" in console.get(URL).content.decode()
    ModelVersion.objects.update(explanation_metrics=METRICS)
    # Of a candidate, and of the model in use.
    for _look in range(2):
        text = console.get(URL).content.decode()
        assert "Explanations" in text
        assert ">0.50<" in text
        assert ">0.42<" in text
        assert "BLEU-4 0.61, ROUGE-L 0.72" in text
        if ModelVersion.objects.get().state == "candidate":
            promotion.promote(version=scored, actor=None)
