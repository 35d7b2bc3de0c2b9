"""Published opinion scores in a manifest: mos_*, sd_* per perspective, and raters."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ...opinion.units import UnitScale

_MOST_RATERS = 2**31 - 1
#: Python reads more as numbers than other programs do: 1_000, nan.
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE)
_COMMA = re.compile(r"\s*[+-]?[\d.]*,[\d.,]*\s*")
#: One rater, or a thousand.
_THOUSANDS = re.compile(r"\s*\d{1,3}\.\d{3}\s*")


@dataclass(frozen=True)
class Score:
    """A published MOS, its standard deviation on the same scale, its number of raters."""

    perspective: str
    #: On the scale that it was published on.
    mos: float
    sd: float | None = None
    raters: int | None = None


def score_columns(perspectives: Iterable[str]) -> frozenset[str]:
    """The names of a manifest's columns of scores from these perspectives (keys)."""
    return frozenset(
        {"raters", *(f"{kind}_{key}" for kind in ("mos", "sd") for key in perspectives)}
    )


def decimal_columns(perspectives: Iterable[str]) -> frozenset[str]:
    """Those of them that may hold a fraction."""
    return score_columns(perspectives) - {"raters"}


def read_scores(
    values: Mapping[str, Any], perspectives: Iterable[str], scale: UnitScale
) -> tuple[Score, ...]:
    """The scores of one row from `perspectives` (keys), on `scale`; a perspective left empty has
    none."""
    raters = _number("raters", values)
    unclear = _THOUSANDS.fullmatch(str(values.get("raters")))
    if raters is not None and (unclear or raters != int(raters) or not 0 < raters <= _MOST_RATERS):
        raise _not("raters", values["raters"], "1…")
    found = []
    for perspective in perspectives:
        mos = _within(scale.minimum, scale.maximum, f"mos_{perspective}", values)
        sd = _within(0.0, scale.range, f"sd_{perspective}", values)
        if mos is not None:
            found.append(Score(perspective, mos, sd, None if raters is None else int(raters)))
    return tuple(found)


def _within(lowest: float, highest: float, key: str, values: Mapping[str, Any]) -> float | None:
    number = _number(key, values)
    if number is not None and not lowest <= number <= highest:
        raise _not(key, values[key], f"{lowest:g}…{highest:g}")
    return number


def _number(key: str, values: Mapping[str, Any]) -> float | None:
    value = values.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
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
    number = _float(value)
    if not math.isfinite(number):
        raise Problem(
            gettext_noop('%(key)s "%(value)s" is not a number'),
            gettext_noop("write it with a decimal point, or leave it empty"),
            key=key,
            value=str(value)[:40],
        )
    return number


def _float(value: Any) -> float:
    """NaN of what is no number."""
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _not(key: str, value: Any, interval: str) -> Problem:
    return Problem(
        gettext_noop("%(key)s %(value)s is outside %(interval)s"),
        gettext_noop("fix it, or give the scale (--mos-minimum 1 --mos-scale 5)"),
        key=key,
        value=str(value)[:40],
        interval=interval,
    )
