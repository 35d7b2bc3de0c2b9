"""Folders and ZIPs of images without a manifest."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from annotation.models import ImportJob, Stimulus, Study
from annotation.stimuli.importing.folder import holds_images, read_folder
from annotation.stimuli.importing.gaps import Gap
from annotation.stimuli.importing.problems import ArchiveError
from annotation.stimuli.importing.sources import open_source
from annotation.stimuli.imports.jobs import run_import_job
from annotation.stimuli.mapping.errors import MappingError
from annotation.stimuli.mapping.own import refuse_fills
from tests.conftest import Sent
from workbench.accounts.models import User

_SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 12, Size: 32x32"


def _image(number: int, text: str = "") -> bytes:
    info = PngInfo()
    if text:
        info.add_text("parameters", text)
    stream = io.BytesIO()
    Image.new("RGB", (32, 32), (number, 9, 9)).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def _files() -> dict[str, bytes]:
    return {
        "a.png": _image(1, f"a plum\nNegative prompt: blur\n{_SETTINGS}, Model: plum_v1"),
        "SDXL/b.png": _image(2),
        "SDXL/b.txt": b"a fig",
        "SDXL/c.png": _image(3),
        "metadata.csv": b"file_name,prompt,seed\nSDXL/c.png,a pear,5\n",
        "readme.md": b"notes",
    }


def _folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_rows_from_images_texts_tables_and_folders(tmp_path: Path) -> None:
    manifest = read_folder(open_source(_folder(tmp_path, _files())))
    assert not manifest.errors
    assert [(row.filename, row.prompt, row.generator) for row in manifest.rows] == [
        ("SDXL/b.png", "a fig", "SDXL"),
        ("SDXL/c.png", "a pear", "SDXL"),
        ("a.png", "a plum", "plum_v1"),
    ]
    assert manifest.rows[1].metadata == {
        "seed": "5",
        "found_in": {"prompt": "table", "generator": "folder", "seed": "table"},
    }
    assert manifest.rows[2].metadata["negative_prompt"] == "blur"


def test_what_is_not_said_is_an_error_by_name(tmp_path: Path) -> None:
    files = {"a.png": _image(1, f"\n{_SETTINGS}, Model: m"), "b.png": _image(2), "b.txt": b"a fig"}
    manifest = read_folder(open_source(_folder(tmp_path, files)))
    assert [error.sentence() for error in manifest.errors] == [
        'no prompt was found for "a.png"',
        'no generator was found for "b.png"',
    ]
    assert '"a.txt" next to the image' in manifest.errors[0].advice()


def test_a_picture_that_is_not_read_is_named(tmp_path: Path) -> None:
    files = {**_files(), "SDXL/heron.AVIF": b"x", "__MACOSX/c.gif": b"x"}
    manifest = read_folder(open_source(_folder(tmp_path, files)))
    assert [(error.row, error.sentence(), error.advice()) for error in manifest.errors] == [
        (4, 'image "SDXL/heron.AVIF" is AVIF', "save it as JPEG, PNG or WebP")
    ]
    assert len(manifest.rows) == 3


@pytest.mark.parametrize(
    "names", [("plums/a.png", "plums/b.png"), ("images/a.png", "b.png"), ("x/Train/a.png", "b.png")]
)
def test_a_folder_that_names_no_generator_is_not_one(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    files = {name: _image(number) for number, name in enumerate(names)}
    texts = {name.replace(".png", ".txt"): b"a plum" for name in names}
    source = open_source(_folder(tmp_path, files | texts))
    rows = read_folder(source, {"generator": "plum_v1"}).rows
    assert [row.generator for row in rows] == ["plum_v1", "plum_v1"]


def test_a_folder_with_a_manifest_or_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no JPEG, PNG or WebP"):
        read_folder(open_source(_folder(tmp_path, {"x.txt": b"x"})))
    with pytest.raises(ArchiveError, match="come with a manifest"):
        read_folder(open_source(_folder(tmp_path, {"x.png": _image(1), "manifest.csv": b""})))


def test_a_workbook_is_no_archive_of_images(tmp_path: Path) -> None:
    workbook = {"[Content_Types].xml": b"<x/>", "xl/media/image1.png": _image(1)}
    assert not holds_images(_zip(tmp_path / "a.xlsx", workbook))
    assert not holds_images(tmp_path / "none.csv")
    assert holds_images(_zip(tmp_path / "a.zip", {"x/a.PNG": b""}))


@pytest.mark.parametrize("pack", [_folder, _zip])
def test_they_are_imported(study: Study, tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    place = pack(tmp_path / "images", _files())
    call_command("import_stimuli", study.slug, str(place), stdout=io.StringIO())
    named = Stimulus.objects.values_list("prompt__text", "generator__name").order_by("filename")
    assert list(named) == [("a fig", "SDXL"), ("a pear", "SDXL"), ("a plum", "plum_v1")]


def test_one_that_lacks_its_prompt_stops_the_import(study: Study, tmp_path: Path) -> None:
    place = _folder(tmp_path, {**_files(), "d/d.png": _image(4)})
    err = io.StringIO()
    with pytest.raises(CommandError, match="3 of 4 rows can be imported"):
        call_command("import_stimuli", study.slug, str(place), stderr=err)
    assert 'no prompt was found for "d/d.png"' in err.getvalue()
    assert not Stimulus.objects.exists()


def test_a_zip_alone_is_uploaded(
    study: Study, owner: User, client: Client, tmp_path: Path, sent: Sent
) -> None:
    client.force_login(owner)
    page = client.post("/studies/demo/import/", {"purpose": "main"}).content.decode()
    assert "Add a ZIP of images, a manifest, or both." in page
    with _zip(tmp_path / "plums.zip", _files()).open("rb") as images:
        client.post("/studies/demo/import/", {"purpose": "main", "images": images})
    job = ImportJob.objects.get()
    run_import_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.manifest_name, job.state, job.imported) == ("plums.zip", "succeeded", 3)
    assert client.get(job.get_absolute_url()).status_code == 200


def _gaps() -> dict[str, bytes]:
    return {**_files(), "d.png": _image(4), "SDXL/e.png": _image(5)}


def _described() -> list[tuple[str, ...]]:
    fields = ("filename", "prompt__text", "generator__name")
    return list(Stimulus.objects.values_list(*fields).order_by("filename"))


_FILLED = [
    ("SDXL/b.png", "a fig", "SDXL"),
    ("SDXL/c.png", "a pear", "SDXL"),
    ("SDXL/e.png", "a quince", "SDXL"),
    ("a.png", "a plum", "plum_v1"),
    ("d.png", "a quince", "FLUX.1"),
]


def test_what_images_do_not_say_is_given_for_all_of_them(study: Study, tmp_path: Path) -> None:
    place = _folder(tmp_path, _gaps())
    constants = ("--constant", "generator=FLUX.1", "--constant", "prompt=a quince")
    call_command("import_stimuli", study.slug, str(place), *constants, stdout=io.StringIO())
    assert sorted(_described()) == _FILLED
    given = Stimulus.objects.get(filename="d.png").metadata
    assert given == {"found_in": {"prompt": "given", "generator": "given"}}


def test_only_prompt_and_generator_are_given_for_all(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match='"filename" is no column'):
        call_command(
            "import_stimuli", study.slug, str(_folder(tmp_path, _gaps())), "--constant=filename=a"
        )


def test_a_dry_run_says_where_it_found_what_and_what_is_missing_and_is_filled_in(
    study: Study, owner: User, client: Client, tmp_path: Path, sent: Sent
) -> None:
    client.force_login(owner)
    sending = {"purpose": "main", "dry_run": "on", "generator": "FLUX.1"}
    with _zip(tmp_path / "plums.zip", _gaps()).open("rb") as images:
        client.post("/studies/demo/import/", {**sending, "images": images})
    job = ImportJob.objects.get()
    run_import_job(job_id=job.pk)
    shown = client.get(job.get_absolute_url()).content.decode()
    for place in ("from the image", "text file next to it", "table", "folder name"):
        assert f'<div class="small muted">{place}</div>' in shown
    assert 'name="fill_prompt_5" aria-label="Prompt of d.png"' in shown
    picture = client.get(f"{job.get_absolute_url()}pictures/5/")
    assert Image.open(io.BytesIO(picture.content)).format == "JPEG"
    assert picture["Content-Type"] == "image/jpeg"
    # Row 1 lacks nothing, so there is no picture of it to be had.
    assert client.get(f"{job.get_absolute_url()}pictures/1/").status_code == 404
    assert 'name="constant_generator" value="FLUX.1"' in shown
    filled = {"constant_generator": "FLUX.1", "constant_prompt": "a quince"}
    client.post(f"{job.get_absolute_url()}retry/", filled)
    again = ImportJob.objects.latest("pk")
    run_import_job(job_id=again.pk)
    assert again.constants == {"generator": "FLUX.1", "prompt": "a quince"}
    assert sorted(_described()) == _FILLED


def test_with_a_manifest_nothing_is_given_for_images(
    study: Study, owner: User, client: Client, tmp_path: Path
) -> None:
    client.force_login(owner)
    with _zip(tmp_path / "plums.zip", _files()).open("rb") as images:
        manifest = io.BytesIO(b"filename,prompt,generator\n")
        manifest.name = "m.csv"
        sending = {"purpose": "main", "images": images, "manifest": manifest, "prompt": "x"}
        page = client.post("/studies/demo/import/", sending).content.decode()
    assert "Only for images without a manifest, which has a column." in page
    assert not ImportJob.objects.exists()


def test_names_that_are_too_long_are_errors_of_their_images(tmp_path: Path) -> None:
    long = "d" * 160
    source = open_source(_folder(tmp_path, {f"{long}/{long}/a.png": _image(1), "b.png": _image(2)}))
    manifest = read_folder(source, {"prompt": "a plum", "generator": "g" * 201})
    first, second = (error.sentence() for error in manifest.errors)
    assert "201" in first
    assert "filename" in second


def test_an_image_that_is_filled_in_by_itself_is_what_the_person_says(tmp_path: Path) -> None:
    source = open_source(_folder(tmp_path, _gaps()))
    fills = {"d.png": {"prompt": "a medlar"}, "a.png": {"generator": "plum_v2"}}
    manifest = read_folder(source, {"generator": "FLUX.1"}, fills)
    rows = {row.filename: row for row in manifest.rows}
    assert (rows["d.png"].prompt, rows["d.png"].generator) == ("a medlar", "FLUX.1")
    assert rows["d.png"].metadata == {"found_in": {"prompt": "row", "generator": "given"}}
    assert (rows["a.png"].prompt, rows["a.png"].generator) == ("a plum", "plum_v2")
    [gap] = manifest.gaps
    assert (gap.row, gap.filename, gap.prompt, gap.generator) == (3, "SDXL/e.png", "", "SDXL")
    assert gap.found_in == {"generator": "folder"}
    assert gap.reasons() == ["the file holds no metadata"]
    assert Gap.from_json(gap.to_json()) == gap


def test_files_next_to_images_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    files = {**_files(), "SDXL/b.json": b"{", "metadata.jsonl": b'{"file_name": "a.png"}\n{"\n'}
    manifest = read_folder(open_source(_folder(tmp_path, files)))
    assert len(manifest.rows) == 3
    assert [(note.row, note.sentence()) for note in manifest.notes] == [
        (1, 'some of what "SDXL/b.json" says of the image cannot be read')
    ]
    assert [remark.sentence() for remark in manifest.remarks] == [
        'Not all rows of "metadata.jsonl" could be read: it is damaged, or too large.'
    ]


def test_a_manifest_in_the_folder_that_was_packed_is_not_overlooked(tmp_path: Path) -> None:
    files = {"plums/x.png": _image(1), "plums/Manifest.csv": b"", "plums/y/manifest.csv": b""}
    with pytest.raises(ArchiveError, match="come with a manifest") as refused:
        read_folder(open_source(_zip(tmp_path / "plums.zip", files)))
    assert refused.value.params == {"name": "plums/Manifest.csv"}


@pytest.mark.parametrize(
    ("fills", "said"),
    [
        ({"a.png": {"seed": "1"}}, '"seed" is no column'),
        ({"a.png": {"generator": "g" * 201}}, 'the generator of "a.png" has more than 200'),
        ({f"{number}.png": {} for number in range(10_001)}, "more than 10000 images"),
    ],
)
def test_what_cannot_be_said_of_single_images_is_refused(
    fills: dict[str, dict[str, str]], said: str
) -> None:
    with pytest.raises(MappingError, match=said):
        refuse_fills(fills)


def test_pictures_go_in_without_a_zip(
    study: Study, owner: User, client: Client, sent: Sent
) -> None:
    client.force_login(owner)
    filled = {"purpose": "main", "prompt": "a plum", "generator": "plum_v1"}
    for names in ("ab", "a"):
        chosen = [SimpleUploadedFile(f"{name}.png", _image(ord(name))) for name in names]
        answer = client.post("/studies/demo/import/", {**filled, "images": chosen})
        assert answer.status_code == 302, answer.content.decode()
        run_import_job(job_id=ImportJob.objects.latest("pk").pk)
    assert list(ImportJob.objects.order_by("pk").values_list("manifest_name", "state")) == [
        ("a.png+1.zip", "succeeded"),
        ("a.png.zip", "succeeded"),
    ]
    assert _described() == [("a.png", "a plum", "plum_v1"), ("b.png", "a plum", "plum_v1")]


def test_gaps_are_filled_in_by_api(
    study: Study, owner: User, client: Client, tmp_path: Path, sent: Sent
) -> None:
    client.force_login(owner)
    with _zip(tmp_path / "plums.zip", _gaps()).open("rb") as images:
        sending = {"images": images, "dry_run": True, "constants": '{"generator": "FLUX.1"}'}
        job = client.post("/api/v1/studies/demo/imports/", sending).json()
    run_import_job(job_id=job["id"])
    address = f"/api/v1/studies/demo/imports/{job['id']}/"
    found = client.get(address).json()
    assert (found["state"], found["imported"], found["rejected"]) == ("succeeded", 3, 2)
    assert [gap["filename"] for gap in found["gaps"]] == ["SDXL/e.png", "d.png"]
    fills = {gap["filename"]: {"prompt": "a quince"} for gap in found["gaps"]}
    again = client.post(f"{address}retry/", {"fills": fills}, "application/json").json()
    run_import_job(job_id=again["id"])
    assert sorted(_described()) == _FILLED
