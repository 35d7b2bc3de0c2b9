"""A study's own words in other languages: language → text → its translation.

Keyed by the text itself: once its owner changes a text, it has no translation rather than one that
says something else.
"""

import re
from collections.abc import Mapping

from .answers import storable_text
from .errors import ProtocolError

Translations = Mapping[str, Mapping[str, str]]

#: Characters of one text.
TEXT_LIMIT = 20_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def parse_translations(data: object) -> dict[str, dict[str, str]]:
    """`data` without blank translations. Raises ProtocolError naming the language and text that
    cannot be kept."""
    if not isinstance(data, Mapping):
        raise ProtocolError(f"translations: {data!r} is not an object")
    return {language: found for language in data if (found := _of(language, data[language]))}


def _of(language: object, texts: object) -> dict[str, str]:
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise ProtocolError(f"translations: {language!r} is not a language code such as zh-hans")
    place = f"translations: {language}"
    if not isinstance(texts, Mapping):
        raise ProtocolError(f"{place}: {texts!r} is not an object")
    kept = {}
    for text, translation in texts.items():
        where = f"{place}: {str(text)[:40]!r}"
        words = storable_text(translation, where).strip()
        if len(words) > TEXT_LIMIT or len(storable_text(text, place)) > TEXT_LIMIT:
            raise ProtocolError(f"{where}: more than {TEXT_LIMIT} characters")
        if words:
            kept[text] = words
    return kept
