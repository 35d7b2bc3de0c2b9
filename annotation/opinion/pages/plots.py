"""Plots of the results' pages, by themselves: SVG for a paper, CSV for whoever draws their own.

A page registers what makes its plots; their files are then at its address.
"""

from collections.abc import Callable, Sequence

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from workbench.core.downloads import wants_raw
from workbench.core.plots import Plot
from workbench.core.room import heavy
from workbench.core.tables import CSV_TYPE

from ...models import Study
from ...studies.selectors import find_study
from .waiting import waits_for_scores

#: Makes a page's plots, in its order, for what the page's address asks for.
Plotter = Callable[[Study, HttpRequest], Sequence[Plot]]
#: The last part of a page's address → what makes its plots.
PLOTTERS: dict[str, Plotter] = {}


def plots_of(page: str) -> Callable[[Plotter], Plotter]:
    """Registers a page's plots under the last part of its address."""

    def register(plotter: Plotter) -> Plotter:
        PLOTTERS[page] = plotter
        return plotter

    return register


@heavy
@login_required
@require_safe
@waits_for_scores("results", status=503)
def plot_file(request: HttpRequest, slug: str, page: str, plot: str, form: str) -> HttpResponse:
    """A plot as a file, `svg` or `csv`."""
    study = find_study(request.user, slug, "annotation.view_study")
    plotter = PLOTTERS.get(page)
    found = {item.name: item for item in plotter(study, request)} if plotter else {}
    if plot not in found or form not in ("svg", "csv"):
        raise Http404
    if form == "svg":
        response = HttpResponse(found[plot].svg_file(), content_type="image/svg+xml")
    else:
        table = found[plot].csv_file(raw=wants_raw(request))
        response = HttpResponse(table, content_type=CSV_TYPE)
    name = slugify(f"{study.slug}-{page}-{plot}")
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
