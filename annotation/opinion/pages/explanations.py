"""The page of results about explanations: phrases by score, and texts to search."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from workbench.core.plots import CATEGORIES, Plot
from workbench.core.room import heavy

from ...models import Stimulus, Study
from ...studies.counting import main_stimuli
from ...studies.selectors import find_study
from ...studies.texts import localized
from ..phrases import Phrase, count_explanations, most_frequent, phrases_of, texts_with
from .plots import plots_of

_PER_PAGE = 50
#: Phrases in a list of the most frequent.
_FREQUENT = 10
#: Letters that are searched for.
_LONGEST = 100
#: Between a field and its phrase.
_OF_FIELD = "{field}: {phrase}"


@heavy
@login_required
@require_safe
def results_explanations(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    wanted, key = request.GET.get("q", "").strip()[:_LONGEST], request.GET.get("perspective", "")
    asked = list(study.perspectives.all())
    about = [item for item in asked if item.key == key] or asked
    page = Paginator(texts_with(study, wanted, about), _PER_PAGE).get_page(request.GET.get("page"))
    query = {"q": wanted, "perspective": key if len(about) < len(asked) else ""}
    context = {
        "study": study,
        "tab": "results",
        "part": "explanations",
        "counts": count_explanations(study),
        "published": _published(study),
        "perspectives": _by_perspective(study),
        "page": page,
        "texts": [(localized(item.perspective.label), item) for item in page],
        "wanted": wanted,
        "key": query["perspective"],
        "query": urlencode({name: value for name, value in query.items() if value}),
        "asked": [(item.key, localized(item.label)) for item in asked],
        "may_change": request.user.has_perm("annotation.change_study", study),
    }
    return render(request, "annotation/results_explanations.html", context)


@plots_of("explanations")
def plots_of_explanations(study: Study, request: HttpRequest) -> list[Plot]:
    found = phrases_of(study)
    return [
        _plot(item.key, localized(item.label), found[item.key])
        for item in study.perspective_settings
        if found[item.key]
    ]


def in_words(phrase: Phrase) -> str:
    """A phrase with its field."""
    return _OF_FIELD.format(field=localized(phrase.field.label), phrase=localized(phrase.words))


def _by_perspective(study: Study) -> list[tuple[str, Plot, list[tuple[str, Phrase]]]]:
    """Label, plot and most frequent phrases, of perspectives that the form asks about."""
    found = phrases_of(study)
    return [
        (
            localized(item.label),
            _plot(item.key, localized(item.label), found[item.key]),
            [(in_words(each), each) for each in most_frequent(found[item.key], _FREQUENT)],
        )
        for item in study.perspective_settings
        if found[item.key]
    ]


def _plot(key: str, label: str, phrases: Sequence[Phrase]) -> Plot:
    thirds = (_("low"), _("middle"), _("high"))
    rows = [
        {
            "phrase": in_words(phrase),
            "score": third,
            "percent": round(100 * share, 2),
            "chosen": chosen,
            "answers": answers,
        }
        for phrase in phrases
        for third, share, chosen, answers in zip(
            thirds, phrase.shares, phrase.chosen, phrase.answers, strict=True
        )
    ]
    colours = [CATEGORIES[1], CATEGORIES[5], CATEGORIES[0]]
    grammar = {
        "height": {"step": 9},
        "width": 260,
        "mark": "bar",
        "encoding": {
            "y": {
                "field": "phrase",
                "type": "nominal",
                "title": None,
                "sort": None,
                "axis": {"labelLimit": 400},
            },
            "yOffset": {"field": "score", "type": "nominal", "sort": list(thirds)},
            "x": {
                "field": "percent",
                "type": "quantitative",
                "title": _("Share of the answers, %"),
                "scale": {"domain": [0, 100]},
            },
            "color": {
                "field": "score",
                "type": "nominal",
                "title": _("Third of the scale"),
                "scale": {"domain": list(thirds), "range": colours},
                "legend": {"orient": "top"},
            },
        },
    }
    return Plot(
        name=f"phrases-{key}",
        title=_("%(perspective)s: phrases by score") % {"perspective": label},
        summary=_("Of the answers with a low, middle or high score, the share with each phrase."),
        grammar=grammar,
        rows=rows if any(phrase.times for phrase in phrases) else [],
        nothing=_("Nobody has chosen a phrase yet."),
    )


def _published(study: Study) -> int:
    """Images that came with explanations."""
    keys = [field.key for field in study.form.fields]
    images = main_stimuli(study) if keys else Stimulus.objects.none()
    return images.filter(metadata__has_any_keys=keys).count()
