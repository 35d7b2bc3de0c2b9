"""Stored sentences in the reader's language.

A worker says why its job failed in the site's language, English, with what it failed on filled in.
Whoever reads it later may read another one: the sentence is found again among those that are
translated, and its translation is filled in alike.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import get_language, gettext
from django.utils.translation.trans_real import translation

_FILLED = re.compile(r"%\((\w+)\)[sd]")
#: Characters besides what is filled in, below which a sentence fits too many others.
_FEWEST = 12


class _Sentence(NamedTuple):
    msgid: str
    #: Its longest part that is always the same, by which most are passed over quickly.
    part: str
    #: Characters that are always the same.
    fixed: int


def retold(text: str) -> str:
    """`text` in the reader's language; as it is if nobody has translated it."""
    language = get_language()
    if not text or language is None or language.partition("-")[0] == "en":
        return text
    return _retold(language, text)


@lru_cache(512)
def _retold(language: str, text: str) -> str:
    found = max(_fitting(language, text), key=lambda it: it[0].fixed, default=None)
    if found is None:
        return text
    sentence, values = found
    said = gettext(sentence.msgid)
    if not values:
        return said
    # What is filled in may be a sentence itself: the reason of a reason.
    told = {name: _retold(language, value) for name, value in values.items()}
    return "%".join(_FILLED.sub(lambda it: told[it[1]], part) for part in said.split("%%"))


def _fitting(language: str, text: str) -> Iterator[tuple[_Sentence, dict[str, str]]]:
    for sentence in _sentences(language):
        if sentence.part in text and (match := _pattern(sentence.msgid).fullmatch(text)):
            yield sentence, match.groupdict()


@lru_cache(8)
def _sentences(language: str) -> tuple[_Sentence, ...]:
    """All that are translated, but for plurals and what has a context."""
    catalog = translation(language)._catalog  # type: ignore[attr-defined]
    made = (_sentence(key) for key in catalog.keys() if isinstance(key, str))  # noqa: SIM118 -- not a dict
    return tuple(it for it in made if it.fixed >= _FEWEST and "\x04" not in it.msgid)


def _sentence(msgid: str) -> _Sentence:
    parts = [part.replace("%%", "%") for part in _FILLED.split(msgid)[::2]]
    return _Sentence(msgid, max(parts, key=len), sum(map(len, parts)))


@lru_cache(512)
def _pattern(msgid: str) -> re.Pattern[str]:
    pieces = _FILLED.split(msgid)
    fixed, names = [re.escape(part.replace("%%", "%")) for part in pieces[::2]], pieces[1::2]
    found, seen = fixed[0], set[str]()
    for name, part in zip(names, fixed[1:], strict=True):
        found += (f"(?P={name})" if name in seen else f"(?P<{name}>.+?)") + part
        seen.add(name)
    return re.compile(found, re.DOTALL)
