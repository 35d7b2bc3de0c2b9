"""When two spellings are one text: the normal forms by which prompts and generators are compared.

Texts are kept as they were written; only what groups them looks at these forms. Two texts are the
same if a person who sees them would say so: canonically equivalent sequences, wide and narrow
letters, ligatures and letters of another typeface (Unicode Standard, UAX 15), either case (full
case folding, section 3.13), typographic quotation marks and dashes, any amount of white space,
invisible characters. What carries meaning stays apart: superscripts, fractions and encircled
numbers.
"""

import hashlib
import re
import unicodedata
from functools import cache

#: Compatibility mappings (UAX 44, section 5.7.3) after which a person reads something else.
_TELLING = ("<super>", "<sub>", "<fraction>", "<circle>")
#: Letters that stand next to each other without spaces: Han, kana, and their punctuation.
_UNSPACED = "\u2e80-\u2fdf\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_IDLE_SPACE = re.compile(rf"(?<=[{_UNSPACED}]) | (?=[{_UNSPACED}])")
#: What may close a text without being part of what it says: stops, marks and commas of any script.
_CLOSING = " .,;:!?\u3002\u3001\u0964\u0965\u06d4\u061f\u060c\u061b\u1362\u0589"
#: What a word processor puts in place of the marks on a keyboard.
_TYPOGRAPHIC = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201f", '"')
    | dict.fromkeys("\u2010\u2012\u2013\u2014\u2015", "-")
)


def prompt_form(text: str) -> str:
    """The normal form of a prompt, without punctuation at its end."""
    form = name_form(text)
    return form.rstrip(_CLOSING) or form


def name_form(text: str) -> str:
    """The normal form of a name; the text itself if nothing in it can be seen."""
    if text.isascii():
        # What the lines below come to, at a tenth of their time.
        return " ".join(text.lower().split()) or text
    letters = "".join(map(_plain, unicodedata.normalize("NFD", text)))
    folded = unicodedata.normalize("NFD", letters).casefold()
    spaced = " ".join(folded.translate(_TYPOGRAPHIC).split())
    return unicodedata.normalize("NFC", _IDLE_SPACE.sub("", spaced)) or text


def form_sha256(form: str) -> str:
    """What a normal form is stored as and compared by: of one length, whatever the text's."""
    return hashlib.sha256(form.encode()).hexdigest()


@cache
def _plain(character: str) -> str:
    """What a person reads a character as; nothing if it cannot be seen."""
    if unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    mapping = unicodedata.decomposition(character)
    if mapping.startswith("<") and not mapping.startswith(_TELLING):
        return "".join(_plain(chr(int(code, 16))) for code in mapping.split()[1:])
    return character
