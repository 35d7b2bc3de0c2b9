"""Bytes that nobody's tool wrote: no error, no wait, no memory."""

import json
import struct
import time
import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.stimuli.generation import limits, notes
from annotation.stimuli.generation.reader import read_bytes, reading_of
from annotation.stimuli.generation.reading import Reading
from annotation.stimuli.generation.records import Records
from annotation.stimuli.generation.tools.jumbf import Box, values_of

from .files import (
    chunk,
    graph,
    node,
    png,
    read,
    text_chunk,
    text_png,
    xmp_png,
)

_QUICK = settings(max_examples=15, deadline=None)
_STARTS = st.sampled_from(
    [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x20ftypavif"]
)
_TEXT = st.text(max_size=12) | st.sampled_from(["1", "2", "model", "positive", "-1", "Steps: 1"])
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_NAMES = ("images", "samples", "model", "positive", "negative", "seed", "text", "guider", "pipe",
          "conditioning_1", "string_a", "string_b", "select", "input1", "")  # fmt: skip
_KINDS = ("SaveImage", "KSampler", "CLIPTextEncode", "StringConcatenate", "Context (rgthree)")
_LINK = st.tuples(st.sampled_from("123456"), st.integers(0, 2)).map(list)
_GRAPH = st.dictionaries(
    st.sampled_from("123456"),
    st.fixed_dictionaries(
        {
            "class_type": st.sampled_from(_KINDS) | _TEXT,
            "inputs": st.dictionaries(st.sampled_from(_NAMES), _LINK | _JSON, max_size=6),
        }
    ),
    max_size=6,
)
_CHUNKS = (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"caBX", b"comf")
_KEYWORDS = ("parameters", "prompt", "workflow", "generation_data", "parameters-json", "Dream",
             "invokeai_metadata", "sd-metadata", "Comment", "Software", "Description")  # fmt: skip


@_QUICK
@given(_STARTS, st.binary(max_size=300))
def test_any_bytes(start: bytes, data: bytes) -> None:
    assert isinstance(read_bytes(start + data), Reading | None)


@_QUICK
@given(st.sampled_from(_CHUNKS), st.binary(max_size=200))
def test_any_bytes_in_a_chunk(kind: bytes, data: bytes) -> None:
    assert isinstance(read(png(chunk(kind, data))), Reading)


@_QUICK
@given(st.dictionaries(st.sampled_from(_KEYWORDS), _JSON | _GRAPH, max_size=4))
def test_any_json(records: dict[str, Any]) -> None:
    texts = {name: json.dumps(value) for name, value in records.items()}
    reading = read(text_png(texts))
    assert "\0" not in (reading.prompt or "")
    (reading.prompt or "").encode()


@_QUICK
@given(_GRAPH)
def test_any_graph(nodes: dict[str, Any]) -> None:
    reading = read(png(prompt=json.dumps(nodes)))
    assert reading.seed is None or 0 <= reading.seed < 2**64


@_QUICK
@given(st.binary(max_size=200))
def test_any_credentials(data: bytes) -> None:
    boxed = struct.pack(">I4s", len(data) + 8, b"cbor") + data
    assert all(isinstance(box, Box) for box in [*values_of(data), *values_of(boxed)])


def _seconds(data: bytes) -> float:
    start = time.perf_counter()
    read_bytes(data)
    return time.perf_counter() - start


def test_texts_made_to_take_long() -> None:
    # Each took minutes, or had no end, by an expression that goes back over what it has read.
    size = 300_000
    hostile = [
        png(parameters="Steps: 1, " + "a" + " " * size),
        png(parameters="Steps: 1\n" * (size // 10)),
        png(parameters="Steps: 1, " + "a," * size),
        png(parameters="Steps: 1, " + 'k:"' * (size // 3)),
        png(parameters="Steps: 1, " + "k:[" * (size // 3)),
        png(Description=" " * size + "Job"),
        png(Dream='"' * size),
        png(prompt="[" * size),
        png(parameters='{"a":' * (size // 5)),
        png(prompt=json.dumps(graph(good=node("CLIPTextEncode", text="{" * size)))),
        text_png({"sd-metadata": json.dumps({"image": {"prompt": "[" * size}})}),
        xmp_png("<dc:x>" * 5000),
    ]
    assert max(map(_seconds, hostile)) < 3


def test_a_text_that_doubles_at_each_node_ends() -> None:
    doubled = {
        f"s{n}": node("StringConcatenate", string_a=[f"s{n - 1}", 0], string_b=[f"s{n - 1}", 0],
                      delimiter="")
        for n in range(1, 40)
    }  # fmt: skip
    nodes = graph(
        good=node("CLIPTextEncode", text=["s39", 0]),
        s0=node("PrimitiveString", value="x" * 100),
        **doubled,
    )
    data = png(prompt=json.dumps(nodes))
    assert _seconds(data) < 5
    assert read(data).prompt is None


def test_chunks_that_unpack_to_too_much_are_left_out_and_said() -> None:
    bomb = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(limits.MOST_BYTES + 1)))
    reading = read(png(bomb, text_chunk("Comment", "x")))
    assert reading.prompt is None
    assert notes.DAMAGED in reading.notes


def test_lengths_beyond_the_file_and_too_many_pieces() -> None:
    cut = png()[:33] + struct.pack(">I4s", 2**31, b"tEXt") + b"parameters\0x"
    assert notes.DAMAGED in read(cut).notes
    many = png(*[chunk(b"abcd", b"")] * (limits.MOST_PIECES + 10))
    assert notes.DAMAGED in read(many).notes


def test_graphs_with_too_many_nodes_are_left_out_and_said() -> None:
    nodes = {str(key): node("X") for key in range(limits.MOST_NODES + 1)}
    assert read(png(prompt=json.dumps(nodes))).notes == (notes.TOO_MANY_NODES,)


def test_a_file_of_another_kind_is_none() -> None:
    assert read_bytes(b"GIF89a") is None
    assert read_bytes(b"") is None
    assert reading_of(Records()).notes == (notes.NO_METADATA,)
