"""The forms in which others state such databases, one file each, found by name in `FORMS`. Pure.

`files_of` makes all that a release has what they need for.
"""

from . import aigciqa2023, pyiqa, sureal, label_studio, chat, datasheet  # isort: skip
from . import datacite, ro_crate  # isort: skip -- last: they say what there is
from .base import FOLDER, FORMS, Form
from .making import files_of
from .tables import Tables

__all__ = [
    "FOLDER",
    "FORMS",
    "Form",
    "Tables",
    "aigciqa2023",
    "chat",
    "datacite",
    "datasheet",
    "files_of",
    "label_studio",
    "pyiqa",
    "ro_crate",
    "sureal",
]
