"""Files of other kinds that are given as tables, by their first bytes."""

import io
import re
import zipfile
from pathlib import Path, PurePath

from ..texts import gettext_noop
from .errors import TableError

#: Kinds that are read (`reading.open_table`). The names are the programs' own.
WORKBOOK, PARQUET, ARROW, MATLAB = "Excel (.xlsx)", "Parquet", "Arrow", "MATLAB"
ZIP = "ZIP"
_SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"\xd0\xcf\x11\xe0", "Excel 97 (.xls)"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a", "RAR"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"RIFF", "WebP"),
    (b"PAR1", PARQUET),
    (b"ARROW1", ARROW),
    (b"\xff\xff\xff\xff", ARROW),
    (b"\x89HDF", "HDF5"),
    (b"\x93NUMPY", "NumPy"),
    (b"SQLite format 3\0", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"MATLAB ", MATLAB),
)
#: Members by which a ZIP is known, and what it is then.
_PACKED = (
    ("xl/", WORKBOOK),
    ("word/", "Word (.docx)"),
    ("Index/", "Numbers"),
    ("content.xml", "OpenDocument (.ods)"),
)
#: What a ZIP without such members was meant to be, by its name.
_NAMED = {
    ".xlsx": WORKBOOK,
    ".docx": "Word (.docx)",
    ".numbers": "Numbers",
    ".ods": "OpenDocument (.ods)",
}
_SPREADSHEETS = frozenset({"Excel 97 (.xls)", WORKBOOK, "OpenDocument (.ods)", "Numbers"})
_ZIP = b"PK\x03\x04"
_HEAD = 64
#: How files of tables are called.
_TABLES = frozenset(
    {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".parquet", ".mat", ".arrow"}
)
_MARKUP = re.compile(r"\s*<(!doctype|html|head|body|table|svg|\?xml)\b", re.IGNORECASE)


def is_table_name(name: str) -> bool:
    return PurePath(name).suffix.lower() in _TABLES


def refuse_other_kinds(data: bytes, name: str) -> None:
    """Raises TableError naming the kind of a file whose first bytes are no table's."""
    kind = _signed(data)
    if data.startswith(_ZIP):
        kind = _packed(io.BytesIO(data))
        kind = _NAMED.get(PurePath(name).suffix.lower(), ZIP) if kind == ZIP else kind
    if kind:
        raise of_kind(name, kind)


def kind_of_file(path: Path) -> str:
    """The kind of the file at `path`; "" if it may be a text. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP):
        kind = _packed(path)
        # A damaged workbook is none the less one.
        return _NAMED.get(path.suffix.lower(), ZIP) if kind == ZIP else kind
    # MATLAB's fourth version, which is still written, has no signature.
    return _signed(head) or (MATLAB if path.suffix.lower() == ".mat" else "")


def _signed(data: bytes) -> str:
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), "")


def refuse_markup(text: str, name: str) -> None:
    """Raises TableError if the text is a page or a document, not a table."""
    if _MARKUP.match(text):
        raise of_kind(name, "HTML, XML")


def of_kind(name: str, kind: str) -> TableError:
    fix = (
        gettext_noop('save the sheet as CSV (in Excel: "CSV UTF-8")')
        if kind in _SPREADSHEETS
        else gettext_noop("choose a table: CSV, TSV or JSONL")
    )
    return TableError(
        gettext_noop("%(name)s is not a table but a file of another kind: %(kind)s"),
        fix,
        name=name,
        kind=kind,
    )


def _packed(file: Path | io.BytesIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        members = []
    for start, kind in _PACKED:
        if any(member.startswith(start) for member in members):
            return kind
    return ZIP
