"""The plots of the page about scores: distributions, disagreement, and another method's scores."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from workbench.core.plots import ACCENT, INK, MUTED, Plot
from workbench.templatetags.numbers import shown_mark

from ...models import OpinionRelease, Perspective, Study
from ...studies.texts import localized
from ..differences import sample
from ..distributions import Disagreement, Distribution, parabola
from ..methods import METHODS
from ..previewing import PerspectivePreview, Preview, preview_for_readers
from ..release_facts import disagreements_of, distributions_of
from ..votes import limits_of
from .plots import plots_of
from .shown import release_shown

_HEIGHT = 190
#: Marks in a plot.
_MOST_MARKS = 2_000
#: Points along a curve.
_ALONG = 41


@plots_of("scores")
def plots_of_scores(study: Study, request: HttpRequest) -> list[Plot]:
    """What the page's address asks for."""
    release = release_shown(study, request.GET.dict())
    preview = previewed(study, request)
    return [
        *distribution_plots(release),
        *disagreement_plots(release),
        *(preview_plots(study, preview) if preview else ()),
    ]


def previewed(study: Study, request: HttpRequest) -> Preview | None:
    """Of the method that an address asks for, if who asks may choose it."""
    name = request.GET.get("method", "")
    if name not in METHODS or not request.user.has_perm("annotation.change_study", study):
        return None
    return preview_for_readers(study, name)


def distribution_plots(release: OpinionRelease) -> list[Plot]:
    """A histogram of images for each perspective that the release knows."""
    found = distributions_of(release)
    return [
        _distribution_plot(item, found[item.pk])
        for item in release.study.perspectives.all()
        if item.pk in found
    ]


def mean_in_words(found: Distribution) -> str:
    """The mean of images and how sure it is."""
    if found.n == 0:
        return _("No image has a score.")
    if found.n == 1:
        return _("One image, with a score of %(mean).2f.") % {"mean": found.mean}
    return _(
        "%(n)s images with a mean of %(mean).2f (95 %% interval %(low).2f–%(high).2f over images "
        "drawn at random) and a standard deviation of %(sd).2f."
    ) % {
        "n": f"{found.n:,}",
        "mean": found.mean,
        "low": found.low,
        "high": found.high,
        "sd": found.sd,
    }


def _distribution_plot(perspective: Perspective, found: Distribution) -> Plot:
    rows = [
        {"from": low, "to": high, "images": images}
        for low, high, images in zip(
            np.round(found.edges[:-1], 6).tolist(),
            np.round(found.edges[1:], 6).tolist(),
            found.counts.tolist(),
            strict=True,
        )
    ]
    ends = {"low": shown_mark(found.edges[0]), "high": shown_mark(found.edges[-1])}
    title = _("Opinion score, %(low)s–%(high)s") % ends
    bars = {
        "mark": {"type": "bar", "color": ACCENT},
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "bin": {"binned": True}, "title": title},
            "x2": {"field": "to"},
            "y": {"field": "images", "type": "quantitative", "title": _("Images")},
        },
    }
    return Plot(
        name=f"distribution-{perspective.key}",
        title=_("%(perspective)s: scores of images")
        % {"perspective": localized(perspective.label)},
        summary=mean_in_words(found),
        grammar={"height": _HEIGHT, "layer": [bars, *_mean_layers(found)]},
        rows=rows if found.n else [],
        nothing=_("No image has a score from this perspective yet."),
    )


def _mean_layers(found: Distribution) -> Iterator[dict[str, Any]]:
    """The mean as a line, its interval as a band."""
    if found.n > 1:
        yield {
            "data": {"values": [{"low": found.low, "high": found.high}]},
            "mark": {"type": "rect", "color": INK, "opacity": 0.2, "aria": False},
            "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
        }
    if found.n:
        yield {
            "data": {"values": [{"mean": found.mean}]},
            "mark": {"type": "rule", "color": INK, "strokeWidth": 2, "aria": False},
            "encoding": {"x": {"field": "mean", "type": "quantitative"}},
        }


def disagreement_plots(release: OpinionRelease) -> list[Plot]:
    """Variance of single scores against their mean, for each perspective with few levels."""
    found = disagreements_of(release)
    return [
        _disagreement_plot(item, found[item.pk])
        for item in release.study.perspectives.all()
        if item.pk in found
    ]


def disagreement_in_words(found: Disagreement) -> str:
    if np.isnan(found.a):
        return _("No parabola fits: no image with two ratings has a mean between the ends.")
    words = _(
        "a = %(a).3f: the variance of single scores is a times what the mean leaves room for. 0 "
        "means that raters always agree; public image tests lie at 0.09–0.17."
    ) % {"a": found.a}
    if found.mean.size > _MOST_MARKS:
        words += " " + _("The picture shows an even sample; a is fitted to all images.")
    return words


def _disagreement_plot(perspective: Perspective, found: Disagreement) -> Plot:
    limits = limits_of(perspective.settings.scale).ends
    places = sample(found.mean.size, _MOST_MARKS)
    order = places[np.argsort(found.mean[places], kind="stable")]
    rows = [
        {"mean": mean, "variance": variance, "images": images}
        for mean, variance, images in zip(
            np.round(found.mean[order], 6).tolist(),
            np.round(found.variance[order], 6).tolist(),
            found.images[order].tolist(),
            strict=True,
        )
    ]
    ends = {"low": shown_mark(limits[0]), "high": shown_mark(limits[1])}
    points = {
        "mark": {"type": "point", "filled": True, "opacity": 0.6, "color": ACCENT},
        "encoding": {
            "x": {
                "field": "mean",
                "type": "quantitative",
                "scale": {"domain": list(limits)},
                "title": _("Mean of single scores, %(low)s–%(high)s") % ends,
            },
            "y": {
                "field": "variance",
                "type": "quantitative",
                "title": _("Variance of single scores, points²"),
            },
            "size": {
                "field": "images",
                "type": "quantitative",
                "title": _("Images"),
                # A count: no point stands for half an image.
                "legend": {"tickMinStep": 1},
            },
        },
    }
    return Plot(
        name=f"disagreement-{perspective.key}",
        title=_("%(perspective)s: how far raters disagree")
        % {"perspective": localized(perspective.label)},
        summary=disagreement_in_words(found),
        grammar={"height": _HEIGHT, "layer": [points, *_curve(found.a, limits)]},
        rows=rows,
        nothing=_("No image has two ratings from this perspective yet."),
    )


def _curve(a: float, limits: tuple[float, float]) -> Iterator[dict[str, Any]]:
    if np.isnan(a):
        return
    mean = np.linspace(*limits, _ALONG)
    along = zip(mean.tolist(), parabola(a, mean, limits).tolist(), strict=True)
    yield {
        "data": {"values": [{"mean": x, "variance": y} for x, y in along]},
        "mark": {"type": "line", "color": INK, "strokeWidth": 2, "aria": False},
        "encoding": {
            "x": {"field": "mean", "type": "quantitative"},
            "y": {"field": "variance", "type": "quantitative"},
        },
    }


def preview_plots(study: Study, preview: Preview) -> list[Plot]:
    """Old scores against new ones, for each perspective."""
    labels = {item.key: localized(item.label) for item in study.perspective_settings}
    return [_preview_plot(study, labels[part.perspective], part) for part in preview.parts]


def _preview_plot(study: Study, label: str, part: PerspectivePreview) -> Plot:
    rows = [
        {
            "old": round(item.old, 6),
            "new": round(item.new, 6),
            "address": reverse("study-stimulus", args=[study.slug, item.stimulus]),
        }
        for item in part.points
    ]
    everything = part.differences.n == len(part.points)
    shown = _("Each point is an image.") if everything else _("Each point is one of a sample.")
    points = {
        "mark": {"type": "point", "color": ACCENT, "filled": True, "opacity": 0.6},
        "encoding": {
            "x": _axis("old", _("Score by the method in use, 0–1")),
            "y": _axis("new", _("Score by the other method, 0–1")),
            "href": {"field": "address"},
        },
    }
    return Plot(
        name=f"preview-{part.perspective}",
        title=_("%(perspective)s: scores by both methods") % {"perspective": label},
        summary=shown + " " + _("On the line nothing changes."),
        grammar={"height": 300, "layer": [_diagonal(), points]},
        rows=rows,
        nothing=_("No image has a score by both methods."),
    )


def _axis(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title}


def _diagonal() -> dict[str, Any]:
    ends: Sequence[dict[str, float]] = [{"old": 0, "new": 0}, {"old": 1, "new": 1}]
    return {
        "data": {"values": ends},
        "mark": {"type": "line", "color": MUTED, "strokeDash": [4, 4], "aria": False},
        "encoding": {
            "x": {"field": "old", "type": "quantitative"},
            "y": {"field": "new", "type": "quantitative"},
        },
    }
