"""The study's texts in another language, side by side."""

import hashlib
from itertools import chain
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, get_language_info, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workbench.accounts.signed_in import signed_in

from ...models import Study
from ...protocol.translations import TEXT_LIMIT
from ..protocols import outlook_of
from ..selectors import find_study
from ..services import StudyError, update_study
from ..texts import localized, texts_of
from .fields import TextField

_CODES = [code for code, _name in settings.LANGUAGES]
#: Longer texts are written in paragraphs.
_LINE = 120


class TranslationForm(forms.Form):
    """A field for each text, named after it, so that one that changes meanwhile is left alone."""

    def __init__(self, data: Any, *, study: Study, language: str) -> None:
        super().__init__(data)
        self._groups = texts_of(study)
        own = study.translations.get(language, {})
        for text in chain.from_iterable(self._groups.values()):
            self.fields[_name(text)] = _field(text, own.get(text, ""), language)

    def groups(self) -> dict[str, list[tuple[str, forms.BoundField]]]:
        """What the texts belong to → each text with its field."""
        return {
            what: [(text, self[_name(text)]) for text in texts]
            for what, texts in self._groups.items()
        }

    def translations(self) -> dict[str, str]:
        texts = chain.from_iterable(self._groups.values())
        return {text: self.cleaned_data[_name(text)] for text in texts}


def _name(text: str) -> str:
    return f"t{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _field(text: str, own: str, language: str) -> forms.CharField:
    with override(language):
        known = localized(text)
    options: dict[str, Any] = {
        "required": False,
        "initial": own,
        "max_length": TEXT_LIMIT,
        "label": text[:_LINE],
    }
    long = len(text) > _LINE or "\n" in text
    field = TextField(rows=10, **options) if long else forms.CharField(**options)
    field.widget.attrs |= {"lang": language, "placeholder": known, "dir": "auto"}
    return field


@login_required
@require_http_methods(["GET", "POST"])
def study_translations(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    asked = request.GET.get("language", "")
    others = [code for code in _CODES if code != get_language()]
    language = asked if asked in _CODES else others[0]
    form = TranslationForm(request.POST or None, study=study, language=language)
    context: dict[str, Any] = {
        "study": study,
        "tab": "settings",
        "part": "translations",
        "form": form,
        "outlook": outlook_of(study),
        "language": get_language_info(language),
        "languages": [get_language_info(code) for code in _CODES],
    }
    if request.method == "POST" and form.is_valid():
        changes = {"translations": {**study.translations, language: form.translations()}}
        try:
            update_study(study=study, actor=signed_in(request), changes=changes)
        except StudyError as error:
            context["problem"] = error.message
        else:
            messages.success(request, _("Saved."))
            where = reverse("study-translations", args=[study.slug])
            return redirect(f"{where}?language={language}")
    return render(request, "annotation/study_translations.html", context)
