import contextlib
import stat
import unicodedata
import warnings
import zipfile
from pathlib import Path

import pytest

from annotation.stimuli.importing import sources
from annotation.stimuli.importing.matching import NameIndex
from annotation.stimuli.importing.problems import ArchiveError, ImageError
from annotation.stimuli.importing.sources import open_source
from tests.annotation.stimuli.files import write_zip
from tests.steps import steps


@pytest.fixture(params=["folder", "zip"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same two files, in a folder or packed."""
    files = {"a.png": b"first", "sub/b.png": b"second"}
    if request.param == "zip":
        return write_zip(tmp_path / "images.zip", files)
    for name, data in files.items():
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "images"


def test_files_are_read_by_their_name(images: Path) -> None:
    source = open_source(images)

    assert source.holds("a.png")
    assert source.read("a.png") == b"first"
    assert source.read("sub/b.png") == b"second"
    source.close()


def test_a_missing_file_is_named(images: Path) -> None:
    with pytest.raises(ImageError, match=r'image "c.png" not found in the (folder|archive)'):
        open_source(images).read("c.png")


def test_a_missing_file_that_differs_in_its_suffix_is_pointed_out(images: Path) -> None:
    with pytest.raises(ImageError, match=r'write "a.png", as the file is called'):
        open_source(images).read("A.jpg")


def test_a_folder_is_no_image(images: Path) -> None:
    assert not open_source(images).holds("sub")


def test_a_file_that_is_too_large_is_not_read(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 4)

    with pytest.raises(ImageError, match="larger than"):
        open_source(images).read("a.png")


def test_a_packed_folder_answers_with_and_without_its_name(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "i.zip", {"set/a.png": b"first", "__MACOSX/set/._a.png": b"junk"})

    source = open_source(path)

    assert source.read("set/a.png") == source.read("a.png") == b"first"
    assert not source.holds("__MACOSX/set/._a.png")


def test_decomposed_accents_of_macos_are_found(tmp_path: Path) -> None:
    (tmp_path / "e\u0301.png").write_bytes(b"x")

    assert open_source(tmp_path).read("\u00e9.png") == b"x"


@pytest.mark.parametrize("name", ["../evil.png", "/etc/passwd", "a/../../evil.png", "c:/evil.png"])
def test_an_archive_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "evil.zip", {"good.png": b"x", name: b"y"})

    with pytest.raises(ArchiveError, match=f'evil.zip contains "{name}", which points outside it'):
        open_source(path)


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(ArchiveError, match=r'"link.png", which is a link'):
        open_source(tmp_path / "links.zip")


def test_a_file_that_is_not_an_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images.zip").write_bytes(b"not a zip")

    with pytest.raises(ArchiveError, match=r"images.zip is not a ZIP archive"):
        open_source(tmp_path / "images.zip")


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="does not exist"):
        open_source(tmp_path / "nowhere")


def test_an_archive_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "images.zip", {"a.png": bytes(1000)})
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(ArchiveError):
        open_source(path)


def test_a_damaged_member_is_one_image_s_error(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "images.zip", {"a.png": b"abcdefgh", "b.png": b"whole"})
    data = path.read_bytes()
    path.write_bytes(data.replace(b"abcdefgh", b"abcdefgX", 1))
    source = open_source(path)

    with pytest.raises(ImageError, match=r'image "a.png" cannot be read'):
        source.read("a.png")
    assert source.read("b.png") == b"whole"


def test_a_member_with_a_password_is_one_image_s_error(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "images.zip", {"a.png": b"abc"})
    data = bytearray(path.read_bytes())
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    path.write_bytes(data)

    with pytest.raises(ImageError, match="password"):
        open_source(path).read("a.png")


def _find_nearest(names: list[str]) -> None:
    """In an index of the names, for a missing row of each."""
    index = NameIndex((name, number) for number, name in enumerate(names))
    for name in names:
        index.missing(name.upper().replace("PNG", "jpg"), "%(filename)s")


@pytest.mark.parametrize("pattern", ["img/{}.png", "{}/1.png", "same.png"])
def test_the_nearest_of_four_times_as_many_names_takes_four_times_as_long(pattern: str) -> None:
    """Each of 8,000 rows was held against each of 8,000 names: 16 times as long, and 70 s."""
    few, many = ([pattern.format(number) for number in range(n)] for n in (500, 2_000))
    assert steps(lambda: _find_nearest(many)) < 6 * steps(lambda: _find_nearest(few))


@pytest.mark.parametrize("packed", [True, False])
def test_the_nearest_of_many_names_is_found(tmp_path: Path, packed: bool) -> None:
    names = [f"img/{number}.png" for number in range(200)]
    if packed:
        source = open_source(write_zip(tmp_path / "i.zip", dict.fromkeys(names, b"")))
    else:
        (tmp_path / "img").mkdir()
        for name in names:
            (tmp_path / name).touch()
        source = open_source(tmp_path)
    near = [source.missing(name.upper().replace("PNG", "jpg")).params["near"] for name in names]
    assert near == names


def test_the_same_name_in_another_case_is_nearer_than_another_suffix(tmp_path: Path) -> None:
    source = open_source(write_zip(tmp_path / "i.zip", {"a.jpg": b"1", "A.PNG": b"2", "b": b"3"}))
    assert source.missing("a.png").params["near"] == "A.PNG"
    assert source.missing("a.webp").params["near"] == "A.PNG"
    assert source.missing("c.png").params["near"] == ""


def _written_by(path: Path, members: dict[bytes, bytes]) -> Path:
    """An archive whose members' names are these bytes, with nothing that says what they mean."""
    placeholders = {f"{number:0{len(name)}}": name for number, name in enumerate(members)}
    write_zip(path, dict(zip(placeholders, members.values(), strict=True)))
    data = path.read_bytes()
    for placeholder, name in placeholders.items():
        data = data.replace(placeholder.encode(), name)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("bilder/caf\u00e9.png", "utf-8"),
        ("bilder/cafe\u0301.png", "utf-8"),
        ("\u56fe\u7247/\u4e00\u53ea\u732b.png", "utf-8"),
        ("\u56fe\u7247/\u4e00\u53ea\u732b.png", "gbk"),
        ("\u753b\u50cf/\u8868\u793a.png", "cp932"),
        ("\uadf8\ub9bc/\uace0\uc591\uc774.png", "cp949"),
        ("caf\u00e9.png", "cp437"),
        ("caf\u00e9.png", "cp1252"),
        ("caf\u00e9.png", "cp850"),
        ("\u043a\u043e\u0442.png", "cp866"),
        ("\u043a\u043e\u0442.png", "cp1251"),
        ("\u056c\u056c.png", "utf-8"),
    ],
)
def test_names_are_found_as_macos_and_windows_write_them(
    tmp_path: Path, name: str, encoding: str
) -> None:
    raw = name.replace("/", "\\").encode(encoding)
    path = _written_by(tmp_path / "i.zip", {raw: b"it", b"another-much-longer-one.png": b"x"})

    source = open_source(path)

    composed = unicodedata.normalize("NFC", name)
    assert source.read(composed) == b"it"
    assert source.read(composed.rsplit("/", 1)[-1]) == b"it"


def test_members_of_one_short_name_are_told_apart(tmp_path: Path) -> None:
    members = {"images/1.png": b"outer", "images/images/1.png": b"inner", "images/2.png": b"2"}
    source = open_source(write_zip(tmp_path / "i.zip", members))

    assert {name: source.read(name) for name in members} == members
    assert source.read("2.png") == b"2"
    with pytest.raises(
        ImageError, match=r'"1.png" may be any of "images/1.png", "images/images/1.png"; write'
    ):
        source.holds("1.png")


def test_a_row_may_name_more_folders_than_were_packed(images: Path) -> None:
    source = open_source(images)
    assert source.read("set/a.png") == b"first"
    assert source.read("set/sub/b.png") == source.read("b.png") == b"second"
    assert not source.holds("other/b.png.jpg")
    assert not source.holds("other/b.png")


@pytest.mark.parametrize(
    "names", [("a.png", "a.png"), ("caf\u00e9.png", "cafe\u0301.png"), ("s/a.png", "s\\a.png")]
)
def test_two_members_of_one_name_are_refused_by_name(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    with zipfile.ZipFile(tmp_path / "i.zip", "w") as archive:
        archive.writestr("good.png", b"good")
        for name in names:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                archive.writestr(name, b"x")
    source = open_source(tmp_path / "i.zip")

    assert source.read("good.png") == b"good"
    with pytest.raises(ImageError, match=f'2 files of the name "{names[0]}"; pack'):
        source.read(names[0])


def test_what_systems_leave_behind_does_not_count(tmp_path: Path) -> None:
    left = (
        ".DS_Store",
        "images/.ds_store",
        "images/Thumbs.db",
        "desktop.ini",
        "__MACOSX/images/._1.png",
        "images/._1.png",
        "images/Icon\r",
    )
    path = write_zip(tmp_path / "i.zip", dict.fromkeys(left, b"x") | {"images/1.png": b"it"})

    source = open_source(path)

    assert source.read("1.png") == b"it"
    assert not any(source.holds(name) for name in left)
    assert source.missing("2.png").params["some"] == '"images/1.png"'


def test_where_nothing_is_alike_some_names_are_shown(images: Path, tmp_path: Path) -> None:
    assert str(open_source(images).missing("z.png")).endswith('there are "a.png", "sub/b.png"')
    empty = open_source(write_zip(tmp_path / "e.zip", {}))
    assert str(empty.missing("z.png")).endswith("there is no file at all")


def test_folders_of_windows_tools_and_deep_names_are_no_trouble(tmp_path: Path) -> None:
    deep = "/".join("a" * 30_000)
    source = open_source(write_zip(tmp_path / "i.zip", {"dir\\": b"", deep: b"x", "b.png": b"y"}))
    assert not source.holds("dir")
    assert source.read("b.png") == b"y"


def _find(folders: int, name: str) -> None:
    """Rows that mean a file by a shorter name, and as many that mean none or several."""
    index = NameIndex((name.format(number), number) for number in range(folders))
    for number in range(folders):
        for sought in (f"{number}/1.png", f"x{number}/1.png"):
            with contextlib.suppress(ImageError):
                index.find(sought)


@pytest.mark.parametrize("name", ["set/{}/1.png", "1.png"])
def test_thousands_of_files_of_one_short_name_cost_no_more(name: str) -> None:
    assert steps(lambda: _find(2_000, name)) < 6 * steps(lambda: _find(500, name))


def test_a_short_name_of_thousands_of_files_finds_none_of_them() -> None:
    index = NameIndex((f"set/{number}/1.png", number) for number in range(8000))
    assert [index.find(f"{number}/1.png") for number in (0, 7999)] == [0, 7999]
    assert index.find("x/1.png") is None
    with pytest.raises(ImageError, match=r'may be any of "set/0/1.png", .*, …; write'):
        index.find("1.png")
