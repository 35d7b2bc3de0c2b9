"""The plot of what one version expects against what another one does."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from annotation.models import Stimulus, Study
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import Scale
from annotation.studies.texts import localized
from workbench.core.plots import Plot

from ...models import ModelVersion
from ...registry.comparing import Pairs, sampled
from .model_plots import diagonal, on_scale

#: More points would be a blot, and take seconds to draw.
_MOST = 400


def against_plot(
    study: Study,
    asked: PerspectiveSettings,
    pairs: Pairs,
    first: ModelVersion,
    second: ModelVersion,
) -> Plot:
    """Each point an image, and a link to it."""
    label, places = localized(asked.label), sampled(pairs, _MOST)
    shown = Stimulus.objects.filter(pk__in=[int(pairs.stimulus[place]) for place in places])
    names, images = (
        dict(shown.values_list("pk", "filename")),
        reverse("study-stimuli", args=[study.slug]),
    )
    rows = [
        {
            "image": names[pk],
            "first": _on(asked.scale, pairs.first[place]),
            "second": _on(asked.scale, pairs.second[place]),
            "address": f"{images}{pk}/",
        }
        for place in places
        if (pk := int(pairs.stimulus[place])) in names
    ]
    titles = [_("Expected by version %(number)d") % {"number": it.number} for it in (second, first)]
    return Plot(
        name=f"against-{asked.key}",
        title=_("%(perspective)s: what both versions expect") % {"perspective": label},
        summary=_("%(shown)d of %(n)d images; on the line both expect the same.")
        % {"shown": len(rows), "n": pairs.stimulus.size},
        grammar={
            "height": 300,
            "layer": [diagonal(asked.scale), _points(asked.scale, titles[0], titles[1])],
        },
        rows=rows,
        nothing=_("No image is predicted by both versions."),
    )


def _on(scale: Scale, unit: float) -> float:
    return round(scale.from_unit(min(1.0, max(0.0, float(unit)))), 3)


def _points(scale: Scale, across: str, up: str) -> Mapping[str, Any]:
    return {
        "mark": {"type": "point", "filled": True, "size": 30, "opacity": 0.6},
        "encoding": {
            "x": {"field": "second", "title": across, **on_scale(scale)},
            "y": {"field": "first", "title": up, **on_scale(scale)},
            "tooltip": {"field": "image"},
            "href": {"field": "address"},
        },
    }
