"""Fields of our own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import models

from ..protocol.spelling import form_sha256

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class FormHashField(_CharField):
    """The SHA-256 of the normal form of the field `of` the same row: what the text is compared by.

    Computed whenever a row is written (`bulk_create` included), so that none is without it.
    """

    def __init__(self, *args: Any, of: str, form: Callable[[str], str], **kwargs: Any) -> None:
        self.of, self.form = of, form
        super().__init__(*args, **{**kwargs, "max_length": 64, "editable": False})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["editable"]
        return name, path, list(args), {**kwargs, "of": self.of, "form": self.form}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = form_sha256(self.form(getattr(model_instance, self.of)))
        setattr(model_instance, self.attname, value)
        return value
