"""Image files that say in every way how they are to be shown: profiles, gammas, turns, palettes,
transparency, CMYK, 16 bits, a second picture. Written by hand where Pillow would not."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .files import encoded

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
SIDE = 32
SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
ADOBE = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
BT2020 = (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046)


def colours() -> NDArray[np.uint8]:
    """(SIDE, SIDE, 3): another colour for each pixel."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return np.stack([x * 8, y * 8, ((x * 5 + y * 3) % 32) * 8], -1).astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(
    pixels: Pixels, *before: tuple[bytes, bytes], depth: int = 8, after: bytes = b""
) -> bytes:
    """A PNG with chunks before its pixels, and others after them."""
    height, width = pixels.shape[:2]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[1 if pixels.ndim == 2 else pixels.shape[2]]
    lines = pixels.astype(">u2" if depth == 16 else np.uint8).reshape(height, -1)
    return _png(width, height, depth, kind, [line.tobytes() for line in lines], before, after)


def _png(
    width: int,
    height: int,
    depth: int,
    kind: int,
    lines: list[bytes],
    before: tuple[tuple[bytes, bytes], ...],
    after: bytes = b"",
) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + line for line in lines))
    parts = [chunk(b"IHDR", head), *(chunk(*each) for each in before), chunk(b"IDAT", data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + after + chunk(b"IEND", b"")


def few_greys(depth: int, *before: tuple[bytes, bytes]) -> bytes:
    """A grey PNG of one, two or four bits."""
    bits = np.unpackbits(colours()[..., :1], axis=2)[:, :, :depth].reshape(SIDE, -1)
    lines = [np.packbits(line).tobytes() for line in bits]
    return _png(SIDE, SIDE, depth, 0, lines, before)


def coloured_png(*before: tuple[bytes, bytes]) -> bytes:
    return png_of(colours(), *before)


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", value)


def chromaticities(values: tuple[float, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values))


def embedded(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"x\0\0" + zlib.compress(profile)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _to_d50(points: tuple[float, ...]) -> NDArray[np.float64]:
    """ICC.1:2022, annex E: (3, 3) from light to XYZ, adapted by Bradford's matrix."""
    columns = [np.array([x / y, 1, (1 - x - y) / y]) for x, y in _pairs(points)]
    white, primaries = columns[0], np.stack(columns[1:], 1)
    cones = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    scale = np.diag((cones @ [0.9642, 1, 0.8249]) / (cones @ white))
    adapted = np.linalg.inv(cones) @ scale @ cones
    return np.asarray(adapted @ (primaries * np.linalg.solve(primaries, white)))


def _pairs(points: tuple[float, ...]) -> list[tuple[float, float]]:
    return list(zip(points[::2], points[1::2], strict=True))


SRGB_CURVE = b"para" + bytes(4) + struct.pack(">HH", 3, 0)
SRGB_CURVE += _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
LINEAR = b"curv" + bytes(8)


def power(exponent: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256))


def profile(
    points: tuple[float, ...] | None,
    curve: bytes,
    *,
    name: str = "x",
    kind: bytes = b"mntr",
    version: int = 2,
) -> bytes:
    """An ICC profile of curves and a matrix; of grey if it has no primaries."""
    tags = {b"wtpt": b"XYZ " + bytes(4) + _fixed(0.9642, 1, 0.8249)}
    described = name.encode() + b"\0"
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", len(described)) + described + bytes(78)
    tags[b"cprt"] = b"text" + bytes(4) + b"x\0"
    if points is None:
        tags[b"kTRC"] = curve
    else:
        columns = _to_d50(points).T
        for letter, column in zip("rgb", columns, strict=True):
            tags[f"{letter}XYZ".encode()] = b"XYZ " + bytes(4) + _fixed(*column)
            tags[f"{letter}TRC".encode()] = curve
    return _assembled(tags, b"GRAY" if points is None else b"RGB ", kind, version)


def _assembled(tags: dict[bytes, bytes], space: bytes, kind: bytes, version: int) -> bytes:
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI", start + len(body), b"lcms", version << 24) + kind + space + b"XYZ "
    head += bytes(12) + b"acsp" + bytes(28) + _fixed(0.9642, 1, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def exif(orientation: int, *, kind: int = 3, order: str = "<") -> bytes:
    """A TIFF structure with that tag alone; kind 3 is a 16-bit number, 4 a 32-bit one."""
    value = struct.pack(f"{order}HH" if kind == 3 else f"{order}I", *([orientation, 0][: 5 - kind]))
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, 1)
    return start + struct.pack(f"{order}HHI", 0x0112, kind, 1) + value + bytes(4)


def xmp(orientation: int) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        f'tiff:Orientation="{orientation}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def jpeg(*blocks: bytes, **options: object) -> bytes:
    """With APP1 blocks at its start."""
    options = {"quality": 100, "subsampling": 0, **options}
    data = encoded(Image.fromarray(colours()), "JPEG", **options)
    return _with_blocks(data, blocks)


def _with_blocks(data: bytes, blocks: tuple[bytes, ...]) -> bytes:
    segments = [b"\xff\xe1" + struct.pack(">H", len(each) + 2) + each for each in blocks]
    return data[:2] + b"".join(segments) + data[2:]


def _gammas() -> Iterator[tuple[str, bytes]]:
    grey = colours()[..., 0]
    for value in (0, 1000, 20_000, 45_000, 45_455, 47_000, 55_556, 100_000, 450_000):
        yield f"png gamma {value}", coloured_png(gamma(value))
    yield "png gamma grey", png_of(grey, gamma(100_000))
    yield "png gamma srgb", coloured_png((b"sRGB", b"\0"), gamma(100_000))
    yield "png primaries alone", coloured_png(chromaticities(P3))
    yield "png gamma p3", coloured_png(gamma(45_455), chromaticities(P3))
    yield "png linear 2020", coloured_png(chromaticities(BT2020), gamma(100_000))
    yield "png primaries zero", coloured_png(gamma(45_455), chromaticities((0,) * 8))
    yield "png broken profile", coloured_png(gamma(100_000), (b"iCCP", b"x\0\0junk"))
    for code in (
        (12, 13),
        (9, 14),
        (9, 8),
        (1, 1),
        (1, 4),
        (1, 5),
        (7, 7),
        (11, 17),
        (5, 13),
        (8, 13),
    ):
        yield f"png coded {code}", coloured_png((b"cICP", bytes((*code, 0, 1))))
    for bytes_ in ((12, 13, 0, 0), (2, 2, 0, 1), (1, 9, 0, 1)):
        yield f"png coded {bytes_}", coloured_png((b"cICP", bytes(bytes_)))
    both = (b"cICP", bytes((1, 13, 0, 1))), embedded(profile(P3, SRGB_CURVE))
    yield "png coded before profile", coloured_png(*both)


def _profiles() -> Iterator[tuple[str, bytes]]:
    image, grey = Image.fromarray(colours()), Image.fromarray(colours()[..., 0])
    every = {
        "p3": profile(P3, SRGB_CURVE),
        "p3 4": profile(P3, SRGB_CURVE, version=4),
        "p3 5": profile(P3, SRGB_CURVE, version=5),
        "adobe": profile(ADOBE, power(563 / 256)),
        "linear": profile(SRGB, LINEAR, name="sRGB linear"),
        "scanner": profile(P3, SRGB_CURVE, kind=b"scnr"),
        "link": profile(P3, SRGB_CURVE, kind=b"link"),
        "grey": profile(None, power(1.8)),
        "junk": b"junk" * 100,
    }
    for name, icc in every.items():
        yield f"png profile {name}", coloured_png(embedded(icc))
        yield f"jpeg profile {name}", jpeg(icc_profile=icc)
        yield f"webp profile {name}", encoded(image, "WEBP", lossless=True, icc_profile=icc)
        yield f"png grey {name}", png_of(colours()[..., 0], embedded(icc))
        yield f"jpeg grey {name}", encoded(grey, "JPEG", quality=100, icc_profile=icc)
        yield f"png palette {name}", encoded(image.quantize(64), "PNG", icc_profile=icc)


def _turns() -> Iterator[tuple[str, bytes]]:
    start = b"Exif\0\0"
    image = Image.fromarray(colours())
    for turn in range(10):
        yield f"jpeg turn {turn}", jpeg(start + exif(turn))
        yield f"png turn {turn}", coloured_png((b"eXIf", exif(turn)))
        yield f"webp turn {turn}", encoded(image, "WEBP", lossless=True, exif=start + exif(turn))
    yield "jpeg turn big", jpeg(start + exif(6, order=">"))
    yield "jpeg turn long", jpeg(start + exif(6, kind=4))
    yield "jpeg turn padded", jpeg(b"Exif\0\xff" + exif(6))
    yield "jpeg turn twice", jpeg(start + exif(6), start + exif(3))
    yield "jpeg turn broken", jpeg(start + b"junk" * 4, start + exif(3))
    yield "jpeg turn xmp", jpeg(b"http://ns.adobe.com/xap/1.0/\0" + xmp(6))
    yield "png turn headed", coloured_png((b"eXIf", start + exif(6)))
    yield "png turn long", coloured_png((b"eXIf", exif(6, kind=4)))
    yield "png turn after", png_of(colours(), after=chunk(b"eXIf", exif(6)))
    yield "png turn xmp", coloured_png((b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp(6)))
    text = start + exif(6)
    text = b"\nexif\n%8d\n" % len(text) + text.hex().encode() + b"\n"
    yield (
        "png turn text",
        coloured_png((b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))),
    )


def _transparent() -> Iterator[tuple[str, bytes]]:
    rgb, grey = colours(), colours()[..., 0]
    rgba = np.dstack([rgb, rgb[..., 1]])
    yield "png alpha", png_of(rgba)
    yield "png alpha grey", png_of(np.dstack([grey, rgb[..., 1]]))
    yield "png alpha p3", png_of(rgba, embedded(profile(P3, SRGB_CURVE)))
    yield "png alpha linear", png_of(rgba, gamma(100_000))
    yield "png alpha 16", png_of(rgba.astype(np.uint16) * 257, depth=16)
    yield "webp alpha", encoded(Image.fromarray(rgba), "WEBP", lossless=True, exact=True)
    yield "webp alpha lossy", encoded(Image.fromarray(rgba), "WEBP", quality=90)
    mark = (b"tRNS", struct.pack(">HHH", *(int(value) for value in rgb[5, 5])))
    yield "png colour out", png_of(rgb, mark)
    wide = rgb.astype(np.uint16) * 257
    wide_mark = (b"tRNS", struct.pack(">HHH", *(int(value) for value in wide[5, 5])))
    yield "png colour out 16", png_of(wide, wide_mark, depth=16)
    yield "png grey out", png_of(grey, (b"tRNS", struct.pack(">H", 64)))
    grey_mark = (b"tRNS", struct.pack(">H", 64 * 257))
    yield "png grey out 16", png_of(grey.astype(np.uint16) * 257, grey_mark, depth=16)
    for depth in (1, 2, 4):
        yield f"png greys {depth}", few_greys(depth)
        yield f"png greys out {depth}", few_greys(depth, (b"tRNS", b"\0\1"))
        yield f"png greys linear {depth}", few_greys(depth, gamma(100_000))
    palette = Image.fromarray(rgb).quantize(32)
    yield "png palette", encoded(palette, "PNG")
    yield "png palette out", encoded(palette, "PNG", transparency=bytes(range(0, 256, 8)))


def _others() -> Iterator[tuple[str, bytes]]:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    fine = np.stack([x * 2000 + y * 7, y * 2000 + x * 7, (x + y) * 1000], -1).astype(np.uint16)
    yield "png 16", png_of(fine, depth=16)
    yield "png 16 grey", png_of(fine[..., 0], depth=16)
    yield "png 16 grey alpha", png_of(fine[..., :2], depth=16)
    yield "png 16 p3", png_of(fine, embedded(profile(P3, SRGB_CURVE)), depth=16)
    yield "png 16 linear", png_of(fine, gamma(100_000), depth=16)
    yield "png 16 grey linear", png_of(fine[..., 0], gamma(100_000), depth=16)
    bands = [Image.fromarray(colours()[..., band]) for band in range(3)]
    cmyk = Image.merge("CMYK", [*bands, Image.fromarray(colours()[..., 0] // 2)])
    yield "jpeg cmyk", encoded(cmyk, "JPEG", quality=100)
    wrong = profile(P3, SRGB_CURVE)
    yield "jpeg cmyk profile", encoded(cmyk, "JPEG", quality=100, icc_profile=wrong)
    yield "jpeg rgb", jpeg(keep_rgb=True)
    yield "jpeg 420", jpeg(quality=90, subsampling=2)
    yield "jpeg progressive", jpeg(quality=90, progressive=True)
    yield "webp lossy", encoded(Image.fromarray(colours()), "WEBP", quality=90)
    image, second = Image.fromarray(colours()), Image.fromarray(255 - colours())
    several = {"save_all": True, "append_images": [second], "quality": 100}
    mpo = encoded(image, "MPO", **several)
    yield "jpeg mpo", mpo
    yield "jpeg mpo turn", _with_blocks(mpo, (b"Exif\0\0" + exif(6),))
    yield "jpeg mpo p3", encoded(image, "MPO", icc_profile=wrong, **several)


def every_kind() -> dict[str, bytes]:
    """By a name whose first word is the file's kind."""
    kinds = (_gammas, _profiles, _turns, _transparent, _others)
    return dict(item for kind in kinds for item in kind())
