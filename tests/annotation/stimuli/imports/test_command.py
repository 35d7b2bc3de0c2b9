import io
import math
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.models import OpinionRelease, OpinionScore, Stimulus, Study
from annotation.opinion.labels import labels_of
from tests.annotation.stimuli.files import row, write_manifest


def _run(*arguments: object, **options: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_stimuli", *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_it_counts_the_rows_and_says_what_it_did(study: Study, folder: Path) -> None:
    printed, progress = _run("demo", folder / "manifest.csv")

    assert "4 imported, 0 updated, 0 unchanged, 0 duplicates left out, of 4 rows." in printed
    assert "rows checked: 4 of 4" in progress
    assert "Nothing changed" in _run("demo", folder / "manifest.csv")[0]


def test_a_bad_row_is_printed_with_its_fix_and_the_command_fails(
    study: Study, folder: Path
) -> None:
    (folder / "2.png").unlink()
    err = io.StringIO()

    with pytest.raises(CommandError, match="3 of 4 rows can be imported"):
        call_command("import_stimuli", "demo", str(folder / "manifest.csv"), stderr=err)

    assert (
        'row 3 (line 4): image "2.png" not found in the folder; add it, or delete the row'
        in err.getvalue()
    )
    assert not Stimulus.objects.exists()


def test_partial_imports_the_others(study: Study, folder: Path) -> None:
    (folder / "2.png").unlink()

    assert "3 imported" in _run("demo", folder / "manifest.csv", partial=True)[0]


def test_images_purpose_and_scale_are_taken(study: Study, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    manifest = write_manifest(elsewhere / "m.csv", [row(0, mos_quality=50)])

    _run("demo", manifest, images=folder, purpose="gold", mos_scale=100)

    assert Stimulus.objects.get().purpose == "gold"
    assert OpinionScore.objects.get().value == 50


def test_a_manifest_without_a_column_is_refused(study: Study, folder: Path) -> None:
    (folder / "manifest.csv").write_text("filename,text,generator\n0.png,x,G\n")

    with pytest.raises(CommandError, match='has no column "prompt"'):
        _run("demo", folder / "manifest.csv")


def test_direction_and_kind_are_taken(study: Study, folder: Path) -> None:
    manifest = write_manifest(folder / "m.csv", [row(0, mos_quality=2)])
    arguments = ("--mos-minimum", 1, "--mos-scale", 5, "--direction", "lower")
    _run("demo", manifest, *arguments, "--score-kind", "dmos")
    release = OpinionRelease.objects.get()
    assert (release.minimum, release.maximum) == (1, 5)
    assert (release.direction, release.score_kind) == ("lower", "dmos")
    assert [label.mos for label in labels_of(study)] == [0.75]


@pytest.mark.parametrize("maximum", [0, -1, math.nan, math.inf])
def test_a_scale_of_nothing_is_refused(study: Study, folder: Path, maximum: float) -> None:
    with pytest.raises(CommandError, match="--mos-scale must be above 0"):
        _run("demo", folder / "manifest.csv", mos_scale=maximum)
