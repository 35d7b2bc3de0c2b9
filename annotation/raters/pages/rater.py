"""One rater's page: measures and the rules they fail, sittings, scores in order, trials."""

import math
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from workbench.accounts.signed_in import signed_in

from ...models import Rater, Study
from ...opinion.reliability.judging import Flag
from ...opinion.reliability.selectors import (
    NOTHING_YET,
    Standing,
    reliability_of,
    standings_by_session,
)
from ...protocol.sessions import BARRING
from ...studies.acts import rules_said
from ...studies.pages.charts import Chart, marks
from ...studies.selectors import find_study
from ..access import rater_link
from ..completion import WITH_CODE, completion_code
from ..history import (
    exclusions_of,
    identities_for,
    latest_trials,
    scores_in_order,
    seconds_on_screen,
    sessions_of,
    touch_seconds,
)
from ..inbox import messages_with
from ..messages import TEXT_LIMIT
from ..monitor import live_session
from .flags import flag_words, perspective_labels
from .viewing import viewing_words

#: Trials in a picture: more would be thinner than a pixel.
_MARKS = 300


@login_required
@require_safe
def rater_page(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    rater = get_object_or_404(Rater, study=study, code=code)
    labels = perspective_labels(study)
    standing = reliability_of(study).get(rater.pk, NOTHING_YET)
    correlations = [(item.pearson, item.corrected) for item in standing.measures.inter_rater]
    context = {
        "study": study,
        "tab": "raters",
        "rater": rater,
        "link": request.build_absolute_uri(rater_link(rater)) if rater.comes_back else "",
        "session": live_session(rater),
        "standing": standing,
        "flags": flag_words(standing.flags, labels),
        "weight": standing.weight(study.rules),
        "agreements": [(label, *pair) for label, pair in zip(labels, correlations, strict=False)],
        "perspectives": labels,
        "identity": identities_for(signed_in(request), study).filter(rater=rater).first(),
        "exclusions": [
            (entry, rules_said(entry.detail.get("rules", [])))
            for entry in exclusions_of(study, rater)
        ],
        "sittings": (sittings := _sittings(study, rater, labels)),
        "stopped": next((item for item in sittings if item["session"].state in BARRING), None),
        "pictures": _pictures(study, rater, labels),
        "trials": _trials(study, rater),
        "messages_with": messages_with(rater),
        "text_limit": TEXT_LIMIT,
    }
    return render(request, "annotation/rater.html", context)


def _sittings(study: Study, rater: Rater, labels: list[str]) -> list[dict[str, Any]]:
    standings = standings_by_session(study, rater)
    return [
        _sitting(session, standings.get(session.pk, NOTHING_YET), labels)
        for session in sessions_of(rater)
    ]


def _sitting(session: Any, standing: Standing, labels: list[str]) -> dict[str, Any]:
    return {
        "session": session,
        # A platform knows its participants by it.
        "code": ""
        if not session.rater.comes_back or session.state not in WITH_CODE
        else completion_code(session.pk),
        "standing": standing,
        "stopped_by": flag_words(map(Flag.from_json, session.stopped_by), labels),
        "viewing": viewing_words(session.client, windows=session.windows),
        "flags": flag_words(standing.flags, labels),
    }


def _pictures(study: Study, rater: Rater, labels: list[str]) -> list[Chart]:
    """Per perspective, the scores of main trials in the order in which they were given."""
    row = scores_in_order(rater, latest=_MARKS)
    pictures = []
    for column, item in enumerate(study.perspective_settings):
        scores = row.scores[:, column].tolist()
        given = [(place, score) for place, score in enumerate(scores, 1) if not math.isnan(score)]
        drawn = marks(
            item.scale,
            [score for _place, score in given],
            [
                _("image %(place)d: %(score)s") % {"place": place, "score": f"{score:g}"}
                for place, score in given
            ],
        )
        pictures.append(
            drawn.titled(
                labels[column],
                x=_("Images in the order of rating"),
                y=_("Score"),
                nothing=_("Nothing yet."),
            )
        )
    return pictures if row.seconds.size else []


def _trials(study: Study, rater: Rater) -> list[dict[str, Any]]:
    keys = [item.key for item in study.perspective_settings]
    rows = []
    for trial in latest_trials(rater):
        current: list[Any] = trial.current  # type: ignore[attr-defined] # of the prefetch
        scores = {item.perspective.key: item.value for item in current}
        rows.append(
            {
                "trial": trial,
                "seconds": seconds_on_screen(trial),
                "touches": touch_seconds(trial),
                "scores": [scores.get(key) for key in keys],
            }
        )
    return rows
