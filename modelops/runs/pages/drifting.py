"""Drift in words and as a plot, for the page of a version's measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.models import Stimulus, Study
from annotation.studies.texts import localized
from workbench.core.plots import ACCENT, CATEGORIES, Plot

from ...errors import ArtifactError
from ...judging.drift import FEWEST, Drift
from ...models import ModelVersion
from ..drifting import FoundDrift, drift_of

#: Of the scale, in which scores are counted.
_BINS = 20


@dataclass(frozen=True)
class DriftPart:
    """What a reader is told; `found` is None while a worker computes it, or if `problem` says why
    it cannot be told."""

    study: Study
    found: FoundDrift | None
    problem: str = ""

    @classmethod
    def read(cls, version: ModelVersion) -> "DriftPart":
        try:
            return cls(version.study, drift_of(version).result)
        except ArtifactError as error:
            return cls(version.study, None, error.message)

    @property
    def drifts(self) -> bool:
        return self.found is not None and self.found.drift.drifts

    def lines(self) -> list[str]:
        """The verdict first."""
        if self.problem:
            return [self.problem]
        if self.found is None:
            return [_("Being computed; reload the page in a moment.")]
        drift = self.found.drift
        if not drift.enough:
            return [_few(drift)]
        return [_verdict(drift), *self._why(drift)]

    def _why(self, drift: Drift) -> list[str]:
        names = {item.key: localized(item.label) for item in self.study.perspective_settings}
        shifted = [names[it.perspective] for it in drift.scores if it.drifts]
        lines = []
        if shifted:
            text = _("Its expectations have shifted, from: %(names)s.")
            lines.append(text % {"names": ", ".join(shifted)})
        if drift.images is None:
            lines.append(
                _(
                    "The embeddings of these images are not kept on this machine, so only scores "
                    "are compared."
                )
            )
            return lines
        text = _(
            "%(share)s %% of the new images look like nothing that it learnt from; 1 %% is usual."
        )
        lines.append(text % {"share": f"{100 * drift.images.share:.0f}"})
        if self.found and self.found.left_out:
            lines.append(_left_out(self.found.left_out))
        return lines

    @cached_property
    def strangest(self) -> list[Stimulus]:
        keys = self.found.strangest if self.found else ()
        known = Stimulus.objects.select_related("prompt").in_bulk(keys)
        return [known[key] for key in keys if key in known]

    @cached_property
    def plot(self) -> Plot:
        names = {item.key: localized(item.label) for item in self.study.perspective_settings}
        rows = _rows(self.found, names) if self.found and self.found.drift.enough else []
        counts = (self.found.drift.learnt, self.found.drift.new) if self.found else (0, 0)
        return Plot(
            name="drift",
            title=_("Expected scores of images learnt from and of new ones"),
            summary=_("%(learnt)d images learnt from and %(new)d new ones")
            % {"learnt": counts[0], "new": counts[1]},
            grammar=_grammar(list(names.values())),
            rows=rows,
            nothing=_("No new image is predicted yet."),
        )


def _few(drift: Drift) -> str:
    return _(
        "%(new)d images came after its training and are predicted; from %(fewest)d on they are "
        "compared with those that it learnt from."
    ) % {"new": drift.new, "fewest": FEWEST}


def _left_out(count: int) -> str:
    return ngettext(
        "%(count)d image is left out of the comparison of embeddings: it was deleted, or its "
        "embedding is not kept on this machine.",
        "%(count)d images are left out of the comparison of embeddings: they were deleted, or "
        "their embeddings are not kept on this machine.",
        count,
    ) % {"count": count}


def _verdict(drift: Drift) -> str:
    if drift.drifts:
        return _(
            "The images that came after its training are not like those that it learnt from: "
            "predictions of them may be farther off than the hold-out says. Have some of them "
            "rated, then retrain."
        )
    return _(
        "The images that came after its training are like those that it learnt from, as far as "
        "scores and embeddings tell."
    )


def _rows(found: FoundDrift, names: Mapping[str, str]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for kind, scores in ((_("Learnt from"), found.learnt), (_("New"), found.new)):
        for key, values in scores.items():
            counts, edges = np.histogram(np.clip(values, 0, 1), bins=_BINS, range=(0, 1))
            rows += [
                {
                    "perspective": names[key],
                    "images": kind,
                    "from": round(float(low), 3),
                    "to": round(float(high), 3),
                    "share": float(count) / values.size,
                }
                for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
            ]
    return rows


def _grammar(labels: list[str]) -> Mapping[str, Any]:
    kinds = [_("Learnt from"), _("New")]
    return {
        "facet": {"field": "perspective", "title": None, "sort": labels},
        "columns": 2,
        "spec": {
            "width": 180,
            "height": 110,
            "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
            "encoding": {
                "x": {
                    "field": "from",
                    "type": "quantitative",
                    "title": _("Expected score, 0–1 of the scale"),
                    "scale": {"domain": [0, 1]},
                },
                "y": {
                    "field": "share",
                    "type": "quantitative",
                    "title": _("Share of images"),
                    "axis": {"format": "%"},
                },
                "color": {
                    "field": "images",
                    "title": None,
                    "scale": {"domain": kinds, "range": [ACCENT, CATEGORIES[1]]},
                    "legend": {"orient": "bottom"},
                },
                "strokeDash": {
                    "field": "images",
                    "scale": {"domain": kinds, "range": [[1, 0], [5, 3]]},
                    "legend": None,
                },
            },
        },
    }
