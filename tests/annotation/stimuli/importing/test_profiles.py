"""Curves of an ICC profile by hand (ICC.1:2022, 10.6 and 10.18), and profiles that say nothing."""

import struct

import numpy as np
import pytest

from annotation.stimuli.importing.profiles import _curve, profile_colours


def para(kind: int, *numbers: float) -> bytes:
    fixed = [round(number * 65536) for number in numbers]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", kind, 0, *fixed)


def curv(*values: int) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


def profile(space: bytes, **tags: bytes) -> bytes:
    """Its header, its table of tags, and the tags."""
    head = bytes(16) + space.ljust(4) + bytes(108)
    start = len(head) + 4 + 12 * len(tags)
    table = struct.pack(">I", len(tags))
    for name, tag in tags.items():
        table += struct.pack(">4sII", name.encode(), start, len(tag))
        start += len(tag)
    return head + table + b"".join(tags.values())


@pytest.mark.parametrize(
    ("tag", "at", "wanted"),
    [
        (curv(), 0.5, 0.5),
        (curv(512), 0.5, 0.25),
        (curv(0, 16384, 65535), 0.25, 8192 / 65535),
        (para(0, 2.0), 0.5, 0.25),
        (para(1, 2.0, 2.0, -0.5), 0.75, 1.0),
        (para(1, 2.0, 2.0, -0.5), 0.125, 0.0),
        (para(2, 2.0, 1.0, 0.0, 0.25), 0.5, 0.5),
    ],
)
def test_a_curve_is_what_its_tag_says(tag: bytes, at: float, wanted: float) -> None:
    assert _curve(tag)(np.array([at]))[0] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        profile(b"CMYK"),
        profile(b"GRAY"),
        profile(b"GRAY", kTRC=b"text\0\0\0\0no curve"),
        profile(b"GRAY", kTRC=b"para\0\0\0\0\0\0"),
        profile(b"RGB ", rXYZ=b"text\0\0\0\0no colour"),
    ],
)
def test_a_profile_that_says_no_colours_gives_none(damaged: bytes) -> None:
    assert profile_colours(damaged) is None
