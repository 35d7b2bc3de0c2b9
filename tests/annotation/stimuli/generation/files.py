"""Small images with records, made by hand: chunk by chunk, so that no writer stands between."""

import io
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image

from annotation.stimuli.generation.reader import read_bytes
from annotation.stimuli.generation.reading import Reading

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_chunk(keyword: str, text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return chunk(b"tEXt", keyword.encode() + b"\0" + data)


def png(*before: bytes, after: bytes = b"", **texts: str | bytes) -> bytes:
    """One grey pixel with chunks before and after the image data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    chunks = [*before, *(text_chunk(name, text) for name, text in texts.items())]
    data = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"".join([_SIGNATURE, header, *chunks, data, after, chunk(b"IEND", b"")])


def text_png(texts: Mapping[str, str | bytes]) -> bytes:
    """The same with text chunks of any names."""
    return png(*(text_chunk(name, text) for name, text in texts.items()))


def tiff(
    order: str, first: dict[int, tuple[int, bytes]], exif: dict[int, tuple[int, bytes]]
) -> bytes:
    """A TIFF structure with tags (type, bytes) in the first and in the Exif directory."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    entries = dict(first)
    exif_at = 8 + 2 + 12 * (len(first) + bool(exif)) + 4
    if exif:
        entries[0x8769] = (4, struct.pack(f"{order}I", exif_at))
    data_at = exif_at + (2 + 12 * len(exif) + 4 if exif else 0)
    body, heap = b"", b""
    for tags in (entries, exif):
        if not tags:
            continue
        body += struct.pack(f"{order}H", len(tags))
        for tag, (kind, data) in sorted(tags.items()):
            count = 1 if kind == 4 else len(data)
            if len(data) <= 4:
                value = data.ljust(4, b"\0")
            else:
                value = struct.pack(f"{order}I", data_at + len(heap))
                heap += data
            body += struct.pack(f"{order}HHI", tag, kind, count) + value
        body += b"\0\0\0\0"
    return mark + struct.pack(f"{order}I", 8) + body + heap


def comment(data: bytes, order: str = ">") -> bytes:
    """A TIFF structure with an Exif comment."""
    return tiff(order, {}, {0x9286: (7, data)})


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """Markers and their data before a scan that nobody reads."""
    parts = [struct.pack(">BBH", 0xFF, code, len(data) + 2) + data for code, data in segments]
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xda\0\2\xff\xd9"


def exif_jpeg(block: bytes) -> bytes:
    return jpeg((0xE1, b"Exif\0\0" + block))


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP"
    for kind, data in chunks:
        body += kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def xmp(properties: str, *, attributes: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f"{attributes}>{properties}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def xmp_png(properties: str, *, attributes: str = "") -> bytes:
    packet = xmp(properties, attributes=attributes)
    return png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))


def hidden_png(record: bytes, name: bytes = b"stealth_pngcomp") -> bytes:
    """A record in the lowest bits of alpha, by columns."""
    bits = "".join(f"{byte:08b}" for byte in name + struct.pack(">I", len(record) * 8) + record)
    height = 64
    width = -(-len(bits) // height)
    image = Image.new("RGBA", (width, height), (9, 9, 9, 254))
    for at, bit in enumerate(bits):
        image.putpixel((at // height, at % height), (9, 9, 9, 254 | int(bit)))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def read(data: bytes, name: str = "image.png") -> Reading:
    reading = read_bytes(data, name)
    assert reading is not None
    return reading


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def graph(**changed: dict[str, Any] | None) -> dict[str, Any]:
    """The start-up graph with nodes replaced, added or, if None, taken out."""
    nodes = {
        "sampler": node(
            "KSampler",
            seed=77,
            steps=20,
            model=["loader", 0],
            positive=["good", 0],
            negative=["bad", 0],
            latent_image=["empty", 0],
        ),
        "loader": node("CheckpointLoaderSimple", ckpt_name="base.safetensors"),
        "empty": node("EmptyLatentImage", width=512, height=512, batch_size=1),
        "good": node("CLIPTextEncode", text="a plum", clip=["loader", 1]),
        "bad": node("CLIPTextEncode", text="blur", clip=["loader", 1]),
        "decode": node("VAEDecode", samples=["sampler", 0], vae=["loader", 2]),
        "save": node("SaveImage", filename_prefix="ComfyUI", images=["decode", 0]),
    }
    for key, value in changed.items():
        if value is None:
            del nodes[key]
        else:
            nodes[key] = value
    return nodes


def sampled(**changed: Any) -> dict[str, Any]:
    """The start-up graph's sampler with other inputs."""
    return node("KSampler", **{**graph()["sampler"]["inputs"], **changed})


def read_graph(nodes: dict[str, Any], name: str = "ComfyUI_00001_.png") -> Reading:
    return read(png(prompt=json.dumps(nodes)), name)


def values(reading: Reading) -> tuple[str | None, str | None, str | None, int | None]:
    return reading.prompt, reading.negative_prompt, reading.model, reading.seed
