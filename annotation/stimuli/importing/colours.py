"""What an image's numbers mean as colours, and the same colours in sRGB.

A browser follows, in a PNG, its cICP chunk, else its ICC profile, else sRGB, else gAMA with cHRM;
in other files the ICC profile. Sources: PNG (Third Edition) 4.3; ICC.1:2022; ITU-T H.273; where
these leave a choice, what Chromium was seen to do.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
#: An encoded value on 0…1 as light on 0…1.
Transfer = Callable[[Floats], Floats]
#: x and y of white, red, green and blue.
Chromaticities = tuple[float, ...]

_LEVELS = np.arange(256) / 255
_SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
#: ICC.1:2022, 7.2.16: the white that colours are adapted to on their way.
D50 = np.array([0.9642, 1.0, 0.8249])
#: ICC.1:2022, E.1: linear Bradford adaptation.
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
#: H.273, table 2: the primaries by their code.
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB_PRIMARIES,
    4: (0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (0.3127, 0.329, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    8: (0.31, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    10: (1 / 3, 1 / 3, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    22: (0.3127, 0.329, 0.63, 0.34, 0.295, 0.605, 0.155, 0.077),
}


def parametric(
    g: float, a: float = 1, b: float = 0, c: float = 0, d: float = 0, e: float = 0, f: float = 0
) -> Transfer:
    """ICC.1:2022, 10.18: (a·x + b)^g + e from d on, c·x + f below."""

    def light(x: Floats) -> Floats:
        return np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)

    return light


_SRGB = parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
#: BT.1886, which is how screens show what BT.709 encodes.
_BT1886 = parametric(2.4)
#: H.273, table 3: the transfer characteristics by their code. The two of high dynamic range are not
#: among them: how bright they are shown depends on the screen.
_TRANSFERS: dict[int, Transfer] = {
    1: _BT1886,
    4: parametric(2.2),
    5: parametric(2.8),
    6: _BT1886,
    7: parametric(1 / 0.45, 0.899626676224, 0.100373323776, 0.25, 0.091286342118),
    8: parametric(1.0),
    11: _BT1886,
    13: _SRGB,
    14: _BT1886,
    15: _BT1886,
    17: parametric(2.6, 1.034080527699),
}
_HIGH_DYNAMIC_RANGE = (16, 18)
#: A gAMA chunk alone that is as near to 1/2.2 means sRGB.
_LIKE_SRGB = 0.05


@dataclass(frozen=True)
class Colours:
    """curves: (3, 256), the light of each byte of red, green and blue; matrix (3, 3): from that
    light to the light of sRGB."""

    curves: Floats
    matrix: Floats

    def in_srgb(self, pixels: Bytes) -> Bytes:
        """(…, 3) in sRGB; colours that it does not have are cut off."""
        light = np.stack([curve[pixels[..., n]] for n, curve in enumerate(self._light)], axis=-1)
        linear = light @ self.matrix.T.astype(np.float32)
        places = (np.clip(linear, 0, 1) * (len(_ENCODED) - 1) + 0.5).astype(np.uint16)
        return np.asarray(_ENCODED[places])

    @property
    def _light(self) -> NDArray[np.float32]:
        return self.curves.astype(np.float32)

    @property
    def is_srgb(self) -> bool:
        """Whether no colour differs by more than one step of 255, as rounding makes of sRGB
        itself."""
        levels = np.array([0, 5, 15, 40, 75, 110, 150, 200, 240, 255], dtype=np.uint8)
        probe = np.array(list(product(levels, repeat=3)), dtype=np.uint8)
        moved = np.abs(self.in_srgb(probe).astype(int) - probe)
        return int(moved.max()) <= 1


def _encoded() -> Bytes:
    """The byte in sRGB of light on 0…65,535."""
    light = np.linspace(0, 1, 2**16)
    values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(values * 255).astype(np.uint8)


_ENCODED = _encoded()


def to_d50(white_and_primaries: Chromaticities) -> Floats | None:
    """(3, 3): from light to XYZ, adapted to D50; None if no such primaries can be."""
    points = np.array(white_and_primaries, dtype=float).reshape(4, 2)
    with np.errstate(all="ignore"):
        x, y = points[:, 0], points[:, 1]
        if np.any(points > 1) or y[0] == 0:
            return None
        white = np.array([x[0], y[0], 1 - x[0] - y[0]]) / y[0]
        primaries = np.stack([x[1:], y[1:], 1 - x[1:] - y[1:]])
    try:
        shares = np.linalg.solve(primaries, white)
    except np.linalg.LinAlgError:
        return None
    cones = (_BRADFORD @ D50) / (_BRADFORD @ white)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD
    return np.asarray(adapted @ primaries * shares)


def _from_d50() -> Floats:
    found = to_d50(_SRGB_PRIMARIES)
    assert found is not None  # noqa: S101 -- primaries of a standard; this tells mypy
    return np.linalg.inv(found).astype(np.float64)


_TO_SRGB = _from_d50()


def colours(transfers: tuple[Transfer, Transfer, Transfer], to_xyz: Floats) -> Colours:
    """Of red's, green's and blue's transfer, and (3, 3) from their light to XYZ under D50."""
    curves = np.stack([transfer(_LEVELS) for transfer in transfers])
    return Colours(curves, _TO_SRGB @ to_xyz)


def png_colours(chunks: dict[bytes, bytes]) -> Colours | None:
    """What gAMA and cHRM say; None if nothing, or if there is an sRGB chunk."""
    if b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return None
    gamma = struct.unpack(">I", chunks[b"gAMA"])[0] / 100_000
    chromaticities = chunks.get(b"cHRM", b"")
    if len(chromaticities) == 32:
        primaries = tuple(value / 100_000 for value in struct.unpack(">8I", chromaticities))
        return _coded(parametric(1 / gamma), primaries) if gamma else None
    if not gamma or abs(gamma * 2.2 - 1) < _LIKE_SRGB:
        return None
    return _coded(parametric(1 / gamma), _SRGB_PRIMARIES)


def cicp_colours(chunk: bytes) -> Colours | None:
    """What a cICP chunk says (PNG 11.3.2.6); None if nothing that browsers follow."""
    if len(chunk) != 4 or chunk[2:] != b"\0\1":
        return None
    transfer, primaries = _TRANSFERS.get(chunk[1]), _PRIMARIES.get(chunk[0])
    return _coded(transfer, primaries) if transfer and primaries else None


def is_high_dynamic_range(chunk: bytes) -> bool:
    """Whether a cICP chunk says PQ or HLG."""
    return len(chunk) == 4 and chunk[1] in _HIGH_DYNAMIC_RANGE


def _coded(transfer: Transfer, primaries: Chromaticities) -> Colours | None:
    matrix = to_d50(primaries)
    return None if matrix is None else colours((transfer, transfer, transfer), matrix)
