"""What the database does not take of one row is that row's named error, and the good rows go in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, connection

from annotation.models import Stimulus, Study
from annotation.stimuli.imports import refusals, service
from annotation.stimuli.imports.checks import CheckedRow
from annotation.stimuli.imports.rows import write_rows
from annotation.stimuli.imports.service import import_manifest
from tests.annotation.stimuli.files import (
    picture,
    row,
    stored,
    write_manifest,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    return tmp_path


@pytest.mark.parametrize(
    "fault",
    [
        DataError("value too long for type character varying(300)\nDETAIL: …"),
        IntegrityError("duplicate key value violates unique constraint"),
        ValueError("A string literal cannot contain NUL (0x00) characters."),
        OverflowError("int too large"),
    ],
)
@pytest.mark.parametrize("partial", [True, False])
def test_a_row_that_the_database_does_not_take_is_its_own_error(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, partial: bool
) -> None:
    def refusing(*, rows: Sequence[CheckedRow], **options: Any) -> tuple[int, int]:
        counts = write_rows(rows=rows, **options)
        if any(item.row.filename == "1.png" for item in rows):
            raise fault
        return counts

    monkeypatch.setattr(service, "write_rows", refusing)
    manifest = write_manifest(folder / "m.csv", [row(number) for number in range(3)])
    report = import_manifest(study=study, manifest=manifest, partial=partial)
    assert [(error.row, error.line) for error in report.rejected] == [(2, 3)]
    assert "the database does not take the row (" in report.rejected[0].message
    assert (report.imported, report.done) == ((2, True) if partial else (0, False))
    names = set(Stimulus.objects.values_list("filename", flat=True))
    assert names == ({"0.png", "2.png"} if partial else set())
    kept = {name for stimulus in Stimulus.objects.all() for name in files_of(stimulus)}
    assert kept == set(stored(Path(settings.MEDIA_ROOT)))


def files_of(stimulus: Stimulus) -> list[str]:
    files = (stimulus.image, stimulus.display, stimulus.exact, stimulus.thumbnail)
    return [str(file) for file in files if file]


def test_a_real_constraint_names_its_row(study: Study, folder: Path) -> None:
    """A rule of the database that no check knows of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE annotation_stimulus ADD CONSTRAINT odd CHECK (metadata ->> 'a' <> 'bad')"
        )
    rows = [row(0, a="x"), row(1, a="bad"), row(2, a="y")]
    manifest = write_manifest(folder / "m.csv", rows)
    report = import_manifest(study=study, manifest=manifest, partial=True)
    assert report.imported == 2
    assert [error.filename for error in report.rejected] == ["1.png"]
    assert 'violates check constraint "odd"' in report.rejected[0].message


def test_a_fault_that_is_no_rows_is_not_blamed_on_one(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = write_manifest(folder / "m.csv", [row(number) for number in range(3)])
    for fault in (OperationalError("the connection is gone"), IntegrityError("only together")):

        def refusing(*, rows: Sequence[CheckedRow], fault: Any = fault, **options: Any) -> Any:
            if len(rows) == 3 or isinstance(fault, OperationalError):
                raise fault
            return write_rows(rows=rows, **options)

        monkeypatch.setattr(service, "write_rows", refusing)
        with pytest.raises(type(fault), match=str(fault)):
            import_manifest(study=study, manifest=manifest, partial=True)
    assert not Stimulus.objects.exists()


def test_what_the_database_refuses_of_every_row_ends_the_import(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_MOST", 2)

    def refusing(**options: Any) -> Any:
        raise DataError("never")

    monkeypatch.setattr(service, "write_rows", refusing)
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    manifest = write_manifest(tmp_path / "m.csv", [row(number) for number in range(4)])
    with pytest.raises(DataError, match="never"):
        import_manifest(study=study, manifest=manifest, partial=True)
    assert stored(Path(settings.MEDIA_ROOT)) == []
