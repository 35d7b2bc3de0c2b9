"""Fields of a form that take several files as one: the tables of one database, or images."""

import tempfile
import zipfile
from typing import Any

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext as _

from ..importing.folder import IMAGES, OTHER_IMAGES

#: Of one database; more come as a ZIP.
_MOST = 100
#: Of files that are chosen as images: they, what is named as no such image, and what stands next to
#: images.
PICKED_KINDS = (
    *sorted(IMAGES | OTHER_IMAGES),
    *(".txt", ".json", ".jsonl", ".csv", ".tsv", ".parquet"),
)
#: Tables that may have their images with them.
WITH_IMAGES = (".zip", ".parquet", ".arrow")


class TablesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class TablesField(forms.FileField):
    """Its value is one file: that which was sent, or a ZIP of those that were."""

    widget = TablesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Raises ValidationError."""
        files = data if isinstance(data, list | tuple) else [data]
        cleaned = [super(TablesField, self).clean(file, initial) for file in files or [None]]
        return cleaned[0] if len(cleaned) == 1 else _packed(cleaned)


class ImagesField(TablesField):
    """Its value is a ZIP: that which was sent, or one of the pictures that were."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Raises ValidationError."""
        found = super().clean(data, initial)
        alone = found and not found.name.lower().endswith(".zip")
        return _packed([found]) if alone else found


def _packed(files: list[Any]) -> "File[bytes]":
    names = [file.name for file in files]
    if len(files) > _MOST:
        raise forms.ValidationError(_("These are too many files; pack them into a ZIP."))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise forms.ValidationError(_("Two files are called “%(name)s”.") % {"name": twice})
    target = tempfile.TemporaryFile()  # noqa: SIM115 -- Django closes it when it is stored
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            with archive.open(file.name, "w", force_zip64=True) as member:
                for chunk in file.chunks():
                    member.write(chunk)
    target.seek(0)
    further = f"+{len(names) - 1}" if len(names) > 1 else ""
    return File(target, name=f"{names[0]}{further}.zip")
