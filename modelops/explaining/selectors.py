"""Queries of model versions' explanations, for the console and the API."""

from dataclasses import dataclass

from django.db.models import F, Prefetch, QuerySet
from django.utils.translation import gettext

from annotation.models import Stimulus, Study
from annotation.protocol.questions import Questions
from annotation.studies.texts import localized

from ..models import ModelVersion, PredictedExplanation


@dataclass(frozen=True)
class ExplainedAnswer:
    """What the model answers to one question, with the form's phrases that it words."""

    question: str
    text: str
    phrases: list[str]


def questions_of(study: Study) -> Questions:
    return Questions.of(study.perspective_settings, study.form)


def explained_stimuli(version: ModelVersion) -> QuerySet[Stimulus]:
    """The stimuli that `version` has explained; `explained` holds its answers about each, by
    perspective in the study's order, then those about all together."""
    answers = (
        PredictedExplanation.objects.filter(model_version=version)
        .select_related("perspective")
        .order_by(F("perspective__position").asc(nulls_last=True))
    )
    return (
        Stimulus.objects.filter(
            predicted_explanations__model_version=version,
            predicted_explanations__perspective=None,
        )
        .select_related("prompt", "generator")
        .prefetch_related(Prefetch("predicted_explanations", answers, to_attr="explained"))
        .order_by("pk")
    )


def explained_answers(study: Study, version: ModelVersion, stimulus: int) -> list[ExplainedAnswer]:
    """The answers about one stimulus as a person reads them, that about all together last."""
    fields = {field.key: field for field in study.form.fields}
    found = (
        version.predicted_explanations.filter(stimulus=stimulus)
        .select_related("perspective")
        .order_by(F("perspective__position").asc(nulls_last=True))
    )
    return [
        ExplainedAnswer(
            localized(item.perspective.label) if item.perspective else gettext("All together"),
            item.text,
            [
                localized(fields[key].phrases[level - 1])
                for key, level in item.phrases.items()
                if key in fields and 1 <= level <= len(fields[key].phrases)
            ],
        )
        for item in found
    ]
