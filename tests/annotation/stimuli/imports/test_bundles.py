"""Databases of several files in the console, datasets that `datasets` saved, Label Studio."""

import io
import json
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from annotation.models import ImportJob, OpinionScore, Stimulus, Study
from annotation.stimuli.imports.service import (
    ImportOptions,
    ImportRefusedError,
    import_manifest,
)
from annotation.stimuli.mapping.as_json import from_json
from annotation.stimuli.tasks import run_import
from tests.annotation.stimuli.files import picture
from workbench.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]

#: A database whose scores and names are in two files, line by line.
TWO_FILES = {
    "version": 1,
    "source": "two files",
    "name": {"column": "name"},
    "prompt": {"value": "a cat"},
    "generator": {"value": "G"},
    "scores": [{"perspective": "quality", "mean": "mos", "mos_range": [0, 9]}],
    "files": [
        {"file": "names.txt", "columns": ["name"], "separator": "lines"},
        {"file": "mos.txt", "columns": ["mos"], "separator": "lines"},
    ],
}
NAMES, MEANS = b"0.png\n1.png\n", b"4.5\n7\n"


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_txt", ".txt"), data)
    return buffer.getvalue()


def import_files(client: Client, *files: tuple[str, bytes], **fields: Any) -> ImportJob:
    """By the page; then the mapping is given, as a person would after a dry run."""
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    data = {"manifest": sent, "purpose": "main", "mapping": "suggested", **fields}
    answer = client.post("/studies/demo/import/", data)
    assert answer.status_code == 302, answer.content.decode()
    return worked(ImportJob.objects.get(state="queued"))


def worked(job: ImportJob) -> ImportJob:
    run_import(job.pk)
    job.refresh_from_db()
    return job


def retried(client: Client, job: ImportJob, mapping: dict[str, Any]) -> ImportJob:
    client.post(f"/studies/demo/import/{job.pk}/retry/", {"mapping": json.dumps(mapping)})
    return worked(ImportJob.objects.get(state="queued"))


def test_several_files_that_are_dropped_are_one_database(
    client: Client, owner: User, study: Study
) -> None:
    client.force_login(owner)
    job = import_files(client, ("names.txt", NAMES), ("mos.txt", MEANS), labels_only="on")
    assert job.manifest_name == "names.txt+1.zip"
    # Of two tables no mapping is suggested; the page takes one.
    assert job.refusal["params"]["count"] == 2
    assert 'name="mapping"' in client.get(f"/studies/demo/import/{job.pk}/").content.decode()
    new = retried(client, job, TWO_FILES)
    assert (new.state, new.imported) == ("succeeded", 2), new.refusal
    assert list(OpinionScore.objects.values_list("value", flat=True)) == [4.5, 7]
    assert set(Stimulus.objects.values_list("sha256", flat=True)) == {""}
    twice = client.post(
        "/studies/demo/import/",
        {"manifest": [SimpleUploadedFile("a.csv", b"x"), SimpleUploadedFile("a.csv", b"y")]},
    )
    assert "Two files are called “a.csv”." in twice.content.decode()


def test_a_zip_of_tables_with_images_needs_no_other_file(
    client: Client, owner: User, study: Study
) -> None:
    client.force_login(owner)
    images = {f"img__{n}.png": picture(n) for n in range(2)}
    archive = zipped(names_txt=NAMES, mos_txt=MEANS, **images)
    mapping = json.dumps({**TWO_FILES, "scores": []})
    body = {"name": "two", "document": json.loads(mapping)}
    client.post("/api/v1/studies/demo/mappings/", json.dumps(body), content_type="application/json")
    job = import_files(client, ("base.zip", archive), mapping="two")
    assert (job.state, job.imported) == ("succeeded", 2), (job.refusal, job.rejected_rows)
    assert "" not in set(Stimulus.objects.values_list("sha256", flat=True))


def test_tables_that_nobody_can_tell_apart_are_named(study: Study, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(a_txt=b"x", b_txt=b"y"))
    with pytest.raises(ImportRefusedError, match=r"not one table but 2: a\.txt, b\.txt"):
        import_manifest(study=study, manifest=tmp_path / "a.zip")
    (tmp_path / "b.zip").write_bytes(zipped(names_txt=NAMES))
    options = ImportOptions(mapping=from_json(TWO_FILES), labels_only=True)
    with pytest.raises(ImportRefusedError, match=r'no file "mos\.txt"'):
        import_manifest(study=study, manifest=tmp_path / "b.zip", options=options)
    assert not Stimulus.objects.exists()


@pytest.mark.parametrize("kind", ["saved", "parquet"])
def test_a_dataset_that_was_saved_comes_in_with_its_images(
    study: Study, tmp_path: Path, kind: str
) -> None:
    datasets = import_module("datasets")
    images = [Image.open(io.BytesIO(picture(n))) for n in range(3)]
    rows = {"image": images, "prompt": ["a", "b", "c"], "model": ["G"] * 3, "mos": [1.0, 2.5, 5.0]}
    features = datasets.Features(
        {
            "image": datasets.Image(),
            **dict.fromkeys(("prompt", "model"), datasets.Value("string")),
            "mos": datasets.Value("float64"),
        }
    )
    made = datasets.Dataset.from_dict(rows, features=features)
    if kind == "saved":
        made.save_to_disk(str(tmp_path / "d"))
    else:
        (tmp_path / "d").mkdir()
        made.to_parquet(str(tmp_path / "d" / "train.parquet"))
    mapping = {
        "version": 1,
        "source": "hub",
        "name": {"column": "image"},
        "prompt": {"column": "prompt"},
        "generator": {"column": "model"},
        "scores": [{"perspective": "quality", "mean": "mos", "mos_range": [1, 5]}],
    }
    options = ImportOptions(mapping=from_json(mapping))
    report = import_manifest(study=study, manifest=tmp_path / "d", options=options)
    assert (report.imported, report.rejected) == (3, [])
    found = OpinionScore.objects.order_by("value").values_list("value", "stimulus__prompt__text")
    assert list(found) == [(1.0, "a"), (2.5, "b"), (5.0, "c")]
    assert "" not in set(Stimulus.objects.values_list("sha256", flat=True))


def test_tasks_of_label_studio_are_rows(client: Client, owner: User, study: Study) -> None:
    """Ratings of 3 and 5: mean 4, sample standard deviation √2."""

    def said(number: int, **further: Any) -> dict[str, Any]:
        answer = {"from_name": "quality", "type": "rating", "value": {"rating": number}}
        return {"result": [answer], **further}

    tasks = [
        {
            "id": 1,
            "data": {"image": "/data/upload/1/0a1b2c3d-0.png", "prompt": "a cat", "model": "G"},
            "annotations": [said(3), said(5), said(1, was_cancelled=True)],
        },
        {"id": 2, "data": {"image": "1.png", "prompt": "b", "model": "G"}, "annotations": []},
    ]
    client.force_login(owner)
    table = ("export.json", json.dumps(tasks).encode())
    job = import_files(client, table, labels_only="on")
    assert (job.state, job.imported) == ("succeeded", 2), job.refusal
    shown = [(item["filename"], item["prompt"]) for item in job.preview]
    assert shown == [("0.png", "a cat"), ("1.png", "b")]
    (score,) = job.preview[0]["scores"]
    assert (score["perspective"], score["mos"], score["raters"]) == ("quality", 4, 2)
    assert score["sd"] == pytest.approx(2**0.5)
