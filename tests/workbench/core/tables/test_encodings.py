"""Texts are encoded by Python's own codecs; what they must read as is what went in."""

import gzip
import io
import re
import sqlite3
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from workbench.core.tables import TableError, decode
from workbench.core.tables.kinds import kind_of_file

HEADER = "filename,prompt,generator\n"
CHINESE = HEADER + "图/一.png,一只猫坐在窗台上，看着外面的雨,模型甲\n2.png,水墨山水画,模型乙\n"


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "gbk",
        "gb18030",
        "gb2312",
    ],
)
def test_chinese_is_read_as_it_was_written(encoding: str) -> None:
    assert decode(CHINESE.encode(encoding), "m.csv") == CHINESE


@pytest.mark.parametrize("prompt", ["猫", "狗", "红色的猫", "朱镕基", "囧", "€ 5，猫"])
def test_a_few_characters_of_chinese_suffice(prompt: str) -> None:
    text = f"{HEADER}1.png,{prompt},G\n2.png,一幅画,G\n"
    assert decode(text.encode("gb18030"), "m.csv") == text


def test_marks_of_other_encodings_are_dropped() -> None:
    text = HEADER + "1.png,Größe,G\n"
    assert decode(b"\xfe\xff" + text.encode("utf-16-be"), "m.csv") == text
    assert decode(b"\x84\x31\x95\x33" + CHINESE.encode("gb18030"), "m.csv") == CHINESE
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbfa,b\n", "m.csv") == "a,b\n"


@pytest.mark.parametrize(
    ("encoding", "text", "named"),
    [
        ("cp1252", "ein schönes Mädchen, größer als Zürich", "Windows-1252"),
        ("cp1252", "un château à Genève, œuvre d’art", "Windows-1252"),
        ("cp1252", "Müller", "Windows-1252"),
        ("cp1252", "naïve café", "Windows-1252"),
        ("cp1250", "żółty kot na łące, příliš žluťoučký kůň", "Windows-1250"),
        ("cp1251", "рыжий кот на крыше, вид сверху", "Windows-1251"),
        ("cp1251", "коты", "Windows-1251"),
        ("cp1253", "μια γάτα στη στέγη", "Windows-1253"),
        ("cp1255", "חתול על הגג", "Windows-1255"),
        ("cp1256", "قطة على السطح", "Windows-1256"),
        ("cp874", "แมวบนหลังคา", "Windows-874"),
        ("cp932", "屋根の上の猫、水彩画", "Windows-932"),
        ("cp932", "ネコ", "Windows-932"),
        ("cp949", "지붕 위의 고양이, 수채화 그림", "Windows-949"),
        ("cp950", "屋頂上的貓，水彩畫風格的風景", "Windows-950"),
    ],
)
def test_other_code_pages_are_named_not_guessed(encoding: str, text: str, named: str) -> None:
    with pytest.raises(TableError) as caught:
        decode(f"{HEADER}1.png,{text},G\n2.png,{text},G\n".encode(encoding), "m.csv")
    assert named in caught.value.message
    assert "save it as UTF-8" in caught.value.message


def test_a_broken_byte_in_one_line_is_left_to_its_row() -> None:
    lines = [HEADER.encode(), *(b"%d.png,a cat,G\n" % number for number in range(4))]
    lines[2] = b"1.png,a \xff cat,G\n"
    assert "a \udcff cat" in decode(b"".join(lines), "m.csv")


def test_a_cut_character_in_utf8_is_left_to_its_row() -> None:
    text = CHINESE.encode()
    assert "\udce7" in decode(text.replace("猫".encode(), "猫".encode()[:1]), "m.csv")
    assert "\udcff" in decode(b"\xef\xbb\xbfa,b\n\xff,c\n", "m.csv")


def test_utf16_that_is_cut_is_refused_by_its_name() -> None:
    with pytest.raises(TableError, match="begins as UTF-16-LE but is broken at byte"):
        decode(HEADER.encode("utf-16")[:-1], "m.csv")


def _packed(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def _image(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, kind)
    return buffer.getvalue()


def _database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "d") as database:
        database.execute("CREATE TABLE t (a)")
    return (folder / "d").read_bytes()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (_packed("[Content_Types].xml", "xl/workbook.xml"), "Excel (.xlsx)"),
        (_packed("[Content_Types].xml", "word/document.xml"), "Word (.docx)"),
        (_packed("mimetype", "content.xml"), "OpenDocument (.ods)"),
        (_packed("Index/Document.iwa"), "Numbers"),
        (_packed("a.png"), "ZIP"),
        (_packed("a.png")[:-30], "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "Excel 97 (.xls)"),
        (gzip.compress(b"a,b\n"), "gzip"),
        (_image("PNG"), "PNG"),
        (_image("JPEG"), "JPEG"),
        (b"PAR1" + bytes(20), "Parquet"),
        (bytes(range(256)) * 4, "?"),
    ],
)
def test_files_of_other_kinds_are_refused_by_what_they_are(data: bytes, kind: str) -> None:
    with pytest.raises(TableError) as caught:
        decode(data, "m.csv")
    assert f"is not a table but a file of another kind: {kind};" in caught.value.message
    assert "save it as UTF-8" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [("t.ods", "OpenDocument (.ods)"), ("t.numbers", "Numbers"), ("t.docx", "Word (.docx)")],
)
def test_a_damaged_document_is_called_what_its_name_says(
    tmp_path: Path, name: str, kind: str
) -> None:
    data = _packed("mimetype", "content.xml")[:-30]
    with pytest.raises(TableError, match=re.escape(f"of another kind: {kind};")):
        decode(data, name)
    (tmp_path / name).write_bytes(data)
    assert kind_of_file(tmp_path / name) == kind


def test_a_database_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="SQLite"):
        decode(_database(tmp_path), "m.csv")


def test_a_spreadsheet_is_told_to_be_saved_as_csv() -> None:
    with pytest.raises(TableError, match="CSV UTF-8"):
        decode(_packed("xl/workbook.xml"), "m.csv")
