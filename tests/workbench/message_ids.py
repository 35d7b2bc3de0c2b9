"""The texts that the sources mark for translation, read without GNU gettext.

`makemessages` needs `xgettext`, which neither users nor CI need have; Python's own parser and
Django's template reader find the same (compared once with `makemessages`: equal to the last one).
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from django.utils.translation.template import templatize

#: Function → where its arguments have the context, if any, and the (singular) text.
_MARKERS: dict[str, tuple[int | None, int]] = {
    "_": (None, 0),
    "gettext": (None, 0),
    "gettext_lazy": (None, 0),
    "gettext_noop": (None, 0),
    "ngettext": (None, 0),
    "ngettext_lazy": (None, 0),
    "pgettext": (0, 1),
    "pgettext_lazy": (0, 1),
    "npgettext": (0, 1),
    "npgettext_lazy": (0, 1),
}


class MessageId(NamedTuple):
    """What a catalogue files a text under."""

    context: str | None
    text: str


def ids_below(folder: Path) -> Iterator[tuple[MessageId, str]]:
    """Every marked text below `folder` with the file that has it."""
    for path in sorted(folder.rglob("*.py")):
        for found in ids_in_python(path.read_text(encoding="utf-8")):
            yield found, str(path)
    # Texts of packages that are ours to replace, such as what allauth says after an act, are *.txt.
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("templates/**/*.txt")]):
        for found in ids_in_template(path.read_text(encoding="utf-8")):
            yield found, str(path)


def ids_in_python(source: str) -> Iterator[MessageId]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from _of_call(name, [getattr(item, "value", None) for item in node.args])


def ids_in_template(source: str) -> Iterator[MessageId]:
    # What xgettext would read: calls among masked text, each whole on one line.
    for line in templatize(source).splitlines():
        tokens = list(tokenize.generate_tokens(io.StringIO(line.strip()).readline))
        for place, token in enumerate(tokens):
            if token.string in _MARKERS and tokens[place + 1].string == "(":
                yield from _of_call(token.string, _literals(tokens[place + 2 :: 2]))


def _literals(tokens: list[tokenize.TokenInfo]) -> list[object]:
    """The strings that begin a list of arguments, given without its commas."""
    strings = takewhile(lambda token: token.type == tokenize.STRING, tokens)
    return [ast.literal_eval(token.string) for token in strings]


def _of_call(name: str, arguments: list[object]) -> Iterator[MessageId]:
    if name not in _MARKERS:
        return
    context, text = _MARKERS[name]
    if len(arguments) > text and isinstance(arguments[text], str):
        yield MessageId(None if context is None else str(arguments[context]), str(arguments[text]))
