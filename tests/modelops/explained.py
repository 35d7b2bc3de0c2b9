"""Raters who also say why, and a training of stage 2 that takes a moment."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from annotation.models import Explanation, Trial
from modelops.predictors.mint.embedder import MintEmbedder
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.store import VersionModel


def mint_of(model: VersionModel) -> MintIQAModel:
    """The loaded MINT-IQA of a version."""
    assert isinstance(model.backbone, MintEmbedder)
    return model.backbone.model


def explain(trial: Trial, level: int, text: str = "") -> None:
    """The closed answers of one trial; `level` 1…3 for every field."""
    keys = {
        "quality": ("quality_clarity", "quality_outline", "quality_detail"),
        "authenticity": ("authenticity_distortion",),
        "correspondence": ("correspondence_consistency",),
    }
    Explanation.objects.bulk_create(
        Explanation(
            trial=trial,
            perspective=perspective,
            phrases=dict.fromkeys(keys[perspective.key], level),
            text=text if perspective.key == "authenticity" else "",
            language="en",
        )
        for perspective in trial.study.perspectives.all()
    )


def explain_all(*, every: int = 1) -> None:
    """All trials: a good score has good answers, and the worst say what is wrong."""
    for place, trial in enumerate(Trial.objects.order_by("pk")):
        if place % every == 0:
            score = int(trial.scores.get(perspective__key="authenticity").value)
            level = max(1, min(3, score - 1))
            explain(trial, level, "shapes are warped" if level == 1 else "")


@pytest.fixture
def quick_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language model that has hardly learnt to speak, and is cut short."""
    from modelops.explaining import tiny_language as language
    from modelops.explaining import training_service

    stage2 = training_service.stage2_of("tiny")
    short = replace(stage2, decoding={**stage2.decoding, "max_new_tokens": 6})
    monkeypatch.setattr(training_service, "stage2_of", lambda _kind: short)
    few: Any = partial(language.LanguageRecipe, steps=2, batch_size=4)
    monkeypatch.setattr(language, "LanguageRecipe", few)
