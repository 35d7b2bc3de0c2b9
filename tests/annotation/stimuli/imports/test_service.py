"""Imports into a study: what is stored, what a second run does, what bad rows leave behind.

Long because it is one list of what an import promises, on one folder of files.
"""

import hashlib
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from annotation.models import AuditEntry, OpinionRelease, OpinionScore, Prompt, Stimulus, Study
from annotation.stimuli.imports.service import ImportOptions, ImportRefusedError, import_manifest
from annotation.stimuli.imports.store import ImportRunningError, study_lock
from tests.annotation.stimuli.files import (
    encoded,
    picture,
    quadrants,
    row,
    scored,
    stored,
    turned_jpeg,
    write_jsonl,
    write_manifest,
    write_zip,
)
from tests.factories import make_study
from tests.shared_data import require_shared
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_row_becomes_a_stimulus_with_its_three_files(study: Study, folder: Path) -> None:
    report = import_manifest(study=study, manifest=folder / "manifest.csv")

    assert (report.imported, report.total, report.rejected) == (4, 4, [])
    stimulus = Stimulus.objects.get(study=study, filename="1.png")
    assert (stimulus.prompt.text, stimulus.generator.name) == ("prompt 1", "generator 1")
    assert stimulus.sha256 == hashlib.sha256(picture(1)).hexdigest()
    assert (stimulus.width, stimulus.height) == (48, 32)
    assert stimulus.image.read() == picture(1)
    assert Image.open(stimulus.display).size == Image.open(stimulus.thumbnail).size == (48, 32)


def test_a_display_copy_without_the_metadata_is_a_file_of_its_own(
    study: Study, folder: Path, media: Path
) -> None:
    text = PngInfo()
    text.add_text("parameters", "stable-diffusion")
    (folder / "0.png").write_bytes(encoded(quadrants(), "PNG", pnginfo=text))

    import_manifest(study=study, manifest=write_manifest(folder / "m.csv", [row(0)]))

    stimulus = Stimulus.objects.get()
    assert b"stable-diffusion" in stimulus.image.read()
    assert b"stable-diffusion" not in stimulus.display.read()
    assert len(stored(media)) == 3


def test_no_stored_name_reveals_the_generator_or_the_file(
    study: Study, folder: Path, media: Path
) -> None:
    import_manifest(study=study, manifest=folder / "manifest.csv")

    names = stored(media)
    assert len(names) == 4 * 3
    for stimulus in Stimulus.objects.select_related("generator"):
        for name in (stimulus.image.name, stimulus.display.name, stimulus.thumbnail.name):
            data = default_storage.open(str(name)).read()
            assert Path(str(name)).stem == hashlib.sha256(data).hexdigest()
            assert stimulus.generator.name not in str(name)


def test_a_second_run_changes_nothing(study: Study, folder: Path, media: Path) -> None:
    import_manifest(study=study, manifest=folder / "manifest.csv")
    rows = list(Stimulus.objects.order_by("pk").values())
    files = {name: (media / name).stat().st_mtime_ns for name in stored(media)}

    report = import_manifest(study=study, manifest=folder / "manifest.csv")

    assert (report.imported, report.updated, report.unchanged) == (0, 0, 4)
    assert report.summary() == "Nothing changed: 4 of 4 rows are already in the study."
    assert list(Stimulus.objects.order_by("pk").values()) == rows
    assert {name: (media / name).stat().st_mtime_ns for name in stored(media)} == files
    assert AuditEntry.objects.filter(action="stimuli.imported").count() == 1


def test_a_second_run_brings_back_files_that_were_lost_or_damaged(
    study: Study, folder: Path, media: Path
) -> None:
    import_manifest(study=study, manifest=folder / "manifest.csv")
    rows = list(Stimulus.objects.order_by("pk").values())
    files = {name: (media / name).read_bytes() for name in stored(media)}
    lost, damaged = Stimulus.objects.order_by("pk")[:2]
    for name in {lost.image.name, lost.display.name, lost.thumbnail.name}:
        (media / str(name)).unlink()
    content = bytearray(files[str(damaged.image.name)])
    content[-20] ^= 1  # of the same size, so that only its content tells
    (media / str(damaged.image.name)).write_bytes(bytes(content))

    report = import_manifest(study=study, manifest=folder / "manifest.csv")

    assert {name: (media / name).read_bytes() for name in stored(media)} == files
    assert list(Stimulus.objects.order_by("pk").values()) == rows
    assert (report.imported, report.updated, report.unchanged) == (0, 2, 2)
    assert [note.sentence() for note in report.notes] == [
        f'the file of "{item.filename}" was lost or damaged' for item in (lost, damaged)
    ]
    assert import_manifest(study=study, manifest=folder / "manifest.csv").updated == 0


def test_images_come_from_a_zip(study: Study, folder: Path, tmp_path: Path) -> None:
    archive = write_zip(
        tmp_path / "images.zip", {f"set/{number}.png": picture(number) for number in range(4)}
    )

    report = import_manifest(study=study, manifest=folder / "manifest.csv", images=archive)

    assert report.imported == 4


def test_one_bad_row_refuses_all_and_leaves_no_file(
    study: Study, folder: Path, media: Path
) -> None:
    (folder / "2.png").unlink()

    report = import_manifest(study=study, manifest=folder / "manifest.csv")

    assert [error.message for error in report.rejected] == [
        'row 3 (line 4): image "2.png" not found in the folder'
    ]
    assert report.summary().startswith("3 of 4 rows can be imported. Nothing was imported")
    assert not Stimulus.objects.exists()
    assert not Prompt.objects.exists()
    assert stored(media) == []


def test_a_part_is_imported_if_that_is_asked_for(study: Study, folder: Path) -> None:
    (folder / "2.png").write_bytes(picture(2)[:60])

    report = import_manifest(study=study, manifest=folder / "manifest.csv", partial=True)

    assert (report.imported, len(report.rejected)) == (3, 1)
    assert 'image "2.png" is damaged' in report.rejected[0].sentence()
    assert set(Stimulus.objects.values_list("filename", flat=True)) == {"0.png", "1.png", "3.png"}


def test_fixed_rows_join_those_already_imported(study: Study, folder: Path) -> None:
    (folder / "2.png").unlink()
    import_manifest(study=study, manifest=folder / "manifest.csv", partial=True)
    (folder / "2.png").write_bytes(picture(2))

    report = import_manifest(study=study, manifest=folder / "manifest.csv")

    assert (report.imported, report.unchanged) == (1, 3)


def test_bad_rows_of_manifest_and_images_are_listed_in_file_order(
    study: Study, folder: Path
) -> None:
    rows = [row(0), row(1, filename="gone.png"), row(2, prompt=" "), row(3, filename="no.png")]
    manifest = write_manifest(folder / "manifest.csv", rows)

    report = import_manifest(study=study, manifest=manifest, partial=True)

    assert [error.row for error in report.rejected] == [2, 3, 4]
    assert report.imported == 1


def test_the_same_image_for_the_same_prompt_is_kept_once(study: Study, folder: Path) -> None:
    (folder / "copy.png").write_bytes(picture(0))
    manifest = write_manifest(folder / "m.csv", [row(0), row(0, filename="copy.png")])

    report = import_manifest(study=study, manifest=manifest)

    assert (report.imported, report.duplicates) == (1, 1)
    assert [note.message for note in report.notes] == [
        'row 2 (line 3): "copy.png" is the same image for the same prompt as "0.png"'
    ]
    again = import_manifest(study=study, manifest=manifest)
    assert (again.imported, again.unchanged, again.duplicates) == (0, 1, 1)


def test_the_same_image_for_another_prompt_is_another_stimulus(
    study: Study, folder: Path, media: Path
) -> None:
    (folder / "copy.png").write_bytes(picture(0))
    manifest = write_manifest(
        folder / "m.csv", [row(0), row(0, filename="copy.png", prompt="another")]
    )

    assert import_manifest(study=study, manifest=manifest).imported == 2
    assert len(stored(media)) == 3


def test_the_same_image_and_prompt_of_two_generators_is_a_contradiction(
    study: Study, folder: Path
) -> None:
    (folder / "copy.png").write_bytes(picture(0))
    rows = [row(0), row(0, filename="copy.png", generator="Glide")]

    report = import_manifest(study=study, manifest=write_manifest(folder / "m.csv", rows))

    assert not report.done
    assert 'whose generator is "generator 0"' in report.rejected[0].sentence()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"prompt": "another"}, '"0.png" is in the study with a different prompt'),
        ({"generator": "another"}, '"0.png" is in the study with a different generator'),
    ],
)
def test_a_row_that_contradicts_the_study_is_refused(
    study: Study, folder: Path, columns: dict[str, str], message: str
) -> None:
    import_manifest(study=study, manifest=folder / "manifest.csv")

    report = import_manifest(
        study=study, manifest=write_manifest(folder / "m.csv", [row(0, **columns)])
    )

    assert [error.sentence() for error in report.rejected] == [message]


def test_a_changed_image_under_a_known_name_is_refused(study: Study, folder: Path) -> None:
    import_manifest(study=study, manifest=folder / "manifest.csv")
    (folder / "0.png").write_bytes(picture(99))

    report = import_manifest(study=study, manifest=folder / "manifest.csv")

    assert [error.sentence() for error in report.rejected] == [
        '"0.png" is in the study with a different image'
    ]


def test_a_later_manifest_adds_metadata_and_scores(study: Study, folder: Path) -> None:
    import_manifest(study=study, manifest=write_manifest(folder / "m.csv", [row(0, style="oil")]))
    later = write_manifest(folder / "m.csv", [row(0, steps="30", mos_quality="0.5", raters="9")])

    first = import_manifest(study=study, manifest=later)
    second = import_manifest(study=study, manifest=later)

    assert (first.updated, second.updated, second.unchanged) == (1, 0, 1)
    assert Stimulus.objects.get().metadata == {"style": "oil", "steps": "30"}
    score = OpinionScore.objects.get()
    assert (score.perspective.key, score.value, score.sd, score.n) == ("quality", 0.5, None, 9)
    assert score.release.source == "manifest"


def test_a_corrected_score_replaces_the_published_one(study: Study, folder: Path) -> None:
    for mos in ("0.5", "0.6"):
        manifest = write_manifest(folder / "m.csv", [row(0, mos_quality=mos)])
        import_manifest(study=study, manifest=manifest)

    assert OpinionScore.objects.get().value == 0.6


def test_scores_keep_the_scale_that_they_were_published_on(study: Study, folder: Path) -> None:
    hundred = ImportOptions(mapping=scored(maximum=100))
    five = ImportOptions(mapping=scored(maximum=5))
    first = write_manifest(folder / "m.csv", [row(0, mos_quality="61.5", sd_quality="10")])
    import_manifest(study=study, manifest=first, options=hundred)
    release = OpinionRelease.objects.get(source="manifest")
    assert (release.minimum, release.maximum) == (0, 100)
    assert (release.scores.get().value, release.scores.get().sd) == (61.5, 10)

    # A later one on another scale is converted to the release's.
    later = write_manifest(folder / "m.csv", [row(1, mos_quality="2.5", sd_quality="1")])
    import_manifest(study=study, manifest=later, options=five)
    second = release.scores.get(stimulus__filename=row(1)["filename"])
    assert (second.value, second.sd) == (50, 20)


def test_absent_images_are_kept_as_labels_and_attached_later(study: Study, folder: Path) -> None:
    options = ImportOptions(labels_only=True)
    (folder / "1.png").rename(folder / "later")

    first = import_manifest(study=study, manifest=folder / "manifest.csv", options=options)
    label = Stimulus.objects.get(filename="1.png")
    (folder / "later").rename(folder / "1.png")
    second = import_manifest(study=study, manifest=folder / "manifest.csv")

    assert (first.imported, [note.row for note in first.notes]) == (4, [2])
    assert (label.sha256, label.image.name, label.width) == ("", "", None)
    assert (second.imported, second.updated, second.unchanged, second.notes) == (0, 1, 3, [])
    label.refresh_from_db()
    assert label.image.read() == picture(1)


def test_the_hold_out_is_drawn_by_prompt_and_wants_its_own_number_of_ratings(
    owner: User, folder: Path
) -> None:
    study = make_study(owner, "held", holdout_share=0.2, holdout_ratings=15)
    rows = []
    for number in range(120):
        (folder / f"{number}.png").write_bytes(picture(number))
        rows.append(row(number, prompt=f"prompt {number // 6}", generator=f"G{number % 6}"))

    import_manifest(study=study, manifest=write_manifest(folder / "m.csv", rows))

    held_out = Stimulus.objects.filter(study=study, split="holdout")
    # 20 prompts × 0.2 = 4 prompts, each with 6 images.
    assert held_out.values("prompt").distinct().count() == 4
    assert held_out.count() == 24
    assert set(held_out.values_list("wanted_ratings", "maximum_ratings")) == {(15, 15)}
    pool = Stimulus.objects.filter(study=study, split="pool")
    assert set(pool.values_list("wanted_ratings", "maximum_ratings")) == {(3, 5)}


def test_later_images_of_a_prompt_join_its_split(owner: User, folder: Path) -> None:
    study = make_study(owner, "held", holdout_share=0.5)
    import_manifest(study=study, manifest=folder / "manifest.csv")
    splits = dict(Stimulus.objects.values_list("prompt__text", "split"))
    rows = [row(number + 10, prompt=f"prompt {number}") for number in range(4)]
    for number in range(10, 14):
        (folder / f"{number}.png").write_bytes(picture(number))

    import_manifest(study=study, manifest=write_manifest(folder / "m.csv", rows))

    assert Stimulus.objects.count() == 8
    for prompt, split in Stimulus.objects.values_list("prompt__text", "split"):
        assert split == splits[prompt]


def test_practice_images_are_neither_held_out_nor_capped(owner: User, folder: Path) -> None:
    study = make_study(owner, "held", holdout_share=0.9)

    import_manifest(
        study=study, manifest=folder / "manifest.csv", options=ImportOptions(purpose="practice")
    )

    assert set(
        Stimulus.objects.values_list("purpose", "split", "wanted_ratings", "maximum_ratings")
    ) == {("practice", "pool", 0, 32767)}


def test_the_display_copy_of_a_turned_photograph_is_upright(study: Study, folder: Path) -> None:
    (folder / "turned.jpg").write_bytes(turned_jpeg(6))
    manifest = write_jsonl(folder / "m.jsonl", [row(0, filename="turned.jpg")])

    import_manifest(study=study, manifest=manifest)

    stimulus = Stimulus.objects.get()
    assert (stimulus.width, stimulus.height) == (48, 64)
    shown = Image.open(stimulus.display).convert("RGB")
    red, green, blue = shown.getpixel((40, 8))  # type: ignore[misc] # RGB gives three
    # The stored upper left quadrant (red) belongs to the upper right.
    assert red > 200
    assert max(green, blue) < 60


def test_an_import_is_entered_in_the_audit(study: Study, folder: Path, owner: User) -> None:
    import_manifest(study=study, manifest=folder / "manifest.csv", actor=owner)

    entry = AuditEntry.objects.get(study=study)
    assert (entry.action, entry.actor) == ("stimuli.imported", owner)
    assert entry.detail == {"imported": 4, "updated": 0}


def test_progress_counts_every_row(study: Study, folder: Path) -> None:
    seen: list[tuple[int, int]] = []

    import_manifest(
        study=study,
        manifest=folder / "manifest.csv",
        progress=lambda done, total: seen.append((done, total)),
    )

    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_archive_that_leads_outside_is_refused_even_in_part(
    study: Study, folder: Path, tmp_path: Path, media: Path
) -> None:
    archive = write_zip(tmp_path / "evil.zip", {"0.png": picture(0), "../../evil.png": picture(1)})

    with pytest.raises(ImportRefusedError, match="points outside it; pack the images again"):
        import_manifest(study=study, manifest=folder / "manifest.csv", images=archive, partial=True)
    assert stored(media) == []


def test_two_studies_hold_the_same_image_apart(
    study: Study, owner: User, folder: Path, media: Path
) -> None:
    import_manifest(study=study, manifest=folder / "manifest.csv")
    import_manifest(study=make_study(owner, "other"), manifest=folder / "manifest.csv")

    assert len(stored(media)) == 2 * 4 * 3


@pytest.mark.django_db(transaction=True)
def test_a_second_import_into_the_study_waits_its_turn(study: Study, folder: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def held_elsewhere() -> None:
        try:
            import_manifest(study=study, manifest=folder / "manifest.csv")
        finally:
            connection.close()

    with (
        study_lock(study),
        ThreadPoolExecutor(1) as other,
        pytest.raises(ImportRunningError, match="wait until it is done"),
    ):
        other.submit(held_elsewhere).result()
    assert import_manifest(study=study, manifest=folder / "manifest.csv").imported == 4


def test_two_rows_that_mean_one_file_are_not_both_imported(study: Study, folder: Path) -> None:
    archive = write_zip(folder / "i.zip", {"set/0.png": picture(0)})
    rows = [row(0), row(0, prompt="another") | {"filename": "set/0.png"}]
    manifest = write_manifest(folder / "m.csv", rows)

    report = import_manifest(study=study, manifest=manifest, images=archive, partial=True)

    (error,) = report.rejected
    assert "is the same file as" in error.message
    assert report.imported == 1


@pytest.mark.parametrize(
    ("case", "manifest", "images", "expected"),
    [
        ("02-zip-nested", "manifest.csv", "images.zip", 3),
        ("03-zip-names", "macos.csv", "macos.zip", 2),
        ("03-zip-names", "ds_store.csv", "ds_store.zip", 2),
    ],
)
def test_archives_that_were_read_wrongly_are_read_rightly(
    study: Study, case: str, manifest: str, images: str, expected: int
) -> None:
    place = require_shared(f"cases/{case}")

    report = import_manifest(study=study, manifest=place / manifest, images=place / images)

    assert (report.imported, report.rejected) == (expected, [])
    assert Stimulus.objects.values("sha256").distinct().count() == expected
