"""The scale of scores that come without one. Pure: no Django."""

import re

import numpy as np
from numpy.typing import NDArray

from .methods import OpinionError, ScaleLimits
from .methods.base import Floats

Ends = tuple[float, float]

#: Those in use, the narrowest first.
_USUAL: tuple[Ends, ...] = (
    (1, 5),
    (0, 1),
    (0, 5),
    (1, 7),
    (-3, 3),
    (1, 9),
    (1, 10),
    (0, 10),
    (1, 11),
    (0, 100),
)
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_WRITTEN = re.compile(rf"\s*({_NUMBER})\s*(?:-|–|−|:|…|\.\.+|,|to)\s*({_NUMBER})\s*", re.ASCII)
#: A scale on which scores lie anywhere is taken as a slider with so many levels.
_SLIDER_LEVELS = 101
#: More levels than this are a slider, too, however whole its scores are.
_MOST_LEVELS = 1001
#: Parts of a whole step in which scores come.
_FRACTIONS = (1, 2)
_EQUAL = 1e-9


def parse_scale(text: str) -> Ends:
    """From `1-5`, `-3-3`, `0:100`, `1.5..4`; raises OpinionError."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise OpinionError(f'the scale "{text}" is not MIN-MAX; write for instance 1-5 or 0-100')
    low, high = float(found[1]), float(found[2])
    if not low < high:
        raise OpinionError(f'the scale "{text}" does not go up; write its lower end first')
    return low, high


def scale_of(score: Floats, ends: Ends | None) -> ScaleLimits:
    """With these ends or, if None, those of the narrowest scale in use that holds all scores, else
    those of the scores; and as many levels as the scores' steps make of it.

    Raises OpinionError if all scores are the same and no scale in use holds them.
    """
    low, high = ends or _guessed(score)
    inside = score[~outside(score, (low, high))]
    for parts in _FRACTIONS:
        steps = (np.append(inside, high) - low) * parts
        whole = np.allclose(steps, np.rint(steps), rtol=0, atol=_EQUAL * min(high - low, 1))
        if whole and steps[-1] < _MOST_LEVELS:
            return ScaleLimits(low, high, round((high - low) * parts) + 1)
    return ScaleLimits(low, high, _SLIDER_LEVELS)


def outside(score: Floats, ends: Ends) -> NDArray[np.bool_]:
    """The shape of `score`."""
    return (score < ends[0]) | (score > ends[1])


def _guessed(score: Floats) -> Ends:
    for ends in _USUAL:
        if not outside(score, ends).any():
            return ends
    low, high = float(score.min()), float(score.max())
    if low == high:
        raise OpinionError(
            f"all scores are {low:g}, which does not tell their scale; give it with --scale MIN-MAX"
        )
    return low, high
