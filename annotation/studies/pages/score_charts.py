"""How often each score was given, as charts: of a study, and of one image."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...models import Study
from ..texts import localized, scale_in_words
from .charts import Chart, histogram


def score_charts(study: Study, counts: Mapping[str, Iterable[tuple[float, int]]]) -> list[Chart]:
    """One per perspective. counts: by its key, scores and how often each was given."""
    charts = []
    for item in study.perspective_settings:
        given = list(counts.get(item.key, ()))
        names = [localized(label) for label in item.scale.labels] if item.scale.named else ()
        number = sum(times for _score, times in given)
        charts.append(
            histogram(item.scale, given, names).titled(
                localized(item.label),
                x=scale_in_words(item.scale),
                y=_("Scores"),
                nothing=_("No score counts yet."),
                note=ngettext("%(n)d score", "%(n)d scores", number) % {"n": number},
            )
        )
    return charts
