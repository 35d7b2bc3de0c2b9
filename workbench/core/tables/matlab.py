"""The rows of a MATLAB file (versions 4 to 7): its variables are the columns.

A vector is a column, a matrix several (`name_1`, `name_2`, …), a cell array of texts a column of
texts. Variables of another length than the others are left out unless they are asked for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat, whosmat

from ..texts import gettext_noop
from .columns import Columns
from .errors import TableError
from .header import checked_header
from .rows import Row, Shape, finite

#: Numbers in all variables, and columns of one.
_MOST_NUMBERS, _WIDEST = 50_000_000, 50
_NEWEST = b"MATLAB 7.3"


def matlab_rows(path: Path, columns: Columns, shape: Shape) -> Iterator[Row]:
    """A row for each element of the vectors; its line is its number. Raises TableError."""
    found = _columns(_variables(path))
    names = dict(zip(found, checked_header(list(found), path.name, columns), strict=True))
    length = _length(found, names, columns, path.name)
    lists = [(names[key], values) for key, values in found.items() if len(values) == length]
    for place in range(length):
        yield place + 1, {name: values[place] for name, values in lists}, None


def _variables(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        if file.read(len(_NEWEST)) == _NEWEST:
            raise TableError(
                gettext_noop("%(name)s is a MATLAB file of version 7.3, which is HDF5"),
                gettext_noop("save it as version 7: save('%(name)s', '-v7')"),
                name=path.name,
            )
    try:
        # The sizes are in the headers: nothing is unpacked before they are known.
        if sum(prod(size) for _name, size, _kind in whosmat(path)) > _MOST_NUMBERS:
            raise TableError(
                gettext_noop("%(name)s holds more than %(limit)d numbers"),
                gettext_noop("save only the variables with names and scores"),
                name=path.name,
                limit=_MOST_NUMBERS,
            )
        return dict(loadmat(path))
    except TableError:
        raise
    # SciPy raises nearly anything of damaged files.
    except Exception as error:
        raise TableError(
            gettext_noop("%(name)s cannot be read as a MATLAB file: %(reason)s"),
            gettext_noop("copy it again, or save it again as version 7"),
            name=path.name,
            reason=str(error)[:200] or type(error).__name__,
        ) from error


def _columns(variables: Mapping[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, values in variables.items():
        if isinstance(values, np.ndarray) and values.ndim <= 2 and not name.startswith("__"):
            found |= _of(name, values)
    return found


def _of(name: str, values: "np.ndarray[Any, Any]") -> dict[str, list[Any]]:
    """The columns of one variable; none of a struct."""
    if values.dtype.kind not in "biufUO" or not values.size:
        return {}
    if values.ndim == 1 or 1 in values.shape:
        return {name: [_plain(item) for item in values.reshape(-1).tolist()]}
    if values.shape[1] > _WIDEST:
        return {}
    parts = enumerate(values.T.tolist(), start=1)
    return {f"{name}_{number}": [_plain(item) for item in part] for number, part in parts}


def _plain(item: Any) -> Any:
    """What a cell of a cell array holds; a number that is none is missing, and one that is not
    finite is its name."""
    if isinstance(item, np.ndarray):
        return _plain(item.reshape(-1)[0].item()) if item.size == 1 else ""
    if isinstance(item, float):
        return finite(item)
    return item.strip() if isinstance(item, str) else item


def _length(
    found: Mapping[str, list[Any]], names: Mapping[str, str], columns: Columns, file: str
) -> int:
    """The rows of the table: those of the variables that are asked for, else of most."""
    asked = {names[key]: len(values) for key, values in found.items() if columns.knows(key)}
    if len(set(asked.values())) > 1:
        one, other = min(asked, key=lambda key: asked[key]), max(asked, key=lambda key: asked[key])
        raise TableError(
            gettext_noop("%(name)s: %(one)s has %(first)d values, %(other)s has %(second)d"),
            gettext_noop("save variables of one length, one value for each image"),
            name=file,
            one=one,
            first=asked[one],
            other=other,
            second=asked[other],
        )
    lengths = Counter(asked.values()) or Counter(len(values) for values in found.values())
    if not lengths:
        raise TableError(
            gettext_noop("%(name)s contains no list of numbers or texts"),
            gettext_noop("save vectors, one value for each image"),
            name=file,
        )
    return lengths.most_common(1)[0][0]
