"""What an import notes about single rows once they are checked."""

from collections.abc import Iterator

from workbench.core.texts import gettext_noop

from ..importing.problems import RowNote
from .checks import Findings


def absent_images(findings: Findings) -> Iterator[RowNote]:
    for item in findings.good:
        if item.without_image:
            yield RowNote(
                item.row.row,
                item.row.line,
                item.row.filename,
                gettext_noop('image "%(filename)s" is missing'),
                gettext_noop("its labels are kept; import the image later under the same name"),
                {"filename": item.row.filename},
            )


def restored_files(findings: Findings) -> Iterator[RowNote]:
    for item in findings.good:
        if item.restores:
            yield RowNote(
                item.row.row,
                item.row.line,
                item.row.filename,
                gettext_noop('the file of "%(filename)s" was lost or damaged'),
                gettext_noop("it was written again; have the model predict the image again"),
                {"filename": item.row.filename},
            )
