"""Image files and manifests that tests write: good ones, odd ones, hostile ones."""

import csv
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from annotation.opinion.sources import Source
from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from annotation.stimuli.mapping.document import TableMapping
from annotation.stimuli.mapping.own import manifest_mapping
from tests.factories import png

ORIENTATION = 0x0112


def quadrants(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red upper left, green upper right, blue lower left, white lower right."""
    width, height = size
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, width // 2, height // 2))
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def turned_jpeg(orientation: int) -> bytes:
    """`quadrants` as a JPEG that says it must be turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(quadrants(), "JPEG", quality=95, exif=exif)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes of PNG whose header promises width × height pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def picture(number: int) -> bytes:
    """A PNG that differs from every other number's even as a thumbnail."""
    return png(60 * number)


def write_manifest(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """`rows` as CSV with the columns of the first one."""
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def row(number: int, **columns: Any) -> dict[str, Any]:
    return {
        "filename": f"{number}.png",
        "prompt": f"prompt {number}",
        "generator": f"generator {number % 2}",
        **columns,
    }


def scored(
    minimum: float = 0.0,
    maximum: float = 1.0,
    direction: str = "higher",
    kind: str = "other",
) -> TableMapping:
    """A manifest's mapping with its published scores on this scale."""
    source = Source("manifest", minimum, maximum, direction, kind)
    return manifest_mapping(AIGCIQA2023_PERSPECTIVES, source)


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def stored(media: Path) -> list[str]:
    """Every file below the media folder, as names in storage."""
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())
