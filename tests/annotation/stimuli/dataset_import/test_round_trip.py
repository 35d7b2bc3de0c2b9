"""A dataset release becomes a study, of which the same dataset release is made; or nothing."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import AuditEntry, Generator, Rater, Score, Stimulus, Study, Trial
from annotation.opinion.dataset.archive import Archive
from workbench.accounts.models import User

from .conftest import data_of, files_of, released

pytestmark = pytest.mark.django_db
#: Of the table of images: keys, and the number of the release.
_OWN = ("stimulus", "opinion_release")


def imported(archive: Path, owner: User, slug: str = "again") -> Study:
    call_command("import_dataset", archive, owner=owner.username, slug=slug, stdout=io.StringIO())
    return Study.objects.get(slug=slug)


def image_rows(files: dict[str, bytes]) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(files["images.csv"].decode()))
    # Its file is not in an archive: its scores do not count.
    apart = {"excluded": ("sha256", "width", "height")}
    return [
        {
            name: value
            for name, value in row.items()
            if not name.startswith(_OWN) and name not in apart.get(row["state"], ())
        }
        for row in rows
    ]


def test_what_was_collected_comes_back_to_the_last_bit(
    archive: Path, study: Study, owner: User
) -> None:
    new = imported(archive, owner)
    assert (new.status, new.title, new.owner) == ("closed", study.title, owner)
    again = released(new, owner)
    assert data_of(again) == data_of(archive)
    before, after = files_of(archive), files_of(again)
    assert image_rows(after) == image_rows(before)
    pictures = {path: data for path, data in before.items() if path.endswith(".png")}
    assert {path: data for path, data in after.items() if path.endswith(".png")} == pictures
    assert len(pictures) == 4
    # And what the hash stands for, looked at in the rows themselves.
    images = Stimulus.objects.filter(study=new).order_by("pk")
    assert [(row.filename, row.split, row.state, row.purpose) for row in images] == [
        ("0000.png", "pool", "in_use", "main"),
        ("0001.png", "holdout", "in_use", "main"),
        ("0002.png", "pool", "in_use", "main"),
        ("0003.png", "pool", "excluded", "main"),
        ("0004.png", "pool", "in_use", "practice"),
    ]
    assert Generator.objects.filter(study=new).count() == 2
    skipped = Trial.objects.get(study=new, state="skipped")
    assert (skipped.skip_reason, skipped.skip_note) == ("other", "My cat.")
    old = Score.objects.get(trial__study=new, superseded_at__isnull=False)
    assert (old.value, old.revision, old.perspective.key) == (4, 1, "quality")
    excluded = Rater.objects.get(study=new, status="excluded")
    act = AuditEntry.objects.get(study=new, action="rater.excluded")
    assert act.detail == {"rater": excluded.code, "reason": "Clicked through."}
    assert act.created_at == AuditEntry.objects.get(study=study, action=act.action).created_at
    # The codes are taken on this server.
    assert not {"R0", "R1", "R2"} & set(new.raters.values_list("code", flat=True))


def _newer(files: dict[str, bytes]) -> None:
    files["study.json"] = _with(files["study.json"], layout=99)


def _foreign(files: dict[str, bytes]) -> None:
    files["study.json"] = b"[]"


def _off_the_scale(files: dict[str, bytes]) -> None:
    lines = files["records.jsonl"].decode().splitlines()
    record = json.loads(lines[-2])
    record["trials"][0]["scores"]["quality"] = 50
    files["records.jsonl"] = "\n".join([*lines[:-2], json.dumps(record), lines[-1]]).encode()


def _another_score(files: dict[str, bytes]) -> None:
    lines = files["records.jsonl"].decode().splitlines()
    record = json.loads(lines[0])
    record["trials"][0]["scores"]["quality"] = 2
    files["records.jsonl"] = "\n".join([json.dumps(record), *lines[1:]]).encode()


def _no_picture(files: dict[str, bytes]) -> None:
    del files[next(path for path in files if path.startswith("holdout/") and "png" in path)]


def _no_picture_at_all(files: dict[str, bytes]) -> None:
    path = next(path for path in files if path.startswith("holdout/") and "png" in path)
    files[path] = b"<svg/>"


def _strange_code(files: dict[str, bytes]) -> None:
    files["raters.csv"] = files["raters.csv"].replace(b"R0,", b"<b>R0,")


def _with(data: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(data), **changes}).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_newer, "newer build"),
        (_foreign, "no dataset release"),
        (_off_the_scale, "records.jsonl, 1 to 5: "),
        (_another_score, "data_sha256: the tables"),
        (_no_picture, "is not in the archive"),
        (_no_picture_at_all, "is HTML, SVG or XML"),
        (_strange_code, "raters.csv, 2 to 4: "),
    ],
)
def test_of_an_archive_with_other_contents_there_is_no_study(
    archive: Path,
    owner: User,
    tmp_path: Path,
    settings: Any,
    change: Callable[[dict[str, bytes]], None],
    said: str,
) -> None:
    files = files_of(archive)
    del files["SHA256SUMS"]
    change(files)
    path = tmp_path / "changed.zip"
    with path.open("wb") as file, Archive(file, "demo-1.0.0") as packed:
        for name, data in files.items():
            packed.add(name, [data])
        packed.seal()
    before = set(Path(settings.MEDIA_ROOT).rglob("*.*"))
    with pytest.raises(CommandError, match=said):
        imported(path, owner)
    assert not Study.objects.filter(slug="again").exists()
    assert set(Path(settings.MEDIA_ROOT).rglob("*.*")) == before


def test_a_damaged_or_foreign_file_is_named(archive: Path, owner: User, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    place = data.index(b"kind,stimulus") if b"kind,stimulus" in data else len(data) // 3
    data[place] ^= 255
    path = tmp_path / "damaged.zip"
    path.write_bytes(data)
    with pytest.raises(CommandError, match="it is not what was made"):
        imported(path, owner)
    path.write_bytes(b"PK no ZIP file")
    with pytest.raises(CommandError, match="no dataset release"):
        imported(path, owner)
