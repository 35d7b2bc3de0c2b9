"""Files of images that nothing else needs."""

from collections.abc import Iterable
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection

from ..models import Stimulus, Study
from ..models.stimulus import FILES

# Files are named by their content, so that several images, and duplicated studies, may share one.
_NAMES = ", ".join(f"(stimulus.{name})" for name in FILES)
_ONLY_OF = f"""
SELECT file.name FROM annotation_stimulus AS stimulus, LATERAL (VALUES {_NAMES}) AS file (name)
WHERE stimulus.{{column}} = %(key)s AND file.name <> ''
EXCEPT
SELECT file.name FROM annotation_stimulus AS stimulus, LATERAL (VALUES {_NAMES}) AS file (name)
WHERE stimulus.{{column}} <> %(key)s
"""  # noqa: S608 -- names of columns


def files_only_of_image(stimulus: Stimulus) -> list[str]:
    """Names of the image's files that no other image has, of any study."""
    return _only_of("id", stimulus.pk)


def files_only_of_study(study: Study) -> list[str]:
    """Names of the study's files that no image of another study has."""
    return _only_of("study_id", study.pk)


def delete_files(names: Iterable[str]) -> None:
    """Deletes images' files; one that is not there is fine."""
    for name in names:
        default_storage.delete(name)


def _only_of(column: str, key: int) -> list[str]:
    parameters: dict[str, Any] = {"key": key}
    with connection.cursor() as cursor:
        cursor.execute(_ONLY_OF.format(column=column), parameters)
        return sorted(name for (name,) in cursor.fetchall())
