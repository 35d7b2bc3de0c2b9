"""When a training starts by itself, in words: for the model page."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.models import Study
from workbench.core.jobs.models import ACTIVE_STATES

from ..models import Predictor
from ..registry.selectors import predictors_of, ratings_seen
from .retraining import began_tonight, is_stopped, tonight


def schedule_sentences(study: Study, ratings: int, *, suffice: bool) -> list[str]:
    """What the study's schedule will do next; ratings: those that count now; suffice: whether there
    are labels enough for a training."""
    if not study.retrain_every and not study.retrain_nightly:
        return [_("A training starts only when somebody asks for one.")]
    if not suffice:
        return [_("No training starts by itself until there are labels enough.")]
    predictors = list(predictors_of(study))
    if not predictors:
        return list(_next(study, ratings))
    return [line for item in predictors for line in _of_predictor(study, item, ratings)]


def night_in_words() -> str:
    """The hours of the night, by the site's clock."""
    return _("between 2 and 5 o’clock (%(zone)s)") % {"zone": timezone.get_default_timezone()}


def _of_predictor(study: Study, predictor: Predictor, ratings: int) -> Iterator[str]:
    if predictor.training_runs.filter(state__in=ACTIVE_STATES).exists():
        return
    if is_stopped(predictor):
        text = _(
            "No training of %(predictor)s starts by itself, because the last one ended before it "
            "had read the labels. Train it once yourself: then the schedule goes on."
        )
        yield text % {"predictor": predictor.name}
        return
    new = ratings - ratings_seen(predictor.training_runs.all())
    tried = (night := tonight()) is not None and began_tonight(predictor, night)
    yield from _next(study, new, predictor.name, tried=tried)


def _next(study: Study, new: int, predictor: str = "", *, tried: bool = False) -> Iterator[str]:
    if study.retrain_every and (left := study.retrain_every - new) > 0:
        text = ngettext(
            "The next training starts after %(number)d more rating.",
            "The next training starts after %(number)d more ratings.",
            left,
        )
        yield _named(predictor, text % {"number": left})
    elif study.retrain_every:
        yield _named(predictor, _("The next training is due: it starts within a minute or two."))
        return
    if study.retrain_nightly and tried:
        text = _(
            "Tonight a training has been asked for already; the next can start the night after."
        )
        yield _named(predictor, text)
    elif study.retrain_nightly:
        texts = (
            _("A training starts at night, %(hours)s, once there are new ratings."),
            _("A training starts at night, %(hours)s: there are new ratings."),
        )
        yield _named(predictor, texts[new > 0] % {"hours": night_in_words()})


def _named(predictor: str, sentence: str) -> str:
    if not predictor:
        return sentence
    return _("%(name)s: %(sentence)s") % {"name": predictor, "sentence": sentence}
