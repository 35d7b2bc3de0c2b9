"""The form of a study's perspectives: what is asked, in which order, each on its own scale.

The standard words are shown, and known again, in the owner's language: left alone they stay the
standard ones, which each rater reads in theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...protocol.errors import ProtocolError
from ...protocol.perspectives import KEY_LENGTH, PerspectiveSettings
from ...protocol.scales import MOST_NAMED, SCALES, Scale
from ..texts import localized
from .fields import LinesField, TextField, stored, stored_lines
from .protocol_cards import SCALE_LABELS


class PerspectiveForm(forms.Form):
    """How one perspective is asked for; the last of the page's forms adds another."""

    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=KEY_LENGTH,
        help_text=_(
            "Its name in manifests and exports: lower-case letters, digits and “_”. If you leave "
            "it empty, it is made from the name. It cannot change later."
        ),
    )
    label = forms.CharField(label=_("Name"), max_length=60)
    question = TextField(label=_("Question"), max_length=300, rows=3)
    help = TextField(
        label=_("Help"),
        max_length=500,
        rows=3,
        required=False,
        help_text=_("What is meant; shown to raters who ask for help."),
    )
    scale = forms.ChoiceField(label=_("Scale"))
    labels = LinesField(
        label=_("Words of the scale"),
        required=False,
        rows=5,
        help_text=_(
            "One per line, worst first; or none. A scale of five levels needs a word for each; "
            "eleven levels or a slider take 2 to 7."
        ),
    )

    def __init__(
        self, *args: Any, known: Mapping[str, PerspectiveSettings], fixed: bool, **options: Any
    ) -> None:
        """known: the study's perspectives by key. fixed: whether there are ratings."""
        super().__init__(*args, **options)
        self._known = known
        #: What the study has now; None in the form that adds another.
        self.item = None if self.empty_permitted else known.get(self._key())
        old = self.item.scale if self.item else next(iter(known.values())).scale
        # A scale set through the API is not among ours; it can be kept.
        self._scales = {**SCALES, old.kind: old}
        choices = [(kind, SCALE_LABELS.get(kind, kind)) for kind in self._scales]
        self.fields["scale"] = forms.ChoiceField(
            label=_("Scale"), choices=choices, initial=old.kind
        )
        self.fields["labels"].initial = tuple(localized(label) for label in old.labels)
        self._old = old
        if self.item:
            self.fields["key"].widget = forms.HiddenInput()
        for name in ("scale", "labels"):
            self.fields[name].disabled = fixed

    def _key(self) -> str:
        return str(self["key"].value() or "")

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if self.item is None and key in self._known:
            raise ValidationError(gettext("The study already has a perspective with this key."))
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"scale", "labels"} <= cleaned.keys():
            try:
                cleaned["scale"] = self._scale(cleaned["scale"], cleaned["labels"])
            except ProtocolError:
                self.add_error("labels", _words_fit(self._scales[cleaned["scale"]]))
        if not self.errors:
            self._check_key(cleaned)
        return cleaned

    def _check_key(self, cleaned: dict[str, Any]) -> None:
        cleaned["key"] = cleaned["key"] or _new_key(cleaned["label"], self._known)
        try:
            self.settings()
        except ProtocolError:
            self.add_error(
                "key",
                gettext("Use lower-case letters, digits and “_”, and start with a letter."),
            )

    def settings(self) -> PerspectiveSettings:
        data, item = self.cleaned_data, self.item
        label, question, help_ = (item.label, item.question, item.help) if item else ("",) * 3
        return PerspectiveSettings(
            data["key"],
            stored(data["label"], label),
            stored(data["question"], question),
            data["scale"],
            stored(data["help"], help_),
        )

    def _scale(self, kind: str, labels: tuple[str, ...]) -> Scale:
        old, new = self._old, self._scales[kind]
        names = stored_lines(labels, old.labels)
        if kind != old.kind and names == old.labels:
            # Names that were left unchanged belong to the previous scale.
            return new
        return replace(new, labels=names)


def perspective_forms(
    data: Any, *, items: Sequence[PerspectiveSettings], fixed: bool
) -> "forms.BaseFormSet[PerspectiveForm]":
    """All perspectives, with one empty form to add another. With ratings they are `fixed`: only
    their words can change."""
    form_set = forms.formset_factory(
        PerspectiveForm,
        extra=0 if fixed else 1,
        can_order=True,
        can_delete=True,
        min_num=1,
        validate_min=True,
    )
    made = form_set(
        data,
        prefix="perspectives",
        initial=[_initial(item) for item in items],
        form_kwargs={"known": {item.key: item for item in items}, "fixed": fixed},
        error_messages={"too_few_forms": gettext("A study needs at least one perspective.")},
    )
    for form in made.forms:
        form.fields["ORDER"].label = gettext("Position")
        for name in ("ORDER", "DELETE"):
            form.fields[name].disabled = fixed
    return made


def _initial(item: PerspectiveSettings) -> dict[str, Any]:
    return {
        "key": item.key,
        "label": localized(item.label),
        "question": localized(item.question),
        "help": localized(item.help),
    }


def _words_fit(scale: Scale) -> str:
    """How many words the scale takes."""
    if scale.levels > MOST_NAMED:
        return gettext("Give 2 to %(most)d words along the scale, or none.") % {"most": MOST_NAMED}
    message = gettext("The scale has %(levels)d levels: name all of them, or none.")
    return message % {"levels": scale.levels}


def _new_key(label: str, taken: Mapping[str, object]) -> str:
    """A key that no perspective has, after the label if that begins with a Latin letter."""
    base = slugify(label).replace("-", "_")[: KEY_LENGTH - 3]
    base = base if base[:1].isalpha() else "perspective"
    number, key = 1, base
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key
