"""The page of a study's dataset releases: the list with progress, and the dialogue for another."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.jobs.heartbeats import queue_state

from ...models import DatasetRelease, Study
from ...studies.pages.fields import LinesField, TextField
from ...studies.selectors import find_study
from .asking import (
    TEXT_LIMIT,
    TITLE_LIMIT,
    ask_for_dataset,
    cancel_dataset,
    described,
    named_releases,
)
from .errors import DatasetError
from .rai import ASKED

#: Of SPDX's list, those that databases of images often have.
LICENCES = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC0-1.0", "ODC-By-1.0")
#: Before the key of a question.
_ANSWER = "answer_"


class DatasetForm(forms.Form):
    """What the owner says of a new dataset release, beginning with what they said of the last."""

    release = forms.TypedChoiceField(label=gettext_lazy("Opinion scores"), coerce=int)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=TITLE_LIMIT)
    creators = LinesField(
        label=gettext_lazy("Creators"),
        rows=3,
        help_text=gettext_lazy("One per line: “Family, Given”, or the name of a group."),
    )
    licence = forms.CharField(
        label=gettext_lazy("Licence"),
        max_length=TITLE_LIMIT,
        widget=forms.TextInput(attrs={"list": "licences"}),
        help_text=gettext_lazy(
            "An identifier of SPDX’s list, such as CC-BY-4.0, or the address of your own."
        ),
    )
    description = TextField(
        label=gettext_lazy("Description"), rows=3, max_length=TEXT_LIMIT, required=False
    )
    setting = forms.CharField(
        label=gettext_lazy("Where people rated"),
        max_length=TITLE_LIMIT,
        required=False,
        help_text=gettext_lazy("Such as: in a laboratory, by a crowd on their own screens."),
    )
    pictures = forms.BooleanField(
        label=gettext_lazy("With the pictures"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "The files as they were imported, with what the generating tools wrote into them. "
            "Without them, the archive names each picture by its SHA-256."
        ),
    )

    def __init__(self, data: Any, study: Study, last: DatasetRelease | None) -> None:
        said: dict[str, Any] = last.described if last else {"title": study.title}
        answers = said.get("answers", {})
        initial = {**said, **{f"{_ANSWER}{key}": answers.get(key, "") for key in ASKED}}
        super().__init__(data, initial=initial)
        self.fields["release"].choices = [  # type: ignore[attr-defined] # a choice field
            (item.number, item.name) for item in named_releases(study).order_by("-number")
        ]
        for key, question in ASKED.items():
            self.fields[f"{_ANSWER}{key}"] = TextField(
                label=_(question), rows=2, max_length=TEXT_LIMIT, required=False
            )

    def main(self) -> Iterator[forms.BoundField]:
        return (field for field in self if not field.name.startswith(_ANSWER))

    def questions(self) -> Iterator[forms.BoundField]:
        return (field for field in self if field.name.startswith(_ANSWER))

    @property
    def given(self) -> dict[str, Any]:
        """As `asking.described` takes it."""
        answers = {key: self.cleaned_data[f"{_ANSWER}{key}"] for key in ASKED}
        return {**self.cleaned_data, "answers": answers}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The study's dataset releases; a POST asks for a new one."""
    needed = "change_study" if request.method == "POST" else "export_study"
    study = find_study(request.user, slug, f"annotation.{needed}")
    form = DatasetForm(request.POST or None, study, study.datasets.first())
    if request.method == "POST" and form.is_valid() and _asked(request, study, form):
        return redirect("study-datasets", slug=study.slug)
    return render(request, "annotation/datasets.html", _context(request, study, form))


@login_required
@require_POST
def dataset_cancel(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    job = get_object_or_404(study.datasets, number=number)
    try:
        cancel_dataset(job=job, actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    return redirect("study-datasets", slug=study.slug)


def _asked(request: HttpRequest, study: Study, form: DatasetForm) -> bool:
    """Whether it could be asked for; if not, the form says why."""
    given = form.given
    try:
        ask_for_dataset(
            study=study,
            actor=signed_in(request),
            number=given["release"],
            said=described(given),
            pictures=given["pictures"],
            address=request.build_absolute_uri(study.get_absolute_url()),
        )
    except DatasetError as error:
        form.add_error(None, error.message)
        return False
    return True


def _context(request: HttpRequest, study: Study, form: DatasetForm) -> dict[str, Any]:
    found = list(study.datasets.select_related("release", "actor", "study"))
    active = any(item.is_active for item in found)
    return {
        "study": study,
        "tab": "export",
        "form": form,
        "licences": LICENCES,
        "datasets": found,
        "watched": active,
        "queue": queue_state(settings.CELERY_TASK_DEFAULT_QUEUE) if active else None,
        "may_change": request.user.has_perm("annotation.change_study", study),
        "any_named": named_releases(study).exists(),
        "answered": any(form[f"{_ANSWER}{key}"].value() for key in ASKED),
    }
