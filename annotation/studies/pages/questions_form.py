"""The forms of a study's questions: its perspectives with their scales, and the explanations.

The standard words are shown, and known again, in the owner's language: left alone they stay the
standard ones, which each rater reads in theirs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...models import Study
from ...protocol.forms import ExplanationForm, FormField, FormText
from ..texts import localized
from .fields import LinesField, NumberField, stored, stored_lines
from .perspectives_form import perspective_forms


class ReasonForm(forms.Form):
    """One closed question of the explanations, and the free text that it may lead to."""

    key = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    label = forms.CharField(label=_("Name"), max_length=60)
    perspective = forms.ChoiceField(label=_("About"))
    phrases = LinesField(label=_("Phrases"), rows=4, help_text=_("One per line, worst first."))
    text = forms.CharField(
        label=_("Free text"),
        required=False,
        max_length=120,
        help_text=_("The question to ask; leave empty for none."),
    )
    at_most = NumberField(
        label=_("Ask up to phrase"),
        min_value=1,
        initial=2,
        help_text=_("Counted from the worst: 2 asks after either of the two worst."),
    )
    regions = forms.BooleanField(
        label=_("Mark where"),
        required=False,
        help_text=_("Raters may draw boxes and brush strokes on the image."),
    )
    words = forms.BooleanField(
        label=_("Mark words"),
        required=False,
        help_text=_("Raters may mark words of the prompt that the image does not match."),
    )

    def __init__(self, *args: Any, names: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        # The empty form's choice is its first, which is no change.
        self.fields["perspective"] = forms.ChoiceField(
            label=_("About"), choices=list(names.items()), initial=next(iter(names))
        )

    def clean_phrases(self) -> tuple[str, ...]:
        phrases: tuple[str, ...] = self.cleaned_data["phrases"]
        if len(phrases) < 2:
            raise ValidationError(gettext("Give at least two phrases to choose from."))
        return phrases

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        marked = cleaned.get("regions") or cleaned.get("words")
        if marked and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", gettext("Marks go with a free text: enter its question."))
        return cleaned


#: All closed questions, with one empty form to add another.
_ReasonFormSet = forms.formset_factory(ReasonForm, extra=1, can_delete=True)


class QuestionsForm:
    """The page's forms together. `fixed` and `answered`: there are ratings, or explanations."""

    def __init__(self, data: Any, *, study: Study, fixed: bool, answered: bool) -> None:
        items = study.perspective_settings
        self._form = study.form
        self.perspectives = perspective_forms(data, items=items, fixed=fixed)
        #: Whether the explanations fit this page; the API can make others.
        self.editable = _fits(self._form)
        names = {item.key: localized(item.label) for item in items}
        self.reasons = _ReasonFormSet(
            data,
            prefix="reasons",
            initial=[_initial(self._form, field) for field in self._form.fields],
            form_kwargs={"names": names},
        )
        for form in self.reasons.initial_forms:
            for name in ("perspective", "phrases", "DELETE"):
                form.fields[name].disabled = answered

    def is_valid(self) -> bool:
        # Every form is checked, so that all errors show at once.
        valid = [self.perspectives.is_valid()]
        if self.editable:
            valid.append(self.reasons.is_valid())
        return all(valid)

    def settings(self) -> dict[str, Any]:
        """The study's settings; what explained a perspective goes with it."""
        items = [form.settings() for form in self.perspectives.ordered_forms]
        form = self._explanations() if self.editable else self._form
        return {
            "perspectives": [item.to_json() for item in items],
            "explanation_form": form.about([item.key for item in items]).to_json(),
        }

    def _explanations(self) -> ExplanationForm:
        known = {field.key: field for field in self._form.fields}
        asked = {text.field: text.label for text in self._form.texts}
        fields: list[FormField] = []
        texts: list[FormText] = []
        for form in self.reasons:
            if form in self.reasons.deleted_forms or not form.cleaned_data.get("label"):
                continue
            data = form.cleaned_data
            perspective = data["perspective"]
            old = known.get(data["key"])
            label = stored(data["label"], old.label if old else "")
            phrases = stored_lines(data["phrases"], old.phrases if old else ())
            key = old.key if old else _new_key(perspective, label, {*known, *_keys(fields)})
            # Sentences belong to the phrases that they were written for.
            clauses = old.clauses if old and old.phrases == phrases else ()
            fields.append(FormField(key, perspective, label, phrases, clauses))
            if data["text"]:
                text = stored(data["text"], asked.get(key, ""))
                at_most = min(data["at_most"], len(phrases))
                marks = data["regions"], data["words"]
                texts.append(FormText(perspective, text, key, at_most, *marks))
        return ExplanationForm(tuple(fields), tuple(texts))


def _fits(form: ExplanationForm) -> bool:
    """Whether each field has at most one free text, and about its own perspective."""
    perspectives = {field.key: field.perspective for field in form.fields}
    asked = [text.field for text in form.texts]
    return len(set(asked)) == len(asked) and all(
        perspectives[text.field] == text.perspective for text in form.texts
    )


def _initial(form: ExplanationForm, field: FormField) -> dict[str, Any]:
    text = next((text for text in form.texts if text.field == field.key), None)
    return {
        "key": field.key,
        "label": localized(field.label),
        "perspective": field.perspective,
        "phrases": tuple(localized(phrase) for phrase in field.phrases),
        "text": localized(text.label) if text else "",
        "at_most": text.at_most if text else 2,
        "regions": text is not None and text.regions,
        "words": text is not None and text.words,
    }


def _keys(fields: Iterable[FormField]) -> list[str]:
    return [field.key for field in fields]


def _new_key(perspective: str, label: str, taken: set[str]) -> str:
    """A key that no field has or had, after the label if that has Latin letters."""
    base = f"{perspective}_{slugify(label).replace('-', '_') or 'reason'}"
    number, key = 1, base
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key
