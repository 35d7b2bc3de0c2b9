"""The rows of a table in JSON: an object per line, an array of them, or one (`json_tables`)."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from ..json_reader import JsonError, JsonLimitError, read_json
from ..problems import Problem
from ..texts import gettext_noop
from .errors import TableError, no_text
from .json_tables import rows_of

#: A string, or a sign that opens, closes or parts values.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


def json_pieces(text: str, name: str) -> Iterator[tuple[int, str]]:
    """The text of each row and the line on which it starts; raises TableError.

    Rows are told apart without reading them, so that a broken one is alone at fault.
    """
    if text.lstrip().startswith("["):
        return _elements(text)
    lines = [
        (number, line)
        for number, line in enumerate(io.StringIO(text, newline=None), start=1)
        if line.strip()
    ]
    whole = _one_object(text)
    rows = None if whole is None else rows_of(whole)
    if rows is not None:
        return enumerate((json.dumps(row, ensure_ascii=False) for row in rows), start=1)
    if len(lines) > 1 and whole is not None:
        raise TableError(
            gettext_noop("%(name)s is one JSON object in which no table was found"),
            gettext_noop(
                "write one object per row, each on a line of its own, or an array of them; one "
                'object is read as {"data": [{…}, …]}, as {"column": […], …}, or as pandas writes '
                'it with orient="columns", "index", "split" or "table"'
            ),
            name=name,
        )
    return iter(lines)


def json_values(raw: str) -> dict[str, Any]:
    """The object that a row holds; raises Problem."""
    try:
        values = read_json(raw)
    except JsonLimitError as error:
        raise (no_text(error.text_in) if error.text_in else _not_kept(str(error))) from error
    except JsonError as error:
        raise _no_object(str(error)) from error
    if not isinstance(values, dict):
        raise _no_object(type(values).__name__)
    return values


def _elements(text: str) -> Iterator[tuple[int, str]]:
    """Of an array, between its commas; one that is never closed ends with the text."""
    line, counted = 1, 0
    for start, end in _spans(text):
        piece = text[start:end].strip()
        if piece:
            begin = text.index(piece, start)
            line += text.count("\n", counted, begin)
            counted = begin
            yield line, piece


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each element of the array begins and ends; after the array, what else there is."""
    start = depth = 0
    for token in _TOKENS.finditer(text):
        sign = token[0]
        if sign in ("[", "{"):
            depth += 1
            if depth == 1:
                start = token.end()
        elif sign in ("]", "}"):
            depth -= 1
        if (sign == "," and depth == 1) or (sign == "]" and depth == 0):
            yield start, token.start()
            start = token.end()
    yield start, len(text)


def _one_object(text: str) -> dict[str, Any] | None:
    """That the whole text is; None if it is anything else."""
    try:
        found = read_json(text)
    except JsonError:
        return None
    return found if isinstance(found, dict) else None


def _no_object(reason: str) -> Problem:
    return Problem(
        gettext_noop("the line is not a JSON object (%(reason)s)"),
        gettext_noop('write {"filename": …, "prompt": …, "generator": …}'),
        reason=reason[:200],
    )


def _not_kept(reason: str) -> Problem:
    return Problem(
        gettext_noop("a value cannot be kept (%(reason)s)"),
        gettext_noop("correct it, or leave it out"),
        reason=reason[:200],
    )
