"""Studies with the ratings of tables: a row per rater, a column per image."""

from collections.abc import Sequence

from django.core.cache import cache

from annotation.models import Rater, Stimulus, Study
from annotation.opinion.panel.figures import Figure
from annotation.opinion.panel.selectors import PanelResults, panel_results
from tests.annotation.answering import answer, sitting
from tests.factories import make_rater, make_stimuli

Scores = float | Sequence[float]
Table = Sequence[Sequence[Scores | None]]


def rate_table(study: Study, table: Table) -> tuple[list[Rater], list[Stimulus]]:
    """Gives the ratings, of all perspectives alike if a cell is one number; None: not rated."""
    cache.clear()
    stimuli = make_stimuli(study, len(table[0]))
    raters = [make_rater(study, code=f"RATER{number}") for number in range(len(table))]
    for rater, row in zip(raters, table, strict=True):
        session = sitting(rater)
        for stimulus, scores in zip(stimuli, row, strict=True):
            if scores is not None:
                answer(session, stimulus, scores)
    return raters, stimuli


def results_of(study: Study) -> PanelResults:
    found = panel_results(study)
    assert found is not None
    return found


def figure(study: Study, name: str, *, perspective: int = 0) -> Figure:
    figures = results_of(study).agreement.perspectives[perspective].figures
    return next(item for item in figures if item.name == name)


def value(study: Study, name: str) -> float:
    measure = figure(study, name).measure
    assert measure is not None
    return measure.value
