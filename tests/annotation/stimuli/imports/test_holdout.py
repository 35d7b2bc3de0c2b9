"""What an import holds out, and what it says of it: by group of prompts, or image by image."""

import csv
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from annotation.models import Generator, Prompt, Stimulus, Study
from annotation.stimuli.holdout import holdout_state
from annotation.stimuli.imports.report import ImportReport
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from annotation.studies.selectors import stimuli_of
from tests.annotation.stimuli.files import picture, row, write_manifest
from tests.factories import make_study
from tests.shared_data import require_shared
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

CASES = "cases/04-near-equal-prompts", "cases/05-one-prompt"


@pytest.fixture
def study(owner: User) -> Study:
    return make_study(owner, "drawn", holdout_share=0.2)


def _import(study: Study, folder: Path, prompts: Iterable[str], first: int = 0) -> ImportReport:
    """One image per prompt, numbered from `first`."""
    rows = [{**row(number), "prompt": prompt} for number, prompt in enumerate(prompts, start=first)]
    for number in range(first, first + len(rows)):
        (folder / f"{number}.png").write_bytes(picture(number))
    return import_manifest(study=study, manifest=write_manifest(folder / "m.csv", rows))


def _said(report: ImportReport) -> str:
    return "\n".join(remark.sentence() for remark in report.remarks)


def _splits(study: Study) -> list[str]:
    return list(Stimulus.objects.filter(study=study).order_by("pk").values_list("split", flat=True))


def test_spellings_of_a_prompt_share_a_side_and_are_kept_as_written(study: Study) -> None:
    """Of six prompts, each spelled in eight ways, one is held out with its eight images: one is
    nearest to 6 × 0.2 = 1.2, or two with sixteen."""
    folder = require_shared(CASES[0])
    options = {"study": study, "images": folder / "images.zip"}

    report = import_manifest(manifest=folder / "manifest.csv", **options)  # type: ignore[arg-type]

    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        written = {item["filename"]: item["prompt"] for item in csv.DictReader(file)}
    found = Stimulus.objects.select_related("prompt")
    assert {item.filename: item.prompt.text for item in found} == written
    assert Prompt.objects.count() == len(set(written.values())) == 48
    sides = {(int(item.filename[1:3]) // 8, item.split) for item in found}
    assert len(sides) == 6
    assert [split for _prompt, split in sides].count("holdout") in (1, 2)
    assert "Prompts: 48 texts are 6 prompts." in _said(report)
    assert "of 6 new prompts were held out" in _said(report)
    before = list(Stimulus.objects.order_by("pk").values())
    again = import_manifest(manifest=folder / "manifest_decomposed.csv", **options)  # type: ignore[arg-type]
    assert (again.imported, again.updated, again.unchanged, again.rejected) == (0, 0, 1, [])
    assert list(Stimulus.objects.order_by("pk").values()) == before
    assert Prompt.objects.count() == 48


@pytest.mark.parametrize("second", ["一只红色的狗。", "一只红色的\n狗", "一只 红色的狗"])
def test_a_later_spelling_joins_its_prompt(study: Study, tmp_path: Path, second: str) -> None:
    _import(study, tmp_path, ["一只红色的狗", *(f"prompt {n}" for n in range(9))])
    (side,) = _splits(study)[:1]

    _import(study, tmp_path, [second] * 3, first=10)

    assert _splits(study)[10:] == [side] * 3


def test_the_same_image_of_another_spelling_is_the_same_image(study: Study, tmp_path: Path) -> None:
    rows = [row(0), {**row(0), "filename": "again.png", "prompt": "Prompt 0."}]
    for item in rows:
        (tmp_path / str(item["filename"])).write_bytes(picture(0))

    report = import_manifest(study=study, manifest=write_manifest(tmp_path / "m.csv", rows))

    assert (report.imported, report.duplicates) == (1, 1)


def test_names_of_a_generator_are_one_under_the_first(study: Study, tmp_path: Path) -> None:
    cafe = "Caf\N{LATIN SMALL LETTER E WITH ACUTE} XL"
    names = [cafe, unicodedata.normalize("NFD", cafe), "caf\xe9  xl ", "Caf\xe9 2"]
    rows = [{**row(number), "generator": name} for number, name in enumerate(names)]
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(picture(number))

    report = import_manifest(study=study, manifest=write_manifest(tmp_path / "m.csv", rows))

    assert list(Generator.objects.order_by("pk").values_list("name", flat=True)) == [
        cafe,
        "Caf\xe9 2",
    ]
    assert "Generators: 4 names are 2 generators." in _said(report)
    assert stimuli_of(study, filters={"generator": "CAF\xc9 XL"}).count() == 3
    assert import_manifest(study=study, manifest=tmp_path / "m.csv").unchanged == 4


def test_of_a_single_prompt_images_are_held_out_in_any_study(owner: User) -> None:
    folder = require_shared(CASES[1])
    drawn = set()
    for number in range(3):
        study = make_study(owner, f"one-{number}", holdout_share=0.2, seed=number)
        report = import_manifest(
            study=study, manifest=folder / "manifest.csv", images=folder / "images.zip"
        )
        assert Counter(_splits(study)) == {"pool": 24, "holdout": 6}  # 30 × 0.2
        assert "6 of 30 new images were held out one by one" in _said(report)
        assert "The study has only one prompt" in _said(report)
        drawn.add(tuple(_splits(study)))
    assert len(drawn) == 3


@pytest.mark.parametrize("prompts", [["a", "b"], ["a", "b", "A."], ["a"] * 9 + ["b"], list("abcd")])
def test_with_two_prompts_or_more_each_side_has_one(
    owner: User, tmp_path: Path, prompts: list[str]
) -> None:
    for number in range(4):
        study = make_study(owner, f"few-{number}", holdout_share=0.2, seed=number)
        _import(study, tmp_path, prompts)
        state = holdout_state(study)
        assert (state.holdout_prompts, state.shared_prompts) == (1, 0)
        assert state.remarks() == []


def test_the_advice_on_an_empty_hold_out_is_right(study: Study, tmp_path: Path) -> None:
    """A single image can only be learnt from; what it says to do then fills the hold-out."""
    report = _import(study, tmp_path, ["a"])
    assert "Hold-out: the new image is not held out. It was drawn by itself" in _said(report)
    assert "The hold-out is empty. Import at least one image of a prompt" in _said(report)

    report = _import(study, tmp_path, ["b"], first=1)

    assert _splits(study) == ["pool", "holdout"]
    assert _said(report).startswith("Hold-out: the new prompt is held out, with all its images.")
    assert holdout_state(study).remarks() == []


def test_the_second_prompt_moves_no_image_of_the_first(study: Study, tmp_path: Path) -> None:
    _import(study, tmp_path, ["a"] * 10)
    before = _splits(study)
    assert Counter(before) == {"pool": 8, "holdout": 2}

    report = _import(study, tmp_path, ["b"] * 5, first=10)

    after = _splits(study)
    assert after[:10] == before
    assert len(set(after[10:])) == 1
    assert "Prompts with images on both sides: 1." in _said(report)


def test_images_that_nothing_was_held_out_of_say_what_to_do(owner: User, tmp_path: Path) -> None:
    study = make_study(owner, "none", holdout_share=0)
    report = _import(study, tmp_path, ["a", "b", "c"])
    assert "raise the share, then import at least one prompt" in _said(report)
    study.holdout_share = 0.2
    study.save(update_fields=["holdout_share"])
    report = _import(study, tmp_path, ["a"], first=3)
    assert _splits(study) == ["pool"] * 4
    assert "The hold-out is empty. Import at least one image of a prompt" in _said(report)

    _import(study, tmp_path, ["d"], first=4)

    assert _splits(study)[4] == "holdout"


def test_gold_images_are_not_held_out_but_join_their_prompt(study: Study, tmp_path: Path) -> None:
    _import(study, tmp_path, ["a", "b"])
    for number in range(2, 5):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    rows = [{**row(number), "prompt": text} for number, text in ((2, "A."), (3, "B"), (4, "c"))]

    import_manifest(
        study=study,
        manifest=write_manifest(tmp_path / "gold.csv", rows),
        options=ImportOptions(purpose="gold"),
    )

    first, second, *gold = _splits(study)
    assert gold == [first, second, "pool"]


def test_the_side_that_a_manifest_names_is_kept(study: Study, tmp_path: Path) -> None:
    rows = [row(number, split="holdout" if number == 2 else "pool") for number in range(4)]
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(picture(number))

    report = import_manifest(study=study, manifest=write_manifest(tmp_path / "m.csv", rows))

    assert _splits(study) == ["pool", "pool", "holdout", "pool"]
    assert "4 images are on the side that the manifest names" in _said(report)
    assert Stimulus.objects.filter(metadata={}).count() == 4


def test_a_split_of_somebody_else_s_is_metadata(study: Study, tmp_path: Path) -> None:
    rows = [row(number, split="train" if number else "test") for number in range(4)]
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(picture(number))

    import_manifest(study=study, manifest=write_manifest(tmp_path / "m.csv", rows))

    assert Counter(_splits(study)) == {"pool": 3, "holdout": 1}
    assert Stimulus.objects.get(filename="0.png").metadata == {"split": "test"}
