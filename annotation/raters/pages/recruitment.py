"""The owner's page about crowd platforms: parameters and ways back, and whom to pay."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from workbench.accounts.signed_in import signed_in
from workbench.core.downloads import csv_download
from workbench.core.errors import MintError

from ...models import SharedLink
from ...protocol.recruitment import PLATFORMS, Outcome, Recruitment
from ...studies.pages.fields import LinesField
from ...studies.selectors import find_study
from ..invitations import set_recruitment, shared_link_path
from ..paying import payment_table
from ..services import record_download

_OUTCOMES: dict[Outcome, str | Promise] = {
    Outcome.COMPLETED: gettext_lazy("Finished"),
    Outcome.LEFT: gettext_lazy("Left before the end"),
    Outcome.STOPPED: gettext_lazy("Ended by the rules"),
    Outcome.FULL: gettext_lazy("No place or no image left"),
    Outcome.SCREENED_OUT: gettext_lazy("Screen does not fit, practice not passed, or excluded"),
}
_NAMES = {"prolific": "Prolific", "mturk": "Mechanical Turk", "connect": "CloudResearch Connect"}


class RecruitmentForm(forms.Form):
    """`protocol.recruitment.Recruitment`, with two fields for each outcome."""

    parameters = LinesField(
        label=gettext_lazy("Parameters of the address"),
        required=False,
        help_text=gettext_lazy(
            "One name per line. The first is the participant’s number: whoever comes with the same "
            "one is the same rater, on any device. Leave it empty for a link that anybody may use."
        ),
    )

    def __init__(self, data: Any, recruitment: Recruitment) -> None:
        initial: dict[str, Any] = {"parameters": recruitment.parameters}
        for outcome in Outcome:
            way = recruitment.back(outcome)
            initial |= {f"{outcome}_code": way.code, f"{outcome}_address": way.address}
        super().__init__(data, initial=initial)
        for outcome, label in _OUTCOMES.items():
            self.fields[f"{outcome}_code"] = forms.CharField(
                label=gettext_lazy("Code"), required=False
            )
            self.fields[f"{outcome}_address"] = forms.CharField(
                label=gettext_lazy("Completion address"), required=False
            )
            self.fields[f"{outcome}_code"].widget.attrs |= {
                "aria-label": f"{label}: {_('Code')}",
                "aria-describedby": "codes-hint",
            }
            self.fields[f"{outcome}_address"].widget.attrs["aria-label"] = (
                f"{label}: {_('Completion address')}"
            )

    @property
    def outcomes(self) -> list[tuple[str | Promise, Any, Any]]:
        return [
            (_OUTCOMES[item], self[f"{item}_code"], self[f"{item}_address"]) for item in Outcome
        ]

    def to_json(self) -> dict[str, Any]:
        said = self.cleaned_data
        ways = {
            str(item): {"code": said[f"{item}_code"], "address": said[f"{item}_address"]}
            for item in Outcome
        }
        return {"parameters": list(said["parameters"]), **ways}


@login_required
@require_http_methods(["GET", "POST"])
def recruitment(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows and changes what the shared link reads; `?platform=` fills in a platform's names."""
    study = find_study(request.user, slug, "annotation.change_study")
    link = SharedLink.objects.filter(study=study).first()
    if link is None:
        messages.info(request, _("Open a shared link first."))
        return redirect("study-invite", study.slug)
    chosen = PLATFORMS.get(request.GET.get("platform", ""), link.platform)
    form = RecruitmentForm(request.POST if request.method == "POST" else None, chosen)
    if request.method == "POST" and form.is_valid():
        try:
            set_recruitment(study=study, recruitment=form.to_json(), actor=signed_in(request))
        except MintError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("study-recruitment", study.slug)
    context = {
        "study": study,
        "tab": "raters",
        "form": form,
        "platforms": _NAMES,
        "own_codes": chosen.parameters == PLATFORMS["prolific"].parameters,
        "address": _address(request, link),
        "may_pay": signed_in(request).has_perm("annotation.read_identities", study),
    }
    return render(request, "annotation/recruitment.html", context)


@login_required
@require_safe
def payment_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Whom to pay; for those who may know who the raters are."""
    study = find_study(request.user, slug, "annotation.read_identities")
    record_download(study=study, actor=signed_in(request), what="payment", names=True)
    columns, rows = payment_table(study)
    return csv_download(request, f"{study.slug}-payment", columns, rows)


def _address(request: HttpRequest, link: SharedLink) -> str:
    """What to give to the platform, with a place for each parameter as Prolific writes it."""
    path = request.build_absolute_uri(shared_link_path(link))
    names = link.platform.parameters
    if names != PLATFORMS["prolific"].parameters:
        return path
    return path + "?" + "&".join(f"{name}={{{{%{name}%}}}}" for name in names)
