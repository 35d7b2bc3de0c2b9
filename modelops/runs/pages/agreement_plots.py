"""The plot of how well a version orders images as people do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from annotation.opinion.comparison.bootstrap import Measure
from workbench.core.plots import ACCENT, CATEGORIES, MUTED, Plot

from ...registry.agreement import NamedMeasure

_KINDS = ("srcc", "srcc_within_generator", "srcc_within_prompt")


def srcc_plot(parts: Sequence[tuple[str, Sequence[NamedMeasure]]]) -> Plot:
    """SRCC over all images, within generators and within prompts, and the noise ceiling, of
    perspectives by their labels."""
    kinds = [_("All images"), _("Within generators"), _("Within prompts"), _("Noise ceiling")]
    rows = [row for label, measures in parts for row in _srcc_rows(label, measures, kinds)]
    return Plot(
        name="srcc",
        title=_("Rank correlation with people"),
        summary=_("SRCC with 95 %% intervals from %(n)d perspectives, and the ceiling")
        % {"n": len(parts)},
        grammar=_srcc_grammar([label for label, _measures in parts], kinds, rows),
        rows=rows,
        nothing=_("No hold-out image is both rated and predicted yet."),
    )


def _srcc_rows(
    label: str, measures: Sequence[NamedMeasure], kinds: Sequence[str]
) -> list[Mapping[str, Any]]:
    known = {item.name: item for item in measures}
    if not known:
        return []
    drawn: list[Measure | None] = [known[name].measure for name in _KINDS]
    drawn.append(known["srcc"].ceiling)
    return [
        {"perspective": label, "of": kind, "srcc": it.value, "low": it.low, "high": it.high}
        for kind, it in zip(kinds, drawn, strict=True)
        if it is not None
    ]


def _srcc_grammar(
    labels: Sequence[str], kinds: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    least = min((row["srcc"] if row["low"] is None else row["low"] for row in rows), default=0)
    across = {
        "type": "quantitative",
        "title": _("SRCC"),
        "scale": {"domain": [min(0.0, float(np.floor(least * 10)) / 10), 1]},
    }
    colour = {
        "field": "of",
        "title": None,
        "scale": {"domain": kinds, "range": [ACCENT, CATEGORIES[1], CATEGORIES[0], MUTED]},
        "legend": {"orient": "bottom", "labelLimit": 0, "columns": 2},
    }
    shapes = ["circle", "diamond", "square", "triangle-right"]
    return {
        "height": {"step": 16},
        "encoding": {
            "y": {"field": "perspective", "sort": list(labels), "title": None},
            "yOffset": {"field": "of", "sort": list(kinds)},
            "color": colour,
        },
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule", "strokeWidth": 2, "aria": False},
                "encoding": {"x": {"field": "low", **across}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {
                    "x": {"field": "srcc", **across},
                    "shape": colour | {"scale": {"domain": kinds, "range": shapes}},
                },
            },
        ],
    }
