"""Why images were rated as they were: the training data of models that explain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q

from ..models import Explanation, Study
from ..protocol.answers import Reason
from ..protocol.forms import FREE_TEXT_LIMIT
from ..studies.counting import counting_trials, main_stimuli


@dataclass(frozen=True)
class GivenExplanation:
    """What one person, or one publication, says about one stimulus."""

    stimulus: int
    reasons: Mapping[str, Reason]


def explanations_of(study: Study) -> list[GivenExplanation]:
    """By stimulus: those of raters who count, in the order of their trials, then the published.

    Levels that the study's form does not have (any more) are left out.
    """
    given = [*_own(study), *_published(study)]
    return sorted(given, key=lambda item: item.stimulus)


def count_explained(study: Study, split: str) -> int:
    """Images of a split that have any, without reading them."""
    own = Explanation.objects.filter(
        superseded_at=None, trial__in=counting_trials(study), trial__stimulus__split=split
    ).exclude(phrases={}, text="")
    images = main_stimuli(study).filter(split=split)
    found = Q(pk__in=own.values("trial__stimulus"))
    if keys := [field.key for field in study.form.fields]:
        found |= Q(metadata__has_any_keys=keys)
    return images.filter(found).count()


def _own(study: Study) -> Iterator[GivenExplanation]:
    rows = (
        Explanation.objects.filter(superseded_at=None, trial__in=counting_trials(study))
        .order_by("trial", "perspective__position")
        .values_list("trial", "trial__stimulus", "perspective__key", "phrases", "text")
    )
    form = study.form
    by_trial: dict[tuple[int, int], dict[str, Reason]] = {}
    for trial, stimulus, perspective, phrases, text in rows.iterator(chunk_size=10_000):
        reason = Reason(form.levels_of(perspective, phrases), text)
        if reason:
            by_trial.setdefault((trial, stimulus), {})[perspective] = reason
    for (_trial, stimulus), reasons in by_trial.items():
        yield GivenExplanation(stimulus, reasons)


def _published(study: Study) -> Iterator[GivenExplanation]:
    """Explanations as an import of AIGCIQA2023+ keeps them in metadata, with texts in English."""
    keys = [field.key for field in study.form.fields]
    if not keys:
        return
    asked = [item.key for item in study.perspective_settings]
    stimuli = main_stimuli(study).filter(metadata__has_any_keys=keys).order_by("pk")
    for stimulus, metadata in stimuli.values_list("pk", "metadata").iterator(chunk_size=10_000):
        reasons = {}
        for perspective in asked:
            text = metadata.get(f"{perspective}_text_en", "")
            text = text[:FREE_TEXT_LIMIT] if isinstance(text, str) else ""
            reason = Reason(study.form.levels_of(perspective, metadata), text)
            if reason:
                reasons[perspective] = reason
        if reasons:
            yield GivenExplanation(stimulus, reasons)
