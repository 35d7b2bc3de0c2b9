"""`manage.py export_study`: the same bytes as the API's export, counted, complete or absent."""

import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from annotation.models import Study
from annotation.opinion.export.formats import FORMATS
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate

from .formats.records import PEOPLE

pytestmark = pytest.mark.django_db(transaction=True)


def export(study: Study, file: Path, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("export_study", study.slug, file, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_file_holds_what_the_api_gives(
    study: Study, tmp_path: Path, form: str, raw: bool
) -> None:
    make_stimuli(study, 3)
    client = APIClient()
    client.force_authenticate(study.owner)
    answer: Any = client.get(
        f"/api/v1/studies/{study.slug}/export/", {"format": form, "raw": str(raw)}
    )
    file = tmp_path / f"study.{FORMATS[form].extension}"
    said, counted = export(study, file, raw=raw)
    assert file.read_bytes() == b"".join(answer.streaming_content)
    assert str(file) in said
    assert ("images exported: 3 of 3" in counted) == (form not in PEOPLE)
    assert sorted(found.name for found in tmp_path.iterdir()) == [
        file.name,
        f"{file.name}.study.json",
    ]


def test_what_was_asked_is_written_next_to_it(study: Study, tmp_path: Path) -> None:
    (stimulus,) = make_stimuli(study, 1)
    rate(stimulus, make_rater(study), (4, 2, 5))
    export(study, tmp_path / "study.csv")
    found = json.loads((tmp_path / "study.csv.study.json").read_text())
    client = APIClient()
    client.force_authenticate(study.owner)
    told: Any = client.get(f"/api/v1/studies/{study.slug}/export/study.json").json()
    for document in (found, told):
        document["opinion_scores"].pop("computed_at")
    assert found == told
    assert found["protocols"][0]["content"]["texts"]["title"] == "Demo"
    assert found["opinion_scores"]["protocols"] == [1]


def test_a_form_that_is_not_known_is_asked_for(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="choose one with --format"):
        export(study, tmp_path / "study.txt")
    export(study, tmp_path / "study.txt", format="csv")
    assert (tmp_path / "study.txt").read_text().startswith("\ufeffkind,stimulus,filename")


def test_no_device_is_replaced(study: Study, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(CommandError, match="is a device or a pipe"):
        export(study, pipe)
    assert [found.name for found in tmp_path.iterdir()] == ["pipe.csv"]
    assert pipe.is_fifo()


def test_a_full_disk_is_named_and_the_old_file_stays(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "study.csv"
    file.write_text("the last export")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CommandError, match="No space left on device; free some space"):
        export(study, file)
    assert file.read_text() == "the last export"
    assert [found.name for found in tmp_path.iterdir()] == ["study.csv"]
