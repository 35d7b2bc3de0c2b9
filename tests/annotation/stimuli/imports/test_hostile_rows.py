"""Whatever one row or one image holds: it is that row's named error, and the good rows go in."""

import json
import lzma
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from annotation.models import ImportJob, Stimulus, Study
from annotation.stimuli.importing import images
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from annotation.stimuli.imports.starting import request_import
from annotation.stimuli.tasks import run_import
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


def line(more: str = "", filename: str = "1.png", prompt: str = "p") -> str:
    """A line of JSONL, each part as it is written."""
    return f'{{"filename": "{filename}", "prompt": "{prompt}", "generator": "g"{more}}}'


#: And what is said about each.
LINES = {
    line(', "seed": 1e999'): "1e999 is out of the range",
    line(', "a": {"b": [1' + "0" * 400 + "]}"): "out of the range",
    line(', "seed": NaN'): "NaN is not JSON",
    line(filename=r"1\u0000.png"): 'column "filename"',
    line(prompt=r"\ud800"): 'column "prompt"',
    line(r', "k\u0000": 1'): "not text",
    line(', "raters": 1e308, "mos_quality": 1'): "is outside 1…",
    line(filename="n" * 270): "not found",
    # In Unicode's composed form, which is the one that is kept, it is the longer one.
    line(filename="\u0958" * 152): "304 characters",
    line(', "a": ' + "[" * 2000 + "1" + "]" * 2000): "nested more than 32 deep",
    line(prompt="p" * 100_001): "at most 100000 fit",
}


def write_lines(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    return tmp_path


def test_each_bad_line_is_named_and_the_good_ones_go_in(study: Study, folder: Path) -> None:
    good = [json.dumps(row(0)), json.dumps(row(2))]
    manifest = write_lines(folder / "m.jsonl", [good[0], *LINES, good[1]])
    report = import_manifest(study=study, manifest=manifest, partial=True)
    assert report.imported == 2
    assert [error.line for error in report.rejected] == list(range(2, 2 + len(LINES)))
    for error, says in zip(report.rejected, LINES.values(), strict=True):
        assert says in error.message


@pytest.mark.parametrize("partial", [True, False])
def test_a_job_keeps_what_it_says_about_bad_lines(
    study: Study, folder: Path, partial: bool
) -> None:
    """The database takes no NUL: what a row holds stands in what is said about it."""
    header = "filename,prompt,generator\n"
    lines = [f"a\0{number}.png,p\0,g\n" for number in range(3)]
    archive = write_zip(folder / "i.zip", {"0.png": picture(0)})
    job = request_import(
        study=study,
        actor=study.owner,
        manifest=ContentFile((header + "".join(lines) + "0.png,p,g\n").encode(), "m.csv"),
        images=ContentFile(archive.read_bytes(), "i.zip"),
        partial=partial,
        options=ImportOptions(),
    )
    run_import(job.pk)
    job = ImportJob.objects.get()
    assert (job.state, job.rejected, job.refusal) == (
        "succeeded" if partial else "failed",
        3,
        {},
    )
    assert job.rejected_rows[0]["filename"] == "a\N{REPLACEMENT CHARACTER}0.png"
    assert Stimulus.objects.count() == int(partial)


def test_a_header_with_nul_is_told(study: Study, folder: Path) -> None:
    job = request_import(
        study=study,
        actor=study.owner,
        manifest=ContentFile(b"file\0name,prompt,generator\na,b,c\n", "m.csv"),
        images=None,
        partial=False,
        options=ImportOptions(labels_only=True),
    )
    run_import(job.pk)
    job = ImportJob.objects.get()
    assert job.state == "failed"
    assert "file\N{REPLACEMENT CHARACTER}name" in job.refusal["params"]["columns"]


def test_a_very_long_cell_is_its_rows_error(study: Study, folder: Path) -> None:
    """Python's reader stops at 131,072 characters; the file is not at fault."""
    rows = [row(0, note=""), row(1, note="x" * 2_000_000), row(2, note="")]
    report = import_manifest(
        study=study, manifest=write_manifest(folder / "m.csv", rows), partial=True
    )
    assert report.imported == 2
    assert [error.sentence() for error in report.rejected] == [
        "note has 2000000 characters; at most 100000 fit"
    ]


def damaged_zip(path: Path, method: int) -> Path:
    """1.png's packed data is overwritten; 0.png and 2.png are whole."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for number in range(3):
            archive.writestr(f"{number}.png", picture(number))
        info = archive.getinfo("1.png")
    data = bytearray(path.read_bytes())
    name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
    start = info.header_offset + 30 + name + extra
    data[start : start + info.compress_size] = b"\xa5" * info.compress_size
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_damaged_data_of_any_packer_is_its_rows_error(
    study: Study, tmp_path: Path, method: int
) -> None:
    archive = damaged_zip(tmp_path / "i.zip", method)
    manifest = write_manifest(tmp_path / "m.csv", [row(number) for number in range(3)])
    report = import_manifest(study=study, manifest=manifest, images=archive, partial=True)
    assert report.imported == 2
    assert ["cannot be read" in error.sentence() for error in report.rejected] == [True]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "needs more memory than there is"),
        (lzma.LZMAError("odd"), "is damaged (odd)"),
        (OverflowError("too big"), "is damaged (too big)"),
        (ValueError("encoder error -2"), "is damaged (encoder error -2)"),
    ],
)
@pytest.mark.parametrize("step", ["picture_of", "as_png", "_thumbnail"])
def test_whatever_a_codec_raises_is_its_rows_error(
    study: Study,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: Exception,
    says: str,
) -> None:
    work: Any = getattr(images, step)

    def odd(image: Any, *further: Any) -> Any:
        if image.getpixel((0, 0)) == first:
            raise error
        return work(image, *further)

    with Image.open(folder / "1.png") as opened:
        first = opened.convert("RGB").getpixel((0, 0))
    monkeypatch.setattr(images, step, odd)
    manifest = write_manifest(folder / "m.csv", [row(number) for number in range(3)])
    report = import_manifest(study=study, manifest=manifest, partial=True)
    assert report.imported == 2
    assert [says in item.sentence() for item in report.rejected] == [True]
