"""Whatever one row or one image holds: it is that row's named error, and the good rows go in."""

import csv
import io
import json
import lzma
import struct
import zipfile
import zlib
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
from tests.annotation.stimuli.files import (
    encoded,
    picture,
    png_that_claims,
    quadrants,
    row,
    write_manifest,
    write_zip,
)

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


#: Cells of a row, each with what is said of it, or "" if it can be kept.
CELLS: list[tuple[dict[str, str], str]] = [
    ({"filename": "1.png\0"}, 'column "filename"'),
    ({"prompt": "a\udcffb"}, 'column "prompt"'),
    ({"generator": "G" * 201}, "201 characters"),
    ({"generator": "G" * 200}, ""),
    ({"filename": "n" * 297 + ".png"}, "301 characters"),
    ({"filename": "猫" * 296 + ".png"}, "not found"),
    ({"filename": "a/" * 149 + "1"}, "not found"),
    ({"filename": "../1.png"}, "points outside"),
    ({"filename": "C:/1.png"}, "points outside"),
    ({"filename": "/1.png"}, "points outside"),
    ({"filename": "."}, "points outside"),
    ({"filename": "\u202egnp.1"}, "not found"),
    ({"filename": "1.png\x7f"}, "not found"),
    ({"prompt": "\ufffd\u200b\U0010ffff"}, ""),
    ({"prompt": "x" * 100_000}, ""),
    ({"prompt": "x" * 100_001}, "at most 100000 fit"),
    ({"mos_quality": "1e400"}, "is not a number"),
    ({"mos_quality": "1e-400"}, ""),
    ({"mos_quality": "4.9e-324"}, ""),
    ({"mos_quality": "-0"}, ""),
    ({"mos_quality": "0x1"}, "is not a number"),
    ({"mos_quality": "９"}, "is outside 0…1"),
    ({"mos_quality": "1", "sd_quality": "-1"}, "is outside 0…1"),
    ({"mos_quality": "1", "raters": "2147483647"}, ""),
    ({"mos_quality": "1", "raters": "2147483648"}, "is outside 1…"),
    ({"mos_quality": "1", "raters": "9" * 4000}, "is not a number"),
    ({"mos_quality": "1", "raters": "0"}, "is outside 1…"),
    ({"attention_check": "yes"}, "has no correct score"),
    ({"attention_check": "yes", "mos_quality": "1"}, "only gold images"),
    ({"note": "\ud83d"}, 'column "note"'),
    ({"note": "\n\r\t" * 100}, ""),
    ({"note": "{" * 90_000}, ""),
    ({"note": '=cmd|"/c calc"!A0'}, ""),
]
#: Further columns that a row of JSON may have.
VALUES: list[tuple[str, str]] = [
    ("1e308", ""),
    ("-1e308", ""),
    ("5e-324", ""),
    ("1e-500", ""),
    ("9" * 308, ""),
    ("1" + "0" * 309, "out of the range"),
    ("-1e999", "out of the range"),
    ("[" * 40 + "]" * 40, "nested more than"),
    ("[" * 100_000 + "]" * 100_000, "nested more than"),
    (json.dumps("x" * 100_001), "at most 100000 fit"),
    (json.dumps(["x" * 90_000] * 30), "at most 2000000 fit"),
    (json.dumps([0] * 400_000), ""),
    (json.dumps({"k" * 70_000: 1}), ""),
    (r'"\ud800"', 'column "v"'),
    (r'{"\u0000": 1}', "not text"),
    ("tru", "not a JSON object"),
    ("Infinity", "not JSON"),
]


def test_every_kind_of_hostile_cell_is_its_rows_error_or_kept(study: Study, folder: Path) -> None:
    (folder / "images").mkdir()
    columns = [*row(0), "mos_quality", "sd_quality", "raters", "attention_check", "note"]
    rows, images_of = [], {}
    for number, (cells, says) in enumerate(CELLS):
        rows.append({**dict.fromkeys(columns, ""), **row(number), **cells})
        images_of[rows[-1]["filename"]] = says
        if rows[-1]["filename"] == f"{number}.png":
            (folder / "images" / f"{number}.png").write_bytes(picture(number % 3))
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns)
    writer.writeheader()
    writer.writerows(rows)
    (folder / "m.csv").write_bytes(buffer.getvalue().encode("utf-8", "surrogatepass"))
    report = import_manifest(
        study=study, manifest=folder / "m.csv", images=folder / "images", partial=True
    )
    said = {error.row: error.message for error in report.rejected}
    for number, (cells, says) in enumerate(CELLS, start=1):
        assert (says in said.get(number, "")) if says else number not in said, (cells, said)
    assert report.imported == sum(not says for _cells, says in CELLS)


def test_every_kind_of_hostile_value_is_its_rows_error_or_kept(study: Study, folder: Path) -> None:
    lines = [
        line(f', "v": {value}', f"{number}.png") for number, (value, _says) in enumerate(VALUES)
    ]
    for number in range(len(VALUES)):
        (folder / f"{number}.png").write_bytes(picture(number % 3))
    lines = [text.replace('"prompt": "p"', f'"prompt": "p{at}"') for at, text in enumerate(lines)]
    manifest = write_lines(folder / "m.jsonl", lines)
    report = import_manifest(study=study, manifest=manifest, partial=True)
    said = {error.line: error.message for error in report.rejected}
    for number, (value, says) in enumerate(VALUES, start=1):
        assert (says in said.get(number, "")) if says else number not in said, value[:40]
    assert report.imported == sum(not says for _value, says in VALUES)


def hostile_files() -> dict[str, tuple[bytes, str]]:
    """Images by their names, each with what is said of it, or "" if it can be kept."""
    png, jpeg = picture(1), encoded(quadrants(), "JPEG")
    webp = encoded(quadrants(), "WEBP")
    zeros = b"a\0\0" + zlib.compress(bytes(10**8))
    return {
        "empty": (b"", "is an empty file"),
        "text": (b"hello", "is not an image"),
        "cut_png": (png[:-30], "is damaged"),
        "head_of_png": (png[:20], "is damaged"),
        "signature": (png[:8], "is not an image"),
        "cut_jpeg": (jpeg[:-40], "is damaged"),
        "cut_webp": (webp[: len(webp) // 2], "is damaged"),
        "bomb": (png_that_claims(60_000, 60_000), "too many pixels"),
        "large_claim": (png_that_claims(8192, 8192), "is damaged"),
        "negative": (png_that_claims(2**32 - 1, 2**32 - 1), "too many pixels"),
        "no_pixels": (png_that_claims(0, 0), "is"),
        "text_bomb": (
            with_chunk(png, b"zTXt", zeros),
            "is damaged",
        ),
        "profile_bomb": (
            with_chunk(png, b"iCCP", zeros),
            "is damaged",
        ),
        "odd_exif": (with_chunk(png, b"eXIf", b"MM\0*" + b"\xff" * 200), ""),
        "wrong_check_sum": (png[:-20] + b"xxxx" + png[-16:], "is damaged"),
        "gif": (encoded(quadrants(), "GIF"), "is GIF"),
        "tiff": (encoded(quadrants(), "TIFF"), "is TIFF"),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "HTML, SVG or XML"),
        "pdf": (b"%PDF-1.7", "is PDF"),
        "heic": (b"\0\0\0\x18ftypheic" + bytes(99), "AVIF, HEIC or video"),
        "tail": (png + b"PK\x03\x04" * 100, ""),
        "good": (png, ""),
    }


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """`png` with a chunk after its header."""
    crc = zlib.crc32(kind + data)
    return png[:33] + struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc) + png[33:]


@pytest.mark.parametrize("packed", [True, False])
def test_every_kind_of_hostile_file_is_its_rows_error_or_kept(
    study: Study, tmp_path: Path, packed: bool
) -> None:
    files = hostile_files()
    data = {f"{name}.png": data for name, (data, _says) in files.items()}
    source = tmp_path / "images"
    if packed:
        source = write_zip(tmp_path / "i.zip", data)
    else:
        source.mkdir()
        for name, content in data.items():
            (source / name).write_bytes(content)
    rows = [row(number, filename=name) for number, name in enumerate(data)]
    manifest = write_manifest(tmp_path / "m.csv", rows)
    report = import_manifest(study=study, manifest=manifest, images=source, partial=True)
    said = {error.filename.removesuffix(".png"): error.message for error in report.rejected}
    assert {name for name in files if name in said} == {
        name for name, (_data, says) in files.items() if says
    }
    for name, message in said.items():
        assert files[name][1] in message, (name, message)
    assert report.imported == sum(not says for _data, says in files.values())


def test_an_image_for_which_memory_runs_out_is_its_rows_error(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it runs out: while the file is read, opened, looked at, or stored."""
    manifest = write_manifest(folder / "m.csv", [row(number) for number in range(3)])
    for place in ("_open", "_check_size", "_check_still", "_rendered"):
        work: Any = getattr(images, place)

        def short(first: Any, *further: Any, work: Any = work) -> Any:
            name = first if isinstance(first, str) else ""
            if name == "1.png" or (not name and first.data == picture(1)):
                raise MemoryError
            return work(first, *further)

        with monkeypatch.context() as patched:
            patched.setattr(images, place, short)
            report = import_manifest(study=study, manifest=manifest, partial=True)
        assert ["memory" in error.message for error in report.rejected] == [True], place
