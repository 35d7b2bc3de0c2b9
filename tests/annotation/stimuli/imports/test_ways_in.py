"""Which way in a file or folder takes: as a table, by a mapping, or as images alone."""

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl.drawing.image import Image as Drawn

from annotation.models import ImportJob, Stimulus, Study
from annotation.stimuli.imports.jobs import run_import_job
from tests.annotation.stimuli.files import picture
from tests.conftest import Sent
from workbench.accounts.models import User


def _run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("import_stimuli", "demo", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def _described() -> list[tuple[str, ...]]:
    fields = ("filename", "prompt__text", "generator__name")
    return list(Stimulus.objects.values_list(*fields).order_by("filename"))


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_workbook_with_pictures_in_it_is_a_table(study: Study, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(1))
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["filename", "prompt", "generator"])
    book.active.append(["a.png", "a plum", "SDXL"])
    book.active.add_image(Drawn(tmp_path / "a.png"), "E2")
    book.save(tmp_path / "table.xlsx")
    with zipfile.ZipFile(tmp_path / "table.xlsx") as archive:
        assert "xl/media/image1.png" in archive.namelist()
    _run(tmp_path / "table.xlsx")
    assert _described() == [("a.png", "a plum", "SDXL")]


def test_a_zip_with_a_manifest_in_it_is_not_taken_for_images_alone(
    study: Study, owner: User, client: Client, sent: Sent, tmp_path: Path
) -> None:
    table = b"filename,prompt,generator\na.png,a plum,SDXL\n"
    packed = _zip({"a.png": picture(1), "manifest.csv": table})
    (tmp_path / "all.zip").write_bytes(packed)
    with pytest.raises(CommandError, match=r'come with a manifest, "manifest.csv"'):
        _run(tmp_path / "all.zip")
    client.force_login(owner)
    images = SimpleUploadedFile("all.zip", packed)
    client.post("/studies/demo/import/", {"purpose": "main", "images": images})
    job = ImportJob.objects.get()
    run_import_job(job_id=job.pk)
    assert (
        b"import the manifest, with this as its images"
        in client.get(job.get_absolute_url()).content
    )
    assert not Stimulus.objects.exists()
    (tmp_path / "manifest.csv").write_bytes(table)
    _run(tmp_path / "manifest.csv", "--images", tmp_path / "all.zip")
    assert _described() == [("a.png", "a plum", "SDXL")]


def test_a_folder_with_a_mapping_is_read_by_it(study: Study, tmp_path: Path) -> None:
    """Even if its images say something else."""
    folder = tmp_path / "db"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture(1))
    (folder / "a.txt").write_text("what the text says")
    (folder / "data.csv").write_text("file,text\na.png,a plum\n")
    mapping = {
        "version": 1,
        "source": "db",
        "name": {"column": "file"},
        "prompt": {"column": "text"},
        "generator": {"value": "SDXL"},
        "files": [{"file": "data.csv"}],
    }
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))
    _run(folder, "--mapping", tmp_path / "mapping.json")
    assert _described() == [("a.png", "a plum", "SDXL")]
