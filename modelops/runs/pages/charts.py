"""Pictures as numbers for an SVG template: no script draws them, and no style attribute."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import Scale
from annotation.studies.pages.charts import Tick, scale_ticks
from annotation.studies.texts import localized
from workbench.templatetags.numbers import shown_range

from ...registry.holdout import HoldoutPoint

#: Side of the plot, in SVG units.
SIDE = 240.0
#: More points would be a blot; the first ones are as random as the hold-out.
SHOWN = 400


@dataclass(frozen=True)
class Mark:
    """An image: its place, the ends of its intervals along x and y, and who it is."""

    x: float
    y: float
    x0: float
    x1: float
    y0: float
    y1: float
    stimulus: int
    filename: str
    #: On the study's scale, cut off at its ends as the picture is.
    predicted: float
    sd: float
    mos: float
    mos_error: float

    @property
    def predicted_text(self) -> str:
        return f"{self.predicted:.2f} ± {self.sd:.2f}"

    @property
    def mos_text(self) -> str:
        return f"{self.mos:.2f} ± {self.mos_error:.2f}"

    @property
    def said(self) -> str:
        values = {
            "predicted": f"{self.predicted:.2f}",
            "sd": f"{self.sd:.2f}",
            "mos": f"{self.mos:.2f}",
        }
        words = _("predicted %(predicted)s ± %(sd)s, opinion score %(mos)s") % values
        return f"{self.filename}: {words} ± {self.mos_error:.2f}"


@dataclass(frozen=True)
class Scatter:
    """Predicted score (x) against opinion score (y) of one perspective, on the study's scale."""

    #: Of its files (`model_plots.holdout_plot`).
    name: str
    label: str
    scale: str
    marks: list[Mark]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    total: int
    #: Below which address the images' pages are.
    images: str = ""

    @property
    def side(self) -> float:
        return SIDE

    @property
    def shown(self) -> int:
        return len(self.marks)

    # Hundreds of marks are put together here: a template takes ten times as long.
    @property
    def links(self) -> SafeString:
        """Each mark, a link to its image that says what it shows."""
        return format_html_join(
            "",
            '<a href="{}{}/" tabindex="-1"><title>{}</title>'
            '<circle class="mark" cx="{}" cy="{}" r="3.4"/></a>',
            ((self.images, it.stimulus, it.said, f"{it.x:g}", f"{it.y:g}") for it in self.marks),
        )

    @property
    def rows(self) -> SafeString:
        """The same as rows of a table, the farthest off first."""
        return format_html_join(
            "",
            '<tr><td><a href="{}{}/">{}</a></td><td class="number">{}</td>'
            '<td class="number">{}</td></tr>',
            (
                (self.images, it.stimulus, it.filename, it.predicted_text, it.mos_text)
                for it in self.farthest
            ),
        )

    @property
    def intervals(self) -> str:
        """Those of all marks, as the attribute `d` of a path."""
        return "".join(
            f"M{mark.x0:g} {mark.y:g}H{mark.x1:g}M{mark.x:g} {mark.y0:g}V{mark.y1:g}"
            for mark in self.marks
        )

    @property
    def farthest(self) -> list[Mark]:
        """Those that the version is farthest off on, first: what one looks for."""
        return sorted(self.marks, key=lambda mark: -abs(mark.predicted - mark.mos))


def scatter(
    name: str, asked: PerspectiveSettings, points: Sequence[HoldoutPoint], images: str = ""
) -> Scatter:
    """The picture of a hold-out; predictions beyond the scale are drawn at its end."""
    scale = asked.scale
    return Scatter(
        name=name,
        label=localized(asked.label),
        scale=shown_range(scale.minimum, scale.maximum),
        marks=[mark_of(scale, point) for point in points[:SHOWN]],
        x_ticks=[Tick(_across(at), text) for at, text in scale_ticks(scale)],
        y_ticks=[Tick(SIDE - _across(at), text) for at, text in scale_ticks(scale)],
        total=len(points),
        images=images,
    )


def mark_of(scale: Scale, point: HoldoutPoint) -> Mark:
    mean, sd, error = point.expected.mean, point.expected.epistemic_sd, point.mos_error
    return Mark(
        x=_across(mean),
        y=SIDE - _across(point.mos),
        x0=_across(mean - sd),
        x1=_across(mean + sd),
        y0=SIDE - _across(point.mos - error),
        y1=SIDE - _across(point.mos + error),
        stimulus=point.stimulus,
        filename=point.filename,
        predicted=scale.from_unit(min(1.0, max(0.0, mean))),
        sd=scale.width * sd,
        mos=scale.from_unit(point.mos),
        mos_error=scale.width * error,
    )


def _across(unit: float) -> float:
    return round(min(1.0, max(0.0, unit)) * SIDE, 1)
