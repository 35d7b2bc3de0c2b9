"""Whether a version's uncertainties are true: a table and a plot, for the page of its measures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.studies.texts import localized
from workbench.core.plots import ACCENT, MUTED, Plot

from ...models import ModelVersion
from ...registry.calibrated import FEWEST, Calibrated, calibrated


@dataclass(frozen=True)
class CalibrationPart:
    """`found` by the perspective's key."""

    study: Study
    found: Mapping[str, Calibrated]

    @classmethod
    def read(cls, version: ModelVersion) -> "CalibrationPart":
        return cls(version.study, calibrated(version))

    @property
    def rows(self) -> list[tuple[str, Calibrated]]:
        """With the perspectives' names."""
        return [(name, self.found[key]) for key, name in self._names.items() if key in self.found]

    @property
    def lacking(self) -> str:
        """Why there is nothing to show; empty if there is something."""
        if any(item.coverages for item in self.found.values()):
            return ""
        return _("Shown from %(n)d hold-out images on that are rated and predicted.") % {
            "n": FEWEST
        }

    @cached_property
    def plot(self) -> Plot:
        return Plot(
            name="calibration",
            title=_("Nominal and observed coverage"),
            summary=_(
                "Which share of labels intervals hold, by what they should, with 95 %% intervals, "
                "from %(n)d perspectives"
            )
            % {"n": len(self.found)},
            grammar=_grammar(list(self._names.values())),
            rows=list(self._points()),
            nothing=self.lacking,
        )

    @property
    def _names(self) -> dict[str, str]:
        return {item.key: localized(item.label) for item in self.study.perspective_settings}

    def _points(self) -> Iterator[Mapping[str, Any]]:
        for name, item in self.rows:
            for it in item.coverages:
                yield {
                    "perspective": name,
                    "nominal": it.level,
                    "observed": round(it.observed, 4),
                    "low": round(it.low, 4),
                    "high": round(it.high, 4),
                    "n": item.n,
                    "ence": None if item.ence is None else round(item.ence, 4),
                }


def _axis(title: str) -> Mapping[str, Any]:
    return {
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%", "tickCount": 5},
    }


def _grammar(labels: list[str]) -> Mapping[str, Any]:
    across, up = _axis(_("Nominal coverage")), _axis(_("Observed coverage"))
    return {
        "facet": {"field": "perspective", "title": None, "sort": labels},
        "columns": 2,
        "spec": {
            "width": 180,
            "height": 180,
            "encoding": {"x": {"field": "nominal", **across}},
            "layer": [
                {
                    # What true intervals hold.
                    "mark": {"type": "line", "color": MUTED, "strokeDash": [4, 3], "aria": False},
                    "encoding": {"y": {"field": "nominal", **up}},
                },
                {
                    "mark": {"type": "rule", "color": ACCENT, "strokeWidth": 2, "aria": False},
                    "encoding": {"y": {"field": "low", **up}, "y2": {"field": "high"}},
                },
                {
                    "mark": {"type": "point", "filled": True, "color": ACCENT, "size": 45},
                    "encoding": {"y": {"field": "observed", **up}},
                },
            ],
        },
    }
