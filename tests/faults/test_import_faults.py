"""Imports that are cut off: a full disk, a killed process, a database that fails at the end.

In every case: a message that names the fix, no row, no file, and the next import goes through.
"""

import errno
import hashlib
import io
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError
from psycopg.errors import DiskFull
from pytest_django.fixtures import Settings

from annotation.models import Prompt, Stimulus, Study
from annotation.stimuli.imports import service as importing
from annotation.stimuli.imports.places import Disk
from annotation.stimuli.imports.service import ImportRefusedError, import_manifest
from tests.annotation.stimuli.files import picture, row, stored, write_manifest

pytestmark = pytest.mark.django_db


@pytest.fixture
def media(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Path:
    folder = tmp_path_factory.mktemp("media")
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture
def manifest(tmp_path: Path, media: Path) -> Path:
    for number in range(6):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    return write_manifest(tmp_path / "manifest.csv", [row(number) for number in range(6)])


def _fill_the_disk_after(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    """From the given file on, half of it is written and then the disk is full."""
    whole = Disk.write
    left = iter(range(files))

    def write(self: Disk, name: str, data: bytes) -> None:
        if next(left, None) is not None:
            return whole(self, name, data)
        whole(self, name, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Disk, "write", write)


@pytest.mark.parametrize("files", [0, 1, 8])
def test_a_full_disk_is_named_and_leaves_nothing(
    study: Study, manifest: Path, media: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    with monkeypatch.context() as patch:
        _fill_the_disk_after(patch, files)
        with pytest.raises(ImportRefusedError, match=r"disk for images is full; nothing"):
            import_manifest(study=study, manifest=manifest)

    assert stored(media) == []
    assert not Stimulus.objects.exists()
    assert not Prompt.objects.exists()
    assert import_manifest(study=study, manifest=manifest).imported == 6


def test_the_command_says_so_too(
    study: Study, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill_the_disk_after(monkeypatch, 3)

    with pytest.raises(CommandError, match="to free space, then import again"):
        call_command("import_stimuli", study.slug, str(manifest), stderr=io.StringIO())


def test_files_that_a_study_already_has_survive_a_full_disk(
    study: Study, manifest: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_manifest(
        study=study, manifest=write_manifest(manifest.parent / "first.csv", [row(0), row(1)])
    )
    before = stored(media)
    # The same two images under another prompt share their files with the first two.
    rows = [row(0), row(1), *(row(n, prompt="another", filename=f"b{n}.png") for n in range(3))]
    for number in range(3):
        (manifest.parent / f"b{number}.png").write_bytes(picture(number))
    _fill_the_disk_after(monkeypatch, 1)

    with pytest.raises(ImportRefusedError):
        import_manifest(study=study, manifest=write_manifest(manifest, rows))

    assert stored(media) == before


def test_a_media_folder_that_cannot_be_written_is_named(
    study: Study, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Disk, "write", refuse)

    with pytest.raises(ImportRefusedError, match=r"cannot write images .*Permission denied"):
        import_manifest(study=study, manifest=manifest)


@pytest.mark.parametrize(
    ("cause", "expected", "message"),
    [
        (DiskFull("could not extend file"), ImportRefusedError, "database's disk is full"),
        (OSError("server closed the connection"), OperationalError, "lost"),
    ],
)
def test_a_database_that_fails_at_the_end_leaves_no_file(
    study: Study,
    manifest: Path,
    media: Path,
    monkeypatch: pytest.MonkeyPatch,
    cause: Exception,
    expected: type[Exception],
    message: str,
) -> None:
    def fail(**arguments: object) -> None:
        Prompt.objects.create(study=study, text="half of it", text_sha256="0")
        raise OperationalError("lost") from cause

    monkeypatch.setattr(importing, "write_rows", fail)

    with pytest.raises(expected, match=message):
        import_manifest(study=study, manifest=manifest)

    assert stored(media) == []
    assert not Prompt.objects.exists()


def test_an_interrupted_import_leaves_no_file(study: Study, manifest: Path, media: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_manifest(study=study, manifest=manifest, progress=interrupt)

    assert stored(media) == []
    assert import_manifest(study=study, manifest=manifest).imported == 6


def test_what_a_killed_import_left_is_swept_up_by_the_next(
    study: Study, manifest: Path, media: Path
) -> None:
    import_manifest(study=study, manifest=write_manifest(manifest.parent / "first.csv", [row(0)]))
    # As SIGKILL leaves it: the marker, a file of no row, and half a file under a right name.
    folder = media / "studies" / str(study.pk)
    (folder / "importing").write_bytes(b"")
    orphan = folder / "images" / "ff" / f"{'f' * 64}.png"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"of no row")
    digest = hashlib.sha256(picture(3)).hexdigest()
    half = folder / "images" / digest[:2] / f"{digest}.png"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")

    assert import_manifest(study=study, manifest=manifest).imported == 5

    assert not orphan.exists()
    assert len(stored(media)) == 6 * 3
    assert Stimulus.objects.get(filename="3.png").image.read() == picture(3)


def test_a_half_written_file_is_written_again(study: Study, manifest: Path, media: Path) -> None:
    import_manifest(study=study, manifest=manifest)
    stimulus = Stimulus.objects.get(filename="2.png")
    Path(stimulus.image.path).write_bytes(picture(2)[:10])
    stimulus.delete()

    import_manifest(study=study, manifest=manifest)

    name = str(Stimulus.objects.get(filename="2.png").image.name)
    assert default_storage.open(name).read() == picture(2)
