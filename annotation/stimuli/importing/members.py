"""The names of a ZIP archive's members, as the systems that pack archives write them.

A name is in UTF-8 if the archive says so (bit 11 of the flags; APPNOTE.TXT, 4.4.4 and appendix D).
If it does not, macOS writes UTF-8 all the same, and Windows writes the code page of whoever packed
it, which is said nowhere: such a name is known by its spelling in each code page that the
archive's names allow.
"""

import stat
import zipfile
from collections.abc import Iterator, Sequence

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from .names import is_system_file, safe_name
from .problems import ArchiveError

_UTF8 = 0x800
#: ZIP's own one, in which Python reads names; it has a character for each byte.
_OWN = "cp437"
#: Of Windows in China, Japan, Korea, Taiwan, Western and Central Europe and Russia, and the ones of
#: its command line there.
_CODE_PAGES = (
    "gb18030",
    "cp932",
    "cp949",
    "cp950",
    "cp1252",
    "cp850",
    "cp1250",
    "cp852",
    "cp1251",
    "cp866",
)


def member_names(
    members: Sequence[zipfile.ZipInfo], archive: str
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Each file with each spelling of its name, the likeliest first; folders and what systems leave
    behind are none.

    Raises ArchiveError for a name that leads outside, and for a link.
    """
    files = [(info, _text(info)) for info in members if not info.is_dir()]
    unknown = [text for _info, text in files if isinstance(text, bytes)]
    pages = [page for page in _CODE_PAGES if all(_reads(text, page) for text in unknown)]
    for info, text in files:
        spellings = [text] if isinstance(text, str) else _spellings(text, pages)
        if info.filename.endswith("\\") and not info.file_size:
            continue  # a folder, as some tools of Windows write it
        for number, name in enumerate(spellings):
            if not is_system_file(name):
                yield from _safe(info, name, archive, only_known=number > 0)


def _safe(
    info: zipfile.ZipInfo, name: str, archive: str, *, only_known: bool
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    try:
        yield _checked(info, name, archive), info
    except ArchiveError:
        if not only_known:
            raise


def _spellings(raw: bytes, pages: Sequence[str]) -> list[str]:
    """UTF-8 first, but not alone: short names in a code page of China are valid UTF-8, too."""
    likeliest = [page for page in ("utf-8", _OWN) if _reads(raw, page)]
    return list(dict.fromkeys(raw.decode(page) for page in (*likeliest, *pages)))


def _text(info: zipfile.ZipInfo) -> str | bytes:
    """The name, or its bytes if nothing says what they mean."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode(_OWN)
    except UnicodeEncodeError:
        return info.filename  # from a field of its own, in Unicode


def _reads(raw: bytes, page: str) -> bool:
    try:
        raw.decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _checked(info: zipfile.ZipInfo, name: str, archive: str) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveError(
            gettext_noop('%(archive)s contains "%(name)s", which is a link'),
            gettext_noop("pack the files themselves"),
            archive=archive,
            name=name,
        )
    try:
        return safe_name(name)
    except Problem as problem:
        raise ArchiveError(
            gettext_noop('%(archive)s contains "%(name)s", which points outside it'),
            gettext_noop("pack the images again with names relative to one folder"),
            archive=archive,
            name=problem.params["name"],
        ) from problem
