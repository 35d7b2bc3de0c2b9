"""A form's field for a table, or for the several files that are one database."""

import tempfile
import zipfile
from typing import Any

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext as _

#: Of one database; more come as a ZIP.
_MOST = 100
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
    return File(target, name=f"{names[0]}+{len(names) - 1}.zip")
