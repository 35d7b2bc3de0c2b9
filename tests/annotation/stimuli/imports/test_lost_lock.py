"""An import whose connection ends in its midst: by a restart of PostgreSQL, or because its worker
stood still and its job was handed on."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connection

from annotation.models import Stimulus, Study
from annotation.stimuli.imports.service import import_manifest
from tests.annotation.stimuli.files import encoded, quadrants, row, stored, write_manifest

pytestmark = pytest.mark.django_db(transaction=True)


class LateImport:
    """Stands still with its rows and files written and nothing committed; loses its connection."""

    def __init__(self, study: Study, manifest: Path) -> None:
        self._study, self._manifest = study, manifest
        self._still, self._goes_on = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._backend = 0
        self._import = self._pool.submit(self._run)
        assert self._still.wait(30)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [self._backend])
            assert cursor.fetchone() == (True,)

    def finish(self) -> None:
        self._goes_on.set()
        with self._pool, pytest.raises(OperationalError):
            self._import.result()

    def _run(self) -> None:
        try:
            import_manifest(
                study=self._study, manifest=self._manifest, before_commit=self._stand_still
            )
        finally:
            connection.close()

    def _stand_still(self) -> None:
        self._backend = connection.connection.info.backend_pid
        self._still.set()
        assert self._goes_on.wait(30)


def files_of_rows() -> list[str]:
    rows = Stimulus.objects.values_list("image", "display", "thumbnail")
    return [name for names in rows for name in names]


def test_an_import_that_lost_its_lock_leaves_the_files_of_the_next_one(
    study: Study, folder: Path, media: Path
) -> None:
    late = LateImport(study, folder / "manifest.csv")
    assert import_manifest(study=study, manifest=folder / "manifest.csv").imported == 4
    late.finish()
    names = files_of_rows()
    assert len(names) == 12
    assert [name for name in names if not default_storage.exists(name)] == []


def test_with_nobody_else_at_work_it_deletes_what_it_wrote(
    study: Study, folder: Path, media: Path
) -> None:
    assert import_manifest(study=study, manifest=folder / "manifest.csv").imported == 4
    before = stored(media)
    (folder / "other.png").write_bytes(encoded(quadrants(), "PNG"))
    other = write_manifest(folder / "other.csv", [row(0) | {"filename": "other.png"}])
    late = LateImport(study, other)
    assert len(stored(media)) > len(before)
    late.finish()
    assert stored(media) == before
