"""Form fields that the console's pages share: shares as percent, texts, lists of lines."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..texts import localized


class UnitMixin:
    """A field whose input is followed by its unit."""

    unit: Any = ""


class NumberField(UnitMixin, forms.IntegerField):
    """A whole number of something."""

    def __init__(self, *, unit: Any = "", **options: Any) -> None:
        super().__init__(**options)
        self.unit = unit


class DecimalField(UnitMixin, forms.FloatField):
    """An amount of something."""

    def __init__(self, *, unit: Any = "", **options: Any) -> None:
        super().__init__(**options)
        self.unit = unit

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "step": "any", "inputmode": "decimal"}


class PercentField(UnitMixin, forms.FloatField):
    """A share of 0…1, which people read and write as percent; limits are shares too."""

    unit = "%"

    def __init__(self, *, min_value: float = 0.0, max_value: float = 1.0, **options: Any) -> None:
        super().__init__(min_value=_percent(min_value), max_value=_percent(max_value), **options)

    def prepare_value(self, value: Any) -> Any:
        return _percent(value) if isinstance(value, int | float) else value

    def clean(self, value: Any) -> Any:
        # Limits are checked on what was typed, so that the messages are in percent too.
        percent = super().clean(value)
        return None if percent is None else round(percent / 100, 6)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "step": "any", "inputmode": "decimal"}


class TextField(forms.CharField):
    """Several lines. Browsers send CRLF; what is stored, compared and translated has LF."""

    def __init__(self, *, rows: int = 4, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **options)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class StudyTextField(TextField):
    """A text that raters read in their own language as long as it is one of the `defaults`.

    The owner reads it in theirs, and a default that they leave alone stays one.
    """

    def __init__(self, *defaults: str, **options: Any) -> None:
        super().__init__(
            initial=defaults[0],
            help_text=_(
                "Raters see the standard text in their own language, and your own text as you "
                "write it."
            ),
            **options,
        )
        self.defaults = defaults

    def prepare_value(self, value: Any) -> Any:
        return localized(value) if value in self.defaults else value

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return next((item for item in self.defaults if text == localized(item)), text)


class LinesField(TextField):
    """One item per line; empty lines are ignored."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else "\n".join(value)

    def clean(self, value: Any) -> Any:
        # A disabled field is cleaned with its initial value, which is in items already.
        text = value if isinstance(value, str) or value is None else "\n".join(value)
        return _lines(super().clean(text))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return tuple(initial or ()) != _lines(self.to_python(data))


def stored(shown: str, before: str) -> str:
    """What to keep: the stored text if its translation was left alone."""
    return before if shown == localized(before) else shown


def stored_lines(shown: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    known = {localized(line): line for line in before}
    return tuple(known.get(line, line) for line in shown)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for part in text.split("\n") if (line := part.strip()))


def _percent(share: float) -> float | int:
    percent = round(share * 100, 4)
    return int(percent) if percent == int(percent) else percent
