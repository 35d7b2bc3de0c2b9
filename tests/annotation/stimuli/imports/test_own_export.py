"""Importing what the product exported: the same images on the same sides, and nothing of raters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotation.models import OpinionScore, Stimulus, Study
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import exported as exported_by
from annotation.opinion.imported import scale_of
from annotation.stimuli.imports.report import ImportReport
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from tests.annotation.stimuli.files import picture, row, scored, write_jsonl
from tests.factories import make_study, perspective
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

_FIELDS = (
    "filename",
    "prompt__text",
    "generator__name",
    "split",
    "purpose",
    "attention_check",
    "sha256",
    "metadata",
)


@pytest.fixture
def filled(owner: User, tmp_path: Path) -> Study:
    """Twelve images of two prompts spelled in two ways and of four more, with metadata, two gold
    ones with published scores, and ratings."""
    study = make_study(owner, "first", holdout_share=0.3)
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    (tmp_path / "-minus.png").write_bytes(picture(12))
    prompts = ["a", "b", "A.", "B", "=c", "d", "e", "f", "a", "b", "'", "一只狗。"]
    rows = [
        {**row(number), "prompt": prompt, "seed": number, "split_of": "mine"}
        for number, prompt in enumerate(prompts)
    ]
    rows[3] |= {"nested": {"sampler": {"name": "euler"}}, "mos_quality": 4, "sd_quality": 0.5}
    rows.append({**row(12), "filename": "-minus.png", "prompt": "z", "split": "test"})
    on_five = ImportOptions(mapping=scored(1, 5))
    report = import_manifest(
        study=study, manifest=write_jsonl(tmp_path / "m.jsonl", rows), options=on_five
    )
    assert report.imported == 13
    gold = [row(20, mos_quality=2, raters=7), row(21, mos_quality=5, attention_check="yes")]
    for number in (20, 21):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    import_manifest(
        study=study,
        manifest=write_jsonl(tmp_path / "gold.jsonl", gold),
        options=ImportOptions(purpose="gold", mapping=scored(1, 5)),
    )
    for stimulus in Stimulus.objects.filter(purpose="main")[:4]:
        rate(stimulus, study.raters.create(), (3, 4, 5))
    return study


@pytest.fixture
def exported(filled: Study, tmp_path: Path) -> Callable[[str], Path]:
    def export(name: str) -> Path:
        path = tmp_path / f"export.{FORMATS[name].extension}"
        path.write_bytes(b"".join(exported_by(filled, FORMATS[name])))
        return path

    return export


def _images(study: Study) -> list[dict[str, Any]]:
    return list(Stimulus.objects.filter(study=study).order_by("filename").values(*_FIELDS))


def _published(study: Study) -> list[tuple[str, str, float, float | None, int | None]]:
    """On 0…1."""
    rows = OpinionScore.objects.filter(study=study, release__kind="imported")
    found = []
    for item in rows.select_related("release", "stimulus", "perspective").order_by("stimulus"):
        scale = scale_of(item.release)
        sd = None if item.sd is None else scale.spread(item.sd)
        key = item.perspective.key
        found.append((item.stimulus.filename, key, scale.of(item.value), sd, item.n))
    return found


def _said(report: ImportReport) -> str:
    return " ".join(remark.sentence() for remark in report.remarks)


@pytest.mark.parametrize("name", ["nested", "jsonl", "csv"])
def test_an_export_gives_the_same_images_on_the_same_sides(
    owner: User, filled: Study, exported: Callable[[str], Path], name: str
) -> None:
    second = make_study(owner, "second", holdout_share=0.3, seed=99)

    report = import_manifest(study=second, manifest=exported(name))

    assert (report.rejected, report.imported) == ([], 15)
    assert _images(second) == _images(filled)
    assert _published(second) == [
        ("3.png", "quality", 0.75, 0.125, None),
        ("20.png", "quality", 0.25, None, 7),
        ("21.png", "quality", 1.0, None, None),
    ]
    assert second.raters.count() == 0
    assert "Ratings, opinion scores and what else is about raters cannot be" in _said(report)
    assert "13 images are on the side that the manifest names" in _said(report)
    again = import_manifest(study=second, manifest=exported(name))
    assert (again.unchanged, again.updated) == (15, 0)


def test_scores_come_back_on_the_scale_that_was_asked_for(
    owner: User, filled: Study, exported: Callable[[str], Path]
) -> None:
    second = make_study(owner, "second")
    options = ImportOptions(mapping=scored(0, 100, "lower"))

    import_manifest(study=second, manifest=exported("nested"), options=options)

    score = OpinionScore.objects.get(study=second, stimulus__filename="3.png")
    assert (score.value, score.sd) == (25, 12.5)
    assert score.perspective == perspective(second, "quality")


def test_into_its_own_study_an_export_changes_nothing(
    filled: Study, exported: Callable[[str], Path]
) -> None:
    before = _images(filled)
    options = ImportOptions(mapping=scored(1, 5))

    report = import_manifest(study=filled, manifest=exported("nested"), options=options)

    assert (report.unchanged, report.updated, report.imported) == (15, 0, 0)
    assert _images(filled) == before


def test_a_prompt_of_the_study_keeps_its_side_and_that_is_said(
    owner: User, filled: Study, exported: Callable[[str], Path], tmp_path: Path
) -> None:
    held = Stimulus.objects.filter(study=filled, split="holdout", purpose="main").first()
    assert held is not None
    second = make_study(owner, "second", holdout_share=0)
    (tmp_path / "own.png").write_bytes(picture(30))
    own = {"filename": "own.png", "prompt": held.prompt.text.upper(), "generator": "x"}
    import_manifest(study=second, manifest=write_jsonl(tmp_path / "own.jsonl", [own]))

    report = import_manifest(study=second, manifest=exported("nested"))

    assert Stimulus.objects.get(study=second, filename=held.filename).split == "pool"
    assert "images are not on the side that the manifest names" in _said(report)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"split": "train"}, 'split "train" is not one of pool, holdout'),
        ({"purpose": "other"}, 'purpose "other" is not one of main, practice, gold'),
        ({"published": [{"mos": "x"}]}, "the published scores of the export cannot be read"),
        ({"metadata": [1]}, "the metadata of the export is not a JSON object"),
        ({"metadata": "{"}, "the metadata of the export is not a JSON object"),
    ],
)
def test_an_export_that_was_changed_is_refused_by_its_row(
    owner: User,
    exported: Callable[[str], Path],
    tmp_path: Path,
    change: dict[str, Any],
    problem: str,
) -> None:
    lines = exported("nested").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    rows[1] |= change
    second = make_study(owner, "second")

    report = import_manifest(
        study=second, manifest=write_jsonl(tmp_path / "changed.jsonl", rows), partial=True
    )

    assert [(error.row, error.sentence()) for error in report.rejected] == [(2, problem)]
    assert report.imported == 14


def test_metadata_in_columns_of_their_own_are_read_too(owner: User, tmp_path: Path) -> None:
    """As a table with one row per image has them."""
    (tmp_path / "0.png").write_bytes(picture(0))
    header = "stimulus,filename,prompt,generator,split,purpose,attention_check,sha256,mos_quality,metadata_seed,metadata_note"  # noqa: E501 -- one line
    cells = "7,0.png,'=a,'@g,holdout,main,False,0f,4.5,12,"
    (tmp_path / "m.csv").write_text(f"{header}\n{cells}\n", encoding="utf-8")
    second = make_study(owner, "second")

    report = import_manifest(study=second, manifest=tmp_path / "m.csv")

    assert report.rejected == []
    stimulus = Stimulus.objects.get()
    assert (stimulus.prompt.text, stimulus.generator.name) == ("=a", "@g")
    assert (stimulus.split, stimulus.metadata) == ("holdout", {"seed": "12"})
    assert not OpinionScore.objects.exists()


def test_a_table_with_a_row_per_image_gives_the_same_sides_without_published_scores(
    owner: User, filled: Study, exported: Callable[[str], Path]
) -> None:
    second = make_study(owner, "second", holdout_share=0.3, seed=99)

    report = import_manifest(study=second, manifest=exported("images"), partial=True)

    # An attention check is nothing without its scores.
    assert [error.filename for error in report.rejected] == ["21.png"]
    facts = ("filename", "prompt__text", "generator__name", "split", "purpose")
    images = Stimulus.objects.exclude(filename="21.png").order_by("filename")
    assert list(images.filter(study=second).values(*facts)) == list(
        images.filter(study=filled).values(*facts)
    )
    assert Stimulus.objects.get(study=second, filename="2.png").metadata == {
        "seed": "2",
        "split_of": "mine",
    }
    assert not _published(second)
