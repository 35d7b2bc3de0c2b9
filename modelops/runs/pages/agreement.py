"""The page of how well a version predicts people: every measure, from each perspective."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from annotation.models import Study
from annotation.opinion.comparison.bootstrap import Measure
from annotation.opinion.comparison.ceiling import NoiseCeiling
from annotation.opinion.comparison.prediction import PredictionComparison
from annotation.opinion.pages.plots import plots_of
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.stimuli.closing import left_to_rate
from annotation.studies.selectors import find_study
from annotation.studies.texts import localized, scale_in_words
from workbench.core.downloads import csv_download
from workbench.core.plots import Plot
from workbench.core.room import heavy

from ...models import ModelVersion
from ...permissions import RUN, VIEW
from ...registry.agreement import (
    GeneratorAgreement,
    NamedMeasure,
    PerspectiveAgreement,
    agreement_of,
    measures_of,
)
from ...registry.ceiling import noise_ceilings
from ...registry.selectors import active_version
from ..certificate_words import certificate_rows
from ..rest import lacking
from .agreement_plots import srcc_plot
from .agreement_words import GROUPS, MEASURES, Words
from .calibration import CalibrationPart
from .drifting import DriftPart
from .learning import LearningPart
from .versions import query_for, version_asked_for

_CSV = (
    "perspective", "measure", "generator", "value", "low", "high",
    "ceiling", "ceiling_low", "ceiling_high", "images", "prompts",
)  # fmt: skip


@dataclass(frozen=True)
class PerspectivePart:
    """One perspective of a version: its measures, None on fewer than three images."""

    asked: PerspectiveSettings
    found: PredictionComparison | None
    measures: Sequence[NamedMeasure]
    generators: Sequence[GeneratorAgreement]

    @property
    def label(self) -> str:
        return localized(self.asked.label)

    @property
    def scale(self) -> str:
        return scale_in_words(self.asked.scale)

    def groups(self) -> list[tuple[str, list[tuple[Words, NamedMeasure]]]]:
        """Heading → its measures, in words and numbers."""
        known = {item.name: item for item in self.measures}
        return [
            (str(heading), [(MEASURES[name], known[name]) for name in names])
            for heading, names in GROUPS
        ]


@dataclass(frozen=True)
class Agreement:
    """A version against people; no parts while a worker compares them for the first time."""

    version: ModelVersion
    parts: Sequence[PerspectivePart]
    computed: bool
    current: bool

    @classmethod
    def read(cls, version: ModelVersion) -> "Agreement":
        kept = agreement_of(version)
        if kept.result is None:
            return cls(version, (), computed=False, current=False)
        ceilings, parts = noise_ceilings(version.study), []
        for asked in version.study.perspective_settings:
            found = kept.result.get(asked.key)
            parts.append(_part(asked, found, ceilings.get(asked.key)))
        return cls(version, parts, computed=True, current=kept.current)

    @property
    def query(self) -> str:
        return query_for(self.version)

    @cached_property
    def srcc(self) -> Plot:
        return srcc_plot([(part.label, part.measures) for part in self.parts])


def _part(
    asked: PerspectiveSettings, found: PerspectiveAgreement | None, ceiling: NoiseCeiling | None
) -> PerspectivePart:
    if found is None:
        return PerspectivePart(asked, None, (), ())
    measures = measures_of(found.measures, ceiling)
    return PerspectivePart(asked, found.measures, measures, found.generators)


def _version(study: Study, number: int) -> ModelVersion:
    """Raises Http404."""
    return get_object_or_404(ModelVersion, study=study, number=number)


@plots_of("model-agreement")
def _plots(study: Study, request: HttpRequest) -> Sequence[Plot]:
    version = version_asked_for(study, request, "version")
    if version is None:
        raise Http404
    return [
        Agreement.read(version).srcc,
        LearningPart.read(version).plot,
        CalibrationPart.read(version).plot,
        DriftPart.read(version).plot,
    ]


@heavy
@login_required
@require_safe
def version_agreement(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    study = find_study(request.user, slug, VIEW)
    version = _version(study, number)
    certificates = certificate_rows(version)
    context: dict[str, Any] = {
        "study": study,
        "tab": "model",
        "left": left_to_rate(study),
        "lacking": lacking(study, certificates),
        "in_use": version == active_version(study),
        "may_run": request.user.has_perm(RUN, study),
        "agreement": Agreement.read(version),
        "learning": LearningPart.read(version),
        "calibration": CalibrationPart.read(version),
        "certificates": certificates,
        "drift": DriftPart.read(version),
        "explained": [words for words in MEASURES.values() if words.meaning],
    }
    return render(request, "modelops/agreement.html", context)


@heavy
@login_required
@require_safe
def version_agreement_csv(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Every measure of every perspective and the SRCC of each generator, a row each; none while
    they are computed."""
    study = find_study(request.user, slug, VIEW)
    found = Agreement.read(_version(study, number))
    rows = (row for part in found.parts for row in _rows(part))
    return csv_download(request, f"{study.slug}-model-{number}-agreement", _CSV, rows)


def _rows(part: PerspectivePart) -> Iterator[list[Any]]:
    if part.found is None:
        return
    for item in part.measures:
        ends = [*_ends(item.measure), *_ends(item.ceiling), part.found.images, part.found.prompts]
        yield [part.asked.key, item.name, "", *ends]
    for own in part.generators:
        ends = [*_ends(own.srcc), *_ends(None), own.images, None]
        yield [part.asked.key, "srcc", own.name, *ends]


def _ends(of: Measure | None) -> list[float | None]:
    return [of.value, of.low, of.high] if of else [None] * 3
