"""The name of the Windows code page that bytes look like, to tell what to save again.

Each is scored by how much of what is not ASCII are letters that are frequent in its languages.
"""

import re
from collections.abc import Callable
from itertools import pairwise

_HIGH = re.compile(rb"[\x80-\xff]")


def _share(letters: str) -> Callable[[str], float]:
    """Of what is not ASCII, how much is in this class of characters."""
    return lambda text: len(re.findall(letters, text)) / max(1, len(_other(text)))


def _japanese(text: str) -> float:
    return _share("[ぁ-んァ-ヶー、。一-鿿]")(text) if re.search("[ぁ-んァ-ヶ]", text) else 0.0


def _traditional(text: str) -> float:
    """Of what is not ASCII, how much is among the 5,401 frequent characters and punctuation."""
    pairs = [character.encode("cp950") for character in _other(text)]
    return sum(pair[0] == 0xA1 or 0xA4 <= pair[0] <= 0xC6 for pair in pairs) / max(1, len(pairs))


#: Name, encoding, whether its letters stand next to each other, its score. Several bytes to a
#: character come first: of equal scores the first counts.
_PAGES: tuple[tuple[str, str, bool, Callable[[str], float]], ...] = (
    ("Windows-932 (Japanese)", "cp932", True, _japanese),
    ("Windows-949 (Korean)", "cp949", True, _share("[가-힣]")),
    ("Windows-950 (traditional Chinese)", "cp950", True, _traditional),
    ("Windows-1251 (Cyrillic)", "cp1251", True, _share("[оеаинтсрвлкмдпуяыь]")),
    ("Windows-1253 (Greek)", "cp1253", True, _share("[αοιετνσηρπκςάέήίό]")),
    ("Windows-1255 (Hebrew)", "cp1255", True, _share("[יוהלארתבשמנחגעד]")),
    ("Windows-1256 (Arabic)", "cp1256", True, _share("[اليمونرتبةعدسفهكقح]")),
    ("Windows-874 (Thai)", "cp874", True, _share("[ก-ฮะ-ูเ-ไ่้ั็์]")),
    (
        "Windows-1252 (Western Europe)",
        "cp1252",
        False,
        _share("[äöüßéèëïàâêîôûçñœæøåíóúáõãÄÖÜÉÅØ’“”–…]"),
    ),
    ("Windows-1250 (Central Europe)", "cp1250", False, _share("[ąćęłńśźżáčďéěíňóřšťúůýžőűŁŚŻČŠŽ]")),
)


def code_page_of(data: bytes) -> str:
    """The likeliest one, by its number and what it is for."""
    high = len(_HIGH.findall(data))
    adjacent = sum(left > 127 and right > 127 for left, right in pairwise(data))
    side_by_side = 2 * adjacent >= high

    def score(page: tuple[str, str, bool, Callable[[str], float]]) -> float:
        _name, encoding, letters_adjoin, share = page
        try:
            found = share(data.decode(encoding))
        except UnicodeDecodeError:
            return 0.0
        return found if letters_adjoin == side_by_side else found / 2

    return max(_PAGES, key=score)[0]


def _other(text: str) -> list[str]:
    return [character for character in text if character > "\x7f"]
