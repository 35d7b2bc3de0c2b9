"""The plots of one version: how its training went, and the files of its hold-out's pictures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.opinion.pages.plots import plots_of
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import Scale
from annotation.studies.texts import localized
from workbench.core.plots import ACCENT, MUTED, Plot
from workbench.templatetags.numbers import shown_range

from ...models import ModelVersion
from ...registry.holdout import HoldoutPoint, Points
from ...registry.points import current_points
from .charts import SHOWN, Scatter, mark_of, scatter
from .versions import version_asked_for

_PANEL = {"width": 380, "height": 100}


@plots_of("model")
def _plots(study: Study, request: HttpRequest) -> Sequence[Plot]:
    version = version_asked_for(study, request, "version")
    if version is None:
        raise Http404
    points, training = current_points(version), training_plot(version)
    found = [
        holdout_plot(version, asked, points[asked.key]) for asked in study.perspective_settings
    ]
    return [training, *found] if training else found


def holdout_charts(version: ModelVersion, points: Points) -> list[Scatter]:
    """The pictures of a version's hold-out, by perspective."""
    study = version.study
    images = reverse("study-stimuli", args=[study.slug])
    return [
        scatter(_name(version, asked), asked, points[asked.key], images)
        for asked in study.perspective_settings
    ]


def _name(version: ModelVersion, asked: PerspectiveSettings) -> str:
    return f"holdout-{version.number}-{asked.key}"


def training_plot(version: ModelVersion) -> Plot | None:
    """Loss and validation error by epoch; None if only the last layer was trained."""
    curve = version.curve
    if curve is None:
        return None
    best = curve["best_epoch"]
    kept = {"best": best, "epochs": len(curve["losses"])}
    title = _("How the training went")
    words = _("(epoch %(best)s of %(epochs)s is kept)") % kept if best else ""
    return Plot(
        name=f"training-{version.number}",
        title=f"{title} {words}".rstrip(),
        summary=_("Training loss and validation error by epoch"),
        grammar={"vconcat": list(_panels(curve, version.training_run.recipe))},
        rows=list(_epochs(curve)),
    )


def _epochs(curve: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    errors = curve["validation"] or [None] * len(curve["losses"])
    for epoch, (loss, error) in enumerate(zip(curve["losses"], errors, strict=True), start=1):
        yield {
            "epoch": epoch,
            "training_loss": round(loss, 6),
            "validation_error": None if error is None else round(error, 6),
            "kept": epoch == curve["best_epoch"],
        }


def _panels(curve: Mapping[str, Any], recipe: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    epochs = len(curve["losses"])
    yield _panel("training_loss", _("Training loss"), list(_loss_in_words(recipe)), epochs)
    if curve["validation"]:
        unit = [_("mean absolute error on 0…1")]
        yield _panel("validation_error", _("Validation error"), unit, epochs)


def _loss_in_words(recipe: Mapping[str, Any]) -> Iterator[str]:
    """What it is made of (`fine_tuning.losses`), a line each."""
    yield _("absolute error on 0…1, summed over the perspectives")
    if recipe.get("label_weights"):
        yield _("weighted by the precision of the labels")
    if recipe.get("rank_weight"):
        yield _("plus %(weight)s × the ranking loss") % {"weight": f"{recipe['rank_weight']:g}"}


def _panel(field: str, name: str, unit: list[str], epochs: int) -> Mapping[str, Any]:
    across = {
        "field": "epoch",
        "type": "quantitative",
        "title": _("Epoch"),
        "scale": {"domain": [1, epochs], "nice": False},
        "axis": {"format": "d", "tickMinStep": 1, "grid": False},
    }
    up = {
        "field": field,
        "type": "quantitative",
        "title": name,
        "scale": {"zero": False},
        "axis": {"title": None, "tickCount": 4, "format": ".3~g"},
    }
    return {
        **_PANEL,
        "title": {"text": name, "subtitle": unit},
        "encoding": {"x": across},
        "layer": [
            {
                "transform": [{"filter": "datum.kept"}],
                "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 4], "aria": False},
            },
            {
                "mark": {"type": "line", "strokeWidth": 2, "point": True},
                "encoding": {"y": up},
            },
        ],
    }


def holdout_plot(
    version: ModelVersion, asked: PerspectiveSettings, points: Sequence[HoldoutPoint]
) -> Plot:
    """For files: as the picture in the page (`charts.scatter`), with rows of all images."""
    label = localized(asked.label)
    return Plot(
        name=_name(version, asked),
        title=label,
        summary=_("%(label)s: predicted score against opinion score") % {"label": label},
        grammar=_holdout_grammar(label, asked.scale),
        rows=list(_rows(asked.scale, points, reverse("study-stimuli", args=[version.study.slug]))),
        nothing=_("No hold-out image is labelled yet."),
    )


def _rows(scale: Scale, points: Iterable[HoldoutPoint], images: str) -> Iterator[Mapping[str, Any]]:
    for mark in (mark_of(scale, point) for point in points):
        yield {
            "image": mark.filename,
            "predicted": round(mark.predicted, 4),
            "sd": round(mark.sd, 4),
            "mos": round(mark.mos, 4),
            "mos_low": round(mark.mos - mark.mos_error, 4),
            "mos_high": round(mark.mos + mark.mos_error, 4),
            "address": f"{images}{mark.stimulus}/",
        }


def _holdout_grammar(label: str, scale: Scale) -> Mapping[str, Any]:
    across = _axis(_("Predicted ± sd of the true score"), scale)
    up = _axis(_("Opinion score and its interval (95 %)"), scale)
    interval = {"type": "rule", "color": ACCENT, "opacity": 0.35, "clip": True, "aria": False}
    said = {"scale": shown_range(scale.minimum, scale.maximum)}
    x, y = {"field": "predicted", **across}, {"field": "mos", **up}
    return {
        "height": 380,
        "title": {"text": label, "subtitle": _("On the question’s scale, %(scale)s.") % said},
        "transform": [
            {"window": [{"op": "row_number", "as": "place"}]},
            {"filter": f"datum.place <= {SHOWN}"},
            {"calculate": "datum.predicted - datum.sd", "as": "less"},
            {"calculate": "datum.predicted + datum.sd", "as": "more"},
        ],
        "layer": [
            diagonal(scale),
            {
                "mark": interval,
                "encoding": {"x": {"field": "less", **across}, "x2": {"field": "more"}, "y": y},
            },
            {
                "mark": interval,
                "encoding": {"y": {"field": "mos_low", **up}, "y2": {"field": "mos_high"}, "x": x},
            },
            {"mark": {"type": "point"}, "encoding": {"x": x, "y": y, "href": {"field": "address"}}},
        ],
    }


def _axis(title: str, scale: Scale) -> Mapping[str, Any]:
    return {"title": title, **on_scale(scale)}


def on_scale(scale: Scale) -> Mapping[str, Any]:
    """From one end of the scale to the other, of an encoding along an axis."""
    domain = [scale.minimum, scale.maximum]
    return {"type": "quantitative", "scale": {"domain": domain, "zero": False, "nice": False}}


def diagonal(scale: Scale) -> Mapping[str, Any]:
    """A layer: where both are the same."""
    ends = [{"x": end, "y": end} for end in (scale.minimum, scale.maximum)]
    return {
        "data": {"values": ends},
        "mark": {"type": "line", "color": MUTED, "strokeDash": [4, 4], "aria": False},
        "encoding": {
            "x": {"field": "x", **on_scale(scale)},
            "y": {"field": "y", **on_scale(scale)},
        },
    }
