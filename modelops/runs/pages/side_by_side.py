"""The page of two versions side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from annotation.models import Stimulus, Study
from annotation.opinion.comparison.bootstrap import Measure
from annotation.opinion.pages.plots import plots_of
from annotation.opinion.pages.waiting import waits_for_scores
from annotation.protocol.scales import Scale
from annotation.studies.selectors import find_study
from annotation.studies.texts import localized
from workbench.core.plots import Plot
from workbench.core.room import heavy

from ...learning.evaluation import Agreement
from ...models import ModelVersion
from ...permissions import VIEW
from ...registry.cards import model_card
from ...registry.ceiling import noise_ceilings, srcc_ceiling
from ...registry.comparing import Pairs, disagreements, paired_predictions
from ...registry.points import current_points
from ...registry.verdicts import Judged, compared
from ..verdict_words import numbers_in_words
from .side_by_side_plots import against_plot
from .versions import version_asked_for

_SHOWN = 12


@dataclass(frozen=True)
class ComparedLine:
    """One perspective of both versions, on the same hold-out images."""

    label: str
    first: Agreement
    second: Agreement
    change: Measure | None
    ceiling: Measure | None


@dataclass(frozen=True)
class DisagreementLine:
    """An image, and what each version expects of it, on the perspective's scale."""

    stimulus: Stimulus
    label: str
    first: float
    second: float


@dataclass(frozen=True)
class SideBySide:
    """Two versions of one study; what is expensive is made when it is asked for."""

    study: Study
    first: ModelVersion
    second: ModelVersion

    @property
    def query(self) -> str:
        return f"first={self.first.number}&second={self.second.number}"

    @cached_property
    def judged(self) -> Judged:
        return compared(self.second, *map(current_points, (self.first, self.second)))

    @property
    def numbers(self) -> list[str]:
        return numbers_in_words(self.judged.verdict)

    def lines(self) -> list[ComparedLine]:
        found, ceilings = self.judged, noise_ceilings(self.study)
        changes = {part.perspective: part.change for part in found.verdict.perspectives}
        return [
            ComparedLine(
                localized(asked.label),
                found.standing.agreements[asked.key],
                found.champion_standing.agreements[asked.key],
                changes.get(asked.key),
                srcc_ceiling(ceilings, asked.key),
            )
            for asked in self.study.perspective_settings
        ]

    @cached_property
    def pairs(self) -> dict[str, Pairs]:
        return paired_predictions(self.first, self.second)

    @cached_property
    def plots(self) -> list[Plot]:
        return [
            against_plot(self.study, asked, self.pairs[asked.key], self.first, self.second)
            for asked in self.study.perspective_settings
        ]

    def farthest(self) -> list[DisagreementLine]:
        asked = {item.key: item for item in self.study.perspective_settings}
        return [
            DisagreementLine(
                it.stimulus,
                localized(asked[it.perspective].label),
                _shown(asked[it.perspective].scale, it.first),
                _shown(asked[it.perspective].scale, it.second),
            )
            for it in disagreements(self.pairs, _SHOWN)
        ]


def _shown(scale: Scale, unit: float) -> float:
    """On the scale; beyond it at its end, as everywhere."""
    return scale.from_unit(min(1.0, max(0.0, unit)))


def _chosen(study: Study, request: HttpRequest) -> SideBySide | None:
    """Those of the address, or else the newest version and the one in use or the one before it;
    None if the study has fewer than two."""
    versions = list(study.model_versions.order_by("-number"))
    if len(versions) < 2:
        return None
    first = version_asked_for(study, request, "first") or versions[0]
    rest = [it for it in versions if it.pk != first.pk]
    in_use = [it for it in rest if it.state == ModelVersion.State.ACTIVE]
    second = version_asked_for(study, request, "second") or [*in_use, *rest][0]
    return SideBySide(study, first, second)


@plots_of("model-compare")
def _plots(study: Study, request: HttpRequest) -> Sequence[Plot]:
    found = _chosen(study, request)
    return found.plots if found else []


@heavy
@login_required
@require_safe
@waits_for_scores("model")
def version_card(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The version's model card, a Markdown file."""
    study = find_study(request.user, slug, VIEW)
    version = get_object_or_404(ModelVersion, study=study, number=number)
    response = HttpResponse(model_card(version), content_type="text/markdown; charset=utf-8")
    name = f"{study.slug}-model-{number}-card.md"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@heavy
@login_required
@require_safe
@waits_for_scores("model")
def compare_versions(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, VIEW)
    context: dict[str, Any] = {
        "study": study,
        "tab": "model",
        "versions": study.model_versions.select_related("predictor").order_by("-number"),
        "compared": _chosen(study, request),
    }
    return render(request, "modelops/compare.html", context)
