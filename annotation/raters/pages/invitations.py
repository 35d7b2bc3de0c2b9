"""The owner's page for inviting raters: personal links, also by name, and one shared link."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workbench.accounts.models import User
from workbench.accounts.signed_in import signed_in
from workbench.core.downloads import csv_download
from workbench.core.errors import MintError

from ...models import Rater, RaterIdentity, SharedLink, Study
from ...studies.pages.fields import NumberField, TextField
from ...studies.selectors import find_study, raters_of
from ..access import rater_link
from ..history import people_for
from ..inbox import new_reports
from ..invitations import (
    MOST_RATERS,
    close_shared_link,
    invite_people,
    open_shared_link,
    rotate_shared_link,
    shared_link_path,
)
from ..people import parse_people, read_people
from ..services import CREATED_AT_ONCE, create_raters, record_download

#: Of a file of people: the most that can be invited at once are far fewer.
_MOST_BYTES = 2**20
_COLUMNS = ("code", "link", "name", "email", "status", "ratings")


class CountForm(forms.Form):
    """Links that the owner hands out."""

    count = NumberField(
        label=gettext_lazy("How many raters"),
        initial=5,
        min_value=1,
        max_value=CREATED_AT_ONCE,
    )

    def invite(self, study: Study, actor: User) -> list[Rater]:
        return create_raters(study=study, count=self.cleaned_data["count"], actor=actor)


class PeopleForm(forms.Form):
    """Links for people by name."""

    people = TextField(
        label=gettext_lazy("Names and e-mail addresses"),
        rows=6,
        required=False,
        help_text=gettext_lazy(
            "One person per line: Ann Lee <ann@lab.org>, or just a name or an address; or rows "
            "copied from a spreadsheet with their header. They are stored apart from the ratings "
            "and never exported with them."
        ),
    )

    file = forms.FileField(
        label=gettext_lazy("Or a table of them"),
        required=False,
        help_text=gettext_lazy(
            "CSV, TSV or JSONL with a column for names, for e-mail addresses, or both; other "
            "columns are ignored."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,.json"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if bool(cleaned.get("people")) == bool(cleaned.get("file")):
            self.add_error("people", _("Write a list, or choose a file."))
        elif cleaned.get("file") and cleaned["file"].size > _MOST_BYTES:
            self.add_error("file", _("The file is too large for a list of people."))
        return cleaned

    def invite(self, study: Study, actor: User) -> list[Rater]:
        file = self.cleaned_data["file"]
        people = (
            read_people(file.read(), file.name)
            if file
            else parse_people(self.cleaned_data["people"])
        )
        return invite_people(study=study, people=people, actor=actor)


class QuotaForm(forms.Form):
    """For how many the shared link is."""

    quota = NumberField(
        label=gettext_lazy("For how many raters"),
        initial=100,
        min_value=1,
        max_value=MOST_RATERS,
    )


#: What a form of the page is sent as.
_FORMS: dict[str, type[CountForm] | type[PeopleForm]] = {"count": CountForm, "people": PeopleForm}


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    sent = next((name for name in _FORMS if name in request.POST), "")
    bound: dict[str, Any] = {}
    if sent:
        form = bound[sent] = _FORMS[sent](request.POST, request.FILES)
        if form.is_valid() and _invited(request, study, form):
            return redirect("study-invite", study.slug)
    return _page(request, study, bound)


@login_required
@require_POST
def shared_link(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens the shared link for so many, closes it, or gives it a new address."""
    study = find_study(request.user, slug, "annotation.change_study")
    actor, wish = signed_in(request), request.POST.get("wish")
    if wish == "close":
        close_shared_link(study=study, actor=actor)
        said = _("The shared link is closed.")
    elif wish == "rotate":
        rotate_shared_link(study=study, actor=actor)
        said = _("The shared link has a new address.")
    else:
        form = QuotaForm(request.POST)
        if not form.is_valid():
            return _page(request, study, {"quota": form})
        try:
            open_shared_link(study=study, quota=form.cleaned_data["quota"], actor=actor)
        except MintError as error:
            form.add_error("quota", error.message)
            return _page(request, study, {"quota": form})
        said = _("The shared link is open.")
    messages.success(request, said)
    return redirect("study-invite", study.slug)


@login_required
@require_safe
def invitation_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every personal link, for the owner, with the person it is for, as a mail merge reads it."""
    study = find_study(request.user, slug, "annotation.change_study")
    people = people_for(signed_in(request), study)
    record_download(study=study, actor=signed_in(request), what="links", names=bool(people))
    raters = raters_of(study).filter(erased_at=None, source="")
    rows = (_cells(request, rater, people.get(rater.pk)) for rater in raters.iterator())
    return csv_download(request, f"{study.slug}-invitations", _COLUMNS, rows)


def _cells(request: HttpRequest, rater: Rater, person: RaterIdentity | None) -> list[Any]:
    link = request.build_absolute_uri(rater_link(rater))
    known = (person.name, person.email) if person else ("", "")
    return [rater.code, link, *known, rater.status, rater.ratings]  # type: ignore[attr-defined] # annotated


def _invited(request: HttpRequest, study: Study, form: CountForm | PeopleForm) -> bool:
    """Whether the links were made, which the next page shows; if not, the form says why."""
    try:
        made = form.invite(study, signed_in(request))
    except MintError as error:
        form.add_error(next(iter(form.fields)), error.message)
        return False
    request.session[_made_key(study)] = [rater.pk for rater in made]
    return True


def _made_key(study: Study) -> str:
    return f"links-made-{study.pk}"


def _just_made(request: HttpRequest, study: Study) -> list[dict[str, str]]:
    """The links that the page before this one made, each with whose it is."""
    keys = request.session.pop(_made_key(study), [])
    people = people_for(signed_in(request), study) if keys else {}
    return [
        {
            "code": rater.code,
            "name": str(people.get(rater.pk, "")),
            "link": request.build_absolute_uri(rater_link(rater)),
        }
        for rater in Rater.objects.filter(study=study, pk__in=keys).order_by("pk")
    ]


def _page(request: HttpRequest, study: Study, bound: dict[str, Any]) -> HttpResponse:
    link = SharedLink.objects.filter(study=study).first()
    quota = {"quota": link.quota} if link else None
    made = _just_made(request, study)
    context = {
        "study": study,
        "tab": "raters",
        "part": "invite",
        "made": made,
        "made_text": "\n".join("\t".join(filter(None, item.values())) for item in made),
        "new_reports": new_reports(study),
        "count_form": bound.get("count") or CountForm(),
        "people_form": bound.get("people") or PeopleForm(),
        "quota_form": bound.get("quota") or QuotaForm(initial=quota),
        "link": link,
        "address": request.build_absolute_uri(shared_link_path(link)) if link else "",
    }
    return render(request, "annotation/invite.html", context)
