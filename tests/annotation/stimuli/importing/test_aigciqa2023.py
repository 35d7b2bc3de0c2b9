"""The AIGCIQA2023+ release. Counts are its README's and those of `csv.DictReader` on its files."""

import csv
import io
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from scipy.io import savemat

from annotation.models import Generator, OpinionRelease, OpinionScore, Prompt, Stimulus, Study
from annotation.opinion.imported import imported_scores, scale_of
from annotation.opinion.labels import labels_of
from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from annotation.stimuli.importing.aigciqa2023 import read_release
from annotation.stimuli.imports.service import import_aigciqa2023
from tests.annotation.stimuli.files import picture, stored
from tests.factories import make_study
from tests.shared_data import require_shared
from workbench.accounts.models import User
from workbench.core.tables import TableError


@pytest.fixture
def release() -> Path:
    return require_shared("data/aigciqa2023plus")


def test_all_rows_are_read_with_their_slips(release: Path) -> None:
    read = read_release(release, perspectives=AIGCIQA2023_PERSPECTIVES)

    assert len(read.manifest.rows) == 2400
    assert read.manifest.errors == []
    generators = Counter(row.generator for row in read.manifest.rows)
    assert set(generators.values()) == {400}
    assert len({row.prompt for row in read.manifest.rows}) == 100
    assert [(slip.row, slip.params["key"], slip.params["answer"]) for slip in read.slips] == [
        (750, "authenticity_distortion", "0"),
        (2227, "correspondence_consistency", "11"),
    ]


def test_explanations_and_the_official_split_are_kept_as_metadata(release: Path) -> None:
    rows = read_release(release, perspectives=AIGCIQA2023_PERSPECTIVES).manifest.rows

    assert sum("authenticity_text_en" in row.metadata for row in rows) == 1312
    assert sum("correspondence_text_en" in row.metadata for row in rows) == 1313
    assert Counter(row.metadata["official_split"] for row in rows) == {"train": 1920, "test": 480}
    assert rows[2].metadata["authenticity_text_en"] == (
        "Corgi color and coat do not match objective perception"
    )
    assert rows[2].filename == "Controlnet/000-3.png"
    assert {row.metadata["quality_clarity"] for row in rows} == {1, 2, 3, 4}


def test_a_text_with_line_breaks_is_one_text(release: Path) -> None:
    (row,) = [
        row
        for row in read_release(release, perspectives=AIGCIQA2023_PERSPECTIVES).manifest.rows
        if row.metadata["index"] == 100
    ]

    assert row.filename == "Controlnet/025-1.png"
    assert "\n\n, 图中是2个菠萝" in row.metadata["correspondence_text_zh"]


@pytest.fixture
def imported(owner: User, release: Path) -> Study:
    study = make_study(owner, "aigciqa", holdout_share=0.2)
    report = import_aigciqa2023(study=study, folder=release)
    assert (report.imported, report.rejected) == (2400, [])
    # 0.png, the released example, is the one image that is there; two rows also have a slip.
    assert sum("missing" in note.template for note in report.notes) == 2399
    assert len(report.notes) == 2399 + 2
    return study


def test_the_whole_release_is_imported_as_labels(imported: Study, release: Path) -> None:
    stimuli = Stimulus.objects.filter(study=imported)
    assert stimuli.count() == 2400
    assert list(stimuli.exclude(sha256="").values_list("filename", "width", "height")) == [
        ("Controlnet/000-1.png", 512, 512)
    ]
    assert Prompt.objects.filter(study=imported).count() == 100
    assert Generator.objects.filter(study=imported).count() == 6
    published = OpinionRelease.objects.get(study=imported, source="AIGCIQA2023+")
    assert (published.minimum, published.maximum) == (0, 1)
    assert (published.direction, published.score_kind) == ("higher", "z_score")
    scores = published.scores.select_related("perspective")
    assert scores.count() == 3 * 2400
    with (release / "mos.csv").open(encoding="utf-8") as file:
        last = list(csv.DictReader(file))[-1]
    of_last = scores.filter(stimulus__filename="Unidiffuser/099-4.png")
    assert {f"mos_{score.perspective.key}": score.value for score in of_last} == {
        key: float(value) for key, value in last.items() if key.startswith("mos_")
    }
    assert {score.n for score in scores} == {28}
    # 100 prompts × 0.2, each with 6 × 4 images.
    assert stimuli.filter(split="holdout").count() == 20 * 24


def test_a_second_run_changes_nothing(imported: Study, release: Path) -> None:
    before = list(Stimulus.objects.order_by("pk").values())

    report = import_aigciqa2023(study=imported, folder=release)

    assert (report.imported, report.updated, report.unchanged) == (0, 0, 2400)
    assert list(Stimulus.objects.order_by("pk").values()) == before
    assert OpinionScore.objects.count() == 7200


def test_labels_leave_to_the_last_bit_as_they_came(imported: Study, release: Path) -> None:
    with (release / "mos.csv").open(encoding="utf-8") as file:
        given = {
            (int(row["index"]), key): float(row[f"mos_{key}"])
            for row in csv.DictReader(file)
            for key in ("quality", "authenticity", "correspondence")
        }
    (first,) = Stimulus.objects.exclude(sha256="")
    found = {label.perspective: label.mos for label in labels_of(imported)}
    assert found == {key: given[0, key] for key in found}
    assert {label.stimulus for label in labels_of(imported)} == {first.pk}
    published = imported_scores(imported.pk).select_related("stimulus")
    units = {
        (score.stimulus.metadata["index"], score.perspective.key): scale_of(score.release).of(
            score.value
        )
        for score in published
    }
    assert units == given


def test_standard_deviations_are_kept_if_the_download_has_them(
    study: Study, release: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "download"
    shutil.copytree(release, folder)
    (folder / "DATA" / "STD").mkdir(parents=True)
    spread = np.linspace(0.5, 1.5, 2400).reshape(-1, 1)
    savemat(folder / "DATA" / "STD" / "SD2.mat", {"SD": spread})
    row = read_release(folder, perspectives=["quality", "authenticity"]).manifest.rows[3]
    assert row.metadata["release_sd_authenticity"] == spread[3, 0]
    assert "release_sd_quality" not in row.metadata
    assert all(score.sd is None for score in row.scores)


def test_images_that_come_later_are_attached(
    imported: Study, release: Path, tmp_path: Path, media: Path
) -> None:
    (tmp_path / "Image" / "allimg").mkdir(parents=True)
    (tmp_path / "Image" / "allimg" / "5.png").write_bytes(picture(5))
    (tmp_path / "Glide").mkdir()
    (tmp_path / "Glide" / "003-2.png").write_bytes(picture(6))
    (tmp_path / "Image" / "allimg" / "0.png").write_bytes((release / "0.png").read_bytes())

    report = import_aigciqa2023(study=imported, folder=release, images=tmp_path)

    assert (report.imported, report.updated, report.unchanged) == (0, 2, 2398)
    assert set(Stimulus.objects.exclude(sha256="").values_list("filename", flat=True)) == {
        "Controlnet/000-1.png",
        "Controlnet/001-2.png",
        "Glide/003-2.png",
    }
    assert len(stored(media)) == 3 * 3


def _copy(release: Path, folder: Path) -> Path:
    for name in ("mos.csv", "explanations.csv", "prompts.csv", "official_split.json"):
        shutil.copyfile(release / name, folder / name)
    return folder


@pytest.mark.parametrize("name", ["mos.csv", "explanations.csv", "prompts.csv"])
def test_a_file_of_the_release_that_is_absent_is_named(
    release: Path, tmp_path: Path, name: str
) -> None:
    (_copy(release, tmp_path) / name).unlink()

    with pytest.raises(TableError, match=f"{name} cannot be read"):
        read_release(tmp_path, perspectives=AIGCIQA2023_PERSPECTIVES)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"train": [1]}', '{"train": 1, "test": 2}'])
def test_a_broken_split_file_is_named(release: Path, tmp_path: Path, content: str) -> None:
    (_copy(release, tmp_path) / "official_split.json").write_text(content)

    with pytest.raises(TableError, match=r"official_split\.json"):
        read_release(tmp_path, perspectives=AIGCIQA2023_PERSPECTIVES)


def test_a_row_without_explanations_is_one_row_s_error(release: Path, tmp_path: Path) -> None:
    path = _copy(release, tmp_path) / "mos.csv"
    path.write_text(path.read_text() + "2400,2400.png,a new one,0.5,0.5,0.5\n")

    manifest = read_release(tmp_path, perspectives=AIGCIQA2023_PERSPECTIVES).manifest

    assert [error.message for error in manifest.errors] == [
        "row 2401 (line 2402): image 2400 has no row in explanations.csv"
    ]


def test_the_command_says_what_is_absent_and_lists_all_in_a_file(
    owner: User, release: Path, tmp_path: Path
) -> None:
    make_study(owner, "aigciqa")
    out, progress = io.StringIO(), io.StringIO()
    listing = tmp_path / "rows.txt"

    call_command(
        "import_aigciqa2023", "aigciqa", release, report=listing, stdout=out, stderr=progress
    )

    printed = out.getvalue()
    assert 'row 2 (line 3): image "Controlnet/000-2.png" is missing' in printed
    assert "… and 2396 more rows like these" in printed
    assert "2400 imported, 0 updated" in printed
    assert len(listing.read_text().splitlines()) == 2401
    assert "rows checked: 2400 of 2400" in progress.getvalue()


def test_the_command_names_a_study_that_is_not_there(study: Study, release: Path) -> None:
    with pytest.raises(CommandError, match='no study "elsewhere"; the studies are: demo'):
        call_command("import_aigciqa2023", "elsewhere", release)
