"""Imports of attention checks: gold images whose prompt says which scores to give."""

from pathlib import Path

import pytest

from annotation.models import Stimulus, Study
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from tests.annotation.stimuli.files import row, write_manifest

pytestmark = pytest.mark.django_db


def test_an_attention_check_is_a_gold_image_and_stays_one(study: Study, folder: Path) -> None:
    told = row(0, attention_check="yes", mos_quality="0")
    check = write_manifest(folder / "check.csv", [told])

    refused = import_manifest(study=study, manifest=check)
    report = import_manifest(study=study, manifest=check, options=ImportOptions(purpose="gold"))
    again = import_manifest(
        study=study,
        manifest=write_manifest(folder / "again.csv", [row(0, mos_quality="0")]),
        options=ImportOptions(purpose="gold"),
    )

    assert refused.imported == 0
    assert [error.sentence() for error in refused.rejected] == [
        "only gold images can be attention checks"
    ]
    assert (report.imported, again.updated) == (1, 0)
    assert Stimulus.objects.get().attention_check


def test_a_gold_image_does_not_become_an_attention_check(study: Study, folder: Path) -> None:
    gold = ImportOptions(purpose="gold")
    plain = write_manifest(folder / "plain.csv", [row(0, mos_quality="0")])
    import_manifest(study=study, manifest=plain, options=gold)

    told = row(0, attention_check="yes", mos_quality="0")
    report = import_manifest(
        study=study, manifest=write_manifest(folder / "check.csv", [told]), options=gold
    )

    # Its ratings were given to another question.
    assert "with a different attention_check" in report.rejected[0].sentence()
    assert not Stimulus.objects.get().attention_check
