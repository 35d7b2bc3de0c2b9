"""Texts and numbers taken from a row's cells."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import regex

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

#: The column that no table has: the row's number from 0.
ROW_NUMBER = "#"
#: In a template, where the text goes.
_GAP = "{}"
#: Seconds in which a pattern has to find its text: it may be written so that it takes for ever.
_LONGEST_SEARCH = 0.2
_LONGEST_SEARCHED = 1_000
#: Python reads more as numbers than other programs do: 1_000, nan.
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE)
_COMMA = re.compile(r"\s*[+-]?[\d.]*,[\d.,]*\s*")


@dataclass(frozen=True)
class TextCell:
    """A text: that of a column, or the part of it that `pattern` (a regular expression with a group
    of the field's name) finds, within `template`; `words` replace texts by others. Or `value`, the
    same for all rows."""

    column: str = ""
    value: str = ""
    pattern: str = ""
    template: str = _GAP
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: Whether a table may lack the column.
    optional: bool = False

    @cached_property
    def _search(self) -> "regex.Pattern[str]":
        return regex.compile(self.pattern)

    def read(self, name: str, values: Mapping[str, Any]) -> str:
        """The text of the field `name` (of `pattern`, the group): "" if the cell is empty. Raises
        Problem if the cell holds no text, or the pattern does not find any."""
        if self.value:
            return self.value
        text = self._cell(name, values)
        if text and self.pattern:
            text = self._part(name, text)
        text = self.words.get(text, text)
        return self.template.replace(_GAP, text) if text else ""

    def _cell(self, name: str, values: Mapping[str, Any]) -> str:
        value = values.get(self.column, "")
        if isinstance(value, str) or value is None:
            return (value or "").strip()
        if self.column == ROW_NUMBER:
            return str(value)
        raise Problem(
            gettext_noop("%(key)s is not text"),
            gettext_noop("put its value in quotes"),
            key="filename" if name == "name" else name,
        )

    def _part(self, name: str, text: str) -> str:
        try:
            found = self._search.search(
                text[:_LONGEST_SEARCHED], timeout=_LONGEST_SEARCH, concurrent=False
            )
        except TimeoutError as error:
            raise Problem(
                gettext_noop('the pattern %(pattern)s takes too long on "%(text)s"'),
                gettext_noop("write it without repetitions of repetitions"),
                pattern=self.pattern[:100],
                text=text[:100],
            ) from error
        if found is None:
            raise Problem(
                gettext_noop('"%(text)s" does not say the %(key)s (pattern %(pattern)s)'),
                gettext_noop("correct the text, or the pattern in the mapping"),
                text=text[:100],
                key=name,
                pattern=self.pattern[:100],
            )
        return found[name] or ""


def number_of(key: str, values: Mapping[str, Any]) -> float | None:
    """The finite number in the column `key`; None if the cell is empty. Raises Problem."""
    value = values.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    number = _float(value)
    if math.isfinite(number):
        return number
    if isinstance(value, str) and _COMMA.fullmatch(value):
        raise Problem(
            gettext_noop('%(key)s "%(value)s" has a comma, which may mean two things'),
            gettext_noop(
                "write it with a decimal point; decimal commas are read if semicolons or tabs "
                "separate the columns"
            ),
            key=key,
            value=value[:40],
        )
    raise Problem(
        gettext_noop('%(key)s "%(value)s" is not a number'),
        gettext_noop("write it with a decimal point, or leave it empty"),
        key=key,
        value=str(value)[:40],
    )


def number_within(
    lowest: float, highest: float, key: str, values: Mapping[str, Any]
) -> float | None:
    """As `number_of`; raises Problem for one outside `lowest`…`highest`."""
    number = number_of(key, values)
    if number is not None and not lowest <= number <= highest:
        raise outside(key, values[key], f"{lowest:g}…{highest:g}")
    return number


def outside(key: str, value: Any, interval: str) -> Problem:
    return Problem(
        gettext_noop("%(key)s %(value)s is outside %(interval)s"),
        gettext_noop("fix it, or give the scale (--mos-minimum 1 --mos-scale 5)"),
        key=key,
        value=str(value)[:40],
        interval=interval,
    )


def _float(value: Any) -> float:
    """NaN of what is no number."""
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
