"""`manage.py dataset_release`: make, list, verify."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from annotation.models import DatasetRelease, Stimulus, Study

pytestmark = pytest.mark.django_db


def run(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("dataset_release", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def make(study: Study, *more: str) -> str:
    number = study.opinion_releases.get(name="first").number
    said = ("--title", "Foxes", "--licence", "CC-BY-4.0", "--creator", "Doe, Jane")
    return run("make", study.slug, number, *said, *more)


def test_it_makes_lists_and_verifies(study: Study, stimuli: list[Stimulus], tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"dataBiases": "Few."}))
    said = make(study, "--answers", str(answers))
    made = DatasetRelease.objects.get()
    assert said == f"1\t{made.size} bytes\t{made.content_sha256}\n"
    assert made.described["answers"] == {"dataBiases": "Few."}
    assert f"1\t1.0.0\tsucceeded\tfirst\t{made.size} bytes" in run("list", study.slug)
    assert run("verify", study.slug) == "1\t1.0.0\tholds\n"


def test_a_damaged_archive_is_named(study: Study, stimuli: list[Stimulus]) -> None:
    make(study, "--without-pictures")
    made, storage = DatasetRelease.objects.get(), storages["artifacts"]
    with storage.open(made.archive) as file:
        data = file.read()
    storage.delete(made.archive)
    with pytest.raises(CommandError, match="not what its row says"):
        run("verify", study.slug)
    # In the middle of a table, which is not compressed.
    place = data.index(b"PAR1") + 60
    spoilt = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    storage.save(made.archive, ContentFile(spoilt))
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("dataset_release", "verify", study.slug, "1", stdout=out)
    assert "scores.parquet" in out.getvalue()


def test_what_it_cannot_do_is_said(study: Study, stimuli: list[Stimulus], tmp_path: Path) -> None:
    wrong = tmp_path / "answers.json"
    wrong.write_text("[]")
    with pytest.raises(CommandError, match="no JSON object"):
        make(study, "--answers", str(wrong))
    with pytest.raises(CommandError, match="no dataset release 7"):
        run("verify", study.slug, 7)
