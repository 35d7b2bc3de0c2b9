"""How a version does on the hold-out, perspective by perspective, as tables show it."""

from dataclasses import dataclass

from annotation.models import Study
from annotation.opinion.comparison.bootstrap import Measure
from annotation.protocol.scales import Scale
from annotation.studies.texts import localized
from workbench.templatetags.numbers import shown_range

from ...learning.evaluation import Agreement
from ...registry.ceiling import Ceilings, srcc_ceiling
from ...registry.holdout import Standing
from ...registry.units import agreement_on


@dataclass(frozen=True)
class MetricRow:
    """One perspective of one version, compared with the active one on the same labels."""

    label: str
    agreement: Agreement
    srcc_change: float | None
    #: Of its question, which the error is on.
    scale: str
    #: Of the SRCC, 95 %, over draws of whole prompts.
    interval: tuple[float, float] | None
    #: The SRCC of a perfect predictor.
    ceiling: Measure | None


def metric_rows(
    study: Study, standing: Standing, active: Standing | None, ceilings: Ceilings
) -> list[MetricRow]:
    """By perspective; the change is against the active version, on the same images."""
    rows = []
    for item in study.perspective_settings:
        found = standing.agreements[item.key]
        changed = change(found.srcc, active.agreements[item.key].srcc) if active else None
        on_scale = agreement_on(item.scale, found)
        rows.append(
            MetricRow(
                localized(item.label),
                on_scale,
                changed,
                range_of(item.scale),
                standing.srcc_interval(item.key),
                srcc_ceiling(ceilings, item.key),
            )
        )
    return rows


def range_of(scale: Scale) -> str:
    return shown_range(scale.minimum, scale.maximum)


def fewest_images(standing: Standing) -> int | None:
    """On how many images the worst measured perspective is measured, if that is few."""
    found = [item.n for item in standing.agreements.values() if item.on_few]
    return min(found) if found else None


def change(srcc: float | None, before: float | None) -> float | None:
    """To the digits that are shown, so that what reads as nothing is nothing."""
    return None if srcc is None or before is None else round(srcc - before, 3)
