"""Preview as a rater: the rating page itself, with a server that the browser plays (preview.js).

No rater, session or trial stands behind it, and its token opens nothing, so the preview cannot
leave data even if a request gets past the script. A rater made for it and deleted afterwards could,
in a crash; transactions rolled back would not work at all, since a session is many requests.
"""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...protocol.sessions import SessionState
from ...studies.protocols import document_of
from ...studies.selectors import find_study
from ..preview import MAIN_SHOWN, NOBODY, preview_access, preview_passes, preview_trials
from .page import Stage, page_context

#: Takes the place of the code that a session gives at its end.
_CODE = "XXXX-XXXX"
_STATES = {
    Stage.INSTRUCTIONS: SessionState.INSTRUCTIONS,
    Stage.RATING: SessionState.RATING,
    Stage.PAUSED: SessionState.PAUSED,
}


@never_cache
@login_required
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The rating page at the stage that the address names; the script moves it on."""
    study = find_study(request.user, slug, "annotation.change_study")
    asked = request.GET.get("stage", "")
    stage = Stage(asked) if asked in set(Stage) else Stage.CONSENT
    access = preview_access(study, _STATES.get(stage))
    protocol, trials = document_of(study), preview_trials(study)
    context: dict[str, Any] = {
        **page_context(access=access, protocol=protocol, stage=stage, token=NOBODY),
        "study": study,
        "remain": True,
        "answered": sum(not trial["practice"] for trial in trials) or MAIN_SHOWN,
        "completion_code": _CODE,
        "preview": {
            "trials": trials,
            "samples": [study.asking.up_to(0, number) for number in range(MAIN_SHOWN)],
            "prompt": _("A sample image"),
            "passes": preview_passes(protocol),
        },
        "drawn": not trials,
    }
    return render(request, "annotation/preview.html", context)
