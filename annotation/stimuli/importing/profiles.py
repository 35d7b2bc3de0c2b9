"""ICC profiles that are curves and a matrix, which nearly all of an image's are."""

import struct

import numpy as np

from .colours import D50, Colours, Floats, Transfer, colours, parametric

_RGB, _GREY = b"RGB ", b"GRAY"
_HEADER = 132
#: The newest major version that browsers read.
_NEWEST = 4
#: ICC.1:2022, 10.18: the places of a parametric curve's numbers by its kind, as `parametric` names
#: them.
_PARAMETERS = {0: "g", 1: "gab", 2: "gabc", 3: "gabcd", 4: "gabcdef"}


def space_of(profile: bytes) -> str:
    """The colours that it is for: "RGB", "GRAY", "CMYK"; empty if it is no profile."""
    if len(profile) < _HEADER or profile[36:40] != b"acsp" or profile[8] > _NEWEST:
        return ""
    return profile[16:20].decode("ascii", "replace").strip()


def table_of(profile: bytes) -> int | None:
    """The rendering intent of its table of colours, which goes before curves and a matrix; None if
    it has none."""
    tags = _tags(profile)
    return next((intent for intent in (0, 1) if b"A2B%d" % intent in tags), None)


def profile_colours(profile: bytes) -> Colours | None:
    """What its curves and its matrix say; None if they are not there or damaged."""
    space = profile[16:20]
    try:
        tags = _tags(profile)
        if space == _GREY:
            curve = _curve(tags[b"kTRC"])
            return colours((curve, curve, curve), _grey_matrix())
        if space != _RGB:
            return None
        matrix = np.stack([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
        red, green, blue = (_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
        return colours((red, green, blue), matrix)
    except (KeyError, ValueError, struct.error):
        return None


def _grey_matrix() -> Floats:
    """Equal shares of the white that sRGB has."""
    return np.asarray(np.diag(D50) @ np.full((3, 3), 1 / 3))


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    found = {}
    for place in range(_HEADER, min(_HEADER + 12 * count, len(profile) - 11), 12):
        name, start, size = struct.unpack_from(">4sII", profile, place)
        found[name] = profile[start : start + size]
    return found


def _xyz(tag: bytes) -> Floats:
    if tag[:4] != b"XYZ ":
        raise ValueError("not a colour")
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _curve(tag: bytes) -> Transfer:
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        names = _PARAMETERS[kind]
        numbers = [value / 65536 for value in struct.unpack_from(f">{len(names)}i", tag, 12)]
        return _parametric(kind, dict(zip(names, numbers, strict=True)))
    if tag[:4] != b"curv":
        raise ValueError("not a curve")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return parametric(1.0)
    table = np.array(struct.unpack_from(f">{count}H", tag, 12))
    if count == 1:
        return parametric(float(table[0]) / 256)
    places, values = np.linspace(0, 1, count), table / 65535
    return lambda x: np.interp(x, places, values)


def _parametric(kind: int, values: dict[str, float]) -> Transfer:
    """The five kinds of ICC.1:2022, table 68, as the last of them."""
    if kind in (1, 2):
        values["d"] = -values["b"] / values["a"] if values["a"] else 0.0
    if kind == 2:  # its c is added on either side
        values["e"] = values["f"] = values.pop("c")
    return parametric(**values)
