"""Which text a table's bytes are.

Read are UTF-8, UTF-16 and UTF-32, and GB18030, which spreadsheets write in China; without a byte
order mark, as far as it cannot be anything else. Other code pages fit nearly any bytes: they are
named, not guessed, because a guess garbles names in silence.
"""

import codecs
import re

from ..texts import gettext_noop
from .code_pages import code_page_of
from .errors import TableError
from .kinds import of_kind, refuse_other_kinds

#: With their encodings; the mark of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
#: Bytes of the first line that tell UTF-16, and characters that tell GB18030.
_HEAD, _SAMPLE = 64, 20_000
#: Of Chinese text, so much at least is among the 3,755 most used characters, punctuation and forms
#: of full width (GB/T 2312, rows 1, 3 and 16–55).
_FREQUENT = 0.7
#: Korean in Windows-949 lies in rows 16–40 alone, in which half of Chinese is.
_KOREAN_ROWS_END, _KOREAN_LEAST = 0xC9, 8
_ESCAPED = re.compile("[\udc80-\udcff]")


def decode(data: bytes, name: str) -> str:
    """The text of a file called `name`, without its byte order mark.

    Bytes that are broken within a text in UTF-8 become lone surrogates (`surrogateescape`): they
    are the fault of the row that holds them. Raises TableError.
    """
    refuse_other_kinds(data, name)
    marked = next(((mark, page) for mark, page in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return _marked(data.removeprefix(marked[0]), marked[1], name)
    wide = _wide(data)
    if wide:
        return _marked(data, wide, name)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return _unmarked(data, name, error)


def _marked(data: bytes, page: str, name: str) -> str:
    try:
        handler = "surrogateescape" if page == "utf-8" else "strict"
        return data.decode(page, handler).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        raise TableError(
            gettext_noop("%(name)s begins as %(encoding)s but is broken at byte %(position)d"),
            gettext_noop("copy it again, or save it as UTF-8"),
            name=name,
            encoding=page.upper(),
            position=error.start,
        ) from error


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: every other byte of the first ones is zero, as in Latin letters."""
    head = data[:_HEAD]
    if len(head) < 4 or len(data) % 2:
        return ""
    even, odd = head[0::2], head[1::2]
    for zeros, letters, page in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        # Half of the characters of some other scripts end in a zero, too: 一 is 4E00.
        if 2 * zeros.count(0) > len(zeros) and zeros.count(0) > 4 * letters.count(0):
            return page
    return ""


def _unmarked(data: bytes, name: str, error: UnicodeDecodeError) -> str:
    if _is_chinese(data):
        return data.decode("gb18030")
    text = data.decode("utf-8", "surrogateescape")
    if "\0" in text and len(_ESCAPED.findall(text)) > len(text) // 50:
        raise of_kind(name, "?") from error
    if _is_broken_utf8(text):
        return text
    raise TableError(
        gettext_noop("%(name)s is not UTF-8 (byte %(position)d) but looks like %(encoding)s"),
        gettext_noop('save it as UTF-8 (in Excel: "CSV UTF-8")'),
        name=name,
        position=error.start,
        encoding=code_page_of(data),
    ) from error


def _is_broken_utf8(text: str) -> bool:
    """Whether only a few bytes are broken: most of what is not ASCII is whole, or one line of
    several has them all, and it is not the first."""
    broken = len(_ESCAPED.findall(text))
    whole = sum(character > "\x7f" for character in text) - broken
    if whole > broken:
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    found = [number for number, line in enumerate(lines) if _ESCAPED.search(line)]
    return len(lines) > 2 and len(found) == 1 and found[0] > 0


def _is_chinese(data: bytes) -> bool:
    """Whether it is GB18030, and not a code page whose bytes happen to be valid in it."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    found = [character for character in text if character > "\x7f"][:_SAMPLE]
    if any("\ue000" <= character <= "\uf8ff" for character in found):
        return False
    raw = [character.encode("gb18030") for character in found]
    frequent = [pair for pair in raw if len(pair) == 2 and _is_frequent(*pair)]
    hanzi = [pair for pair in frequent if pair[0] >= 0xB0]
    if len(frequent) < _FREQUENT * len(found):
        return False
    return len(hanzi) < _KOREAN_LEAST or any(pair[0] >= _KOREAN_ROWS_END for pair in hanzi)


def _is_frequent(lead: int, trail: int) -> bool:
    return trail >= 0xA1 and (lead in (0xA1, 0xA3) or 0xB0 <= lead <= 0xD7)
