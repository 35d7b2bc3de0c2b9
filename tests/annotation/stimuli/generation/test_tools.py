"""Tools with records of their own, beyond the files whose values are known."""

import gzip
import json
from typing import Any

import pytest

from annotation.stimuli.generation import notes
from annotation.stimuli.generation.reader import reading_of
from annotation.stimuli.generation.records import Records

from .files import (
    chunk,
    comment,
    exif_jpeg,
    graph,
    hidden_png,
    jpeg,
    png,
    read,
    text_png,
    tiff,
    values,
    xmp,
    xmp_png,
)

_SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 12, Size: 512x512"
_GRAPH = json.dumps(graph())


def _json(**record: Any) -> str:
    return json.dumps(record)


def test_swarmui_and_a_seed_that_the_graph_knows() -> None:
    record = {"prompt": "p", "negativeprompt": "", "model": "a/b", "seed": -1}
    reading = read(png(parameters=_json(sui_image_params=record), prompt=_GRAPH))
    assert (reading.tool, values(reading)) == ("SwarmUI", ("p", "", "a/b", 77))
    assert reading.generator_name == "b"


def test_stability_matrix_without_its_json() -> None:
    reading = read(png(smproj="{}", parameters=f"a\n{_SETTINGS}, Model: m", prompt=_GRAPH))
    assert (reading.tool, values(reading)) == ("Stability Matrix", ("a", "", "m", 12))


def test_tensorart_without_a_name_does_not_take_the_number() -> None:
    nodes = graph()
    nodes["loader"]["inputs"]["ckpt_name"] = "EMS-1-EMS.safetensors"
    data = png(generation_data=_json(prompt="p", seed="5"), prompt=json.dumps(nodes))
    reading = read(data)
    assert values(reading) == ("p", "blur", None, 5)
    assert reading.generator_name == "TensorArt"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_json(prompt="p", negative_prompt="n", base_model="m", seed="5", version="Fooocus v2.5",
               full_prompt=["styled"]), ("p", "n", "m", 5)),
        (f'styled\nNegative prompt: styled\n{_SETTINGS}, Model: m, Raw prompt: "p, q", '
         "Raw negative prompt: , Version: Fooocus v2.5.5", ("p, q", "", "m", 12)),
        (f"styled\n{_SETTINGS}, Model: m, Version: Fooocus v2.5.5", (None, None, "m", 12)),
    ],
)  # fmt: skip
def test_fooocus_in_both_schemes(text: str, expected: tuple[Any, ...]) -> None:
    in_jpeg = tiff(">", {0x9286: (2, text.encode()), 0x0131: (2, b"Fooocus v2.5.5\0")}, {})
    for data in (png(parameters=text), exif_jpeg(in_jpeg)):
        assert (read(data).tool, values(read(data))) == ("Fooocus", expected)


def test_ruined_fooocus() -> None:
    record = _json(Prompt="p", Negative="n", base_model_name="m", seed=5, software="RuinedFooocus")
    reading = read(png(parameters=record))
    assert (reading.tool, values(reading)) == ("RuinedFooocus", ("p", "n", "m", 5))


def _second(prompt: Any) -> str:
    return _json(model_weights="sd-1.5", image={"prompt": prompt, "seed": 7})


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"sd-metadata": _second([{"prompt": "a hill [fog] at dawn", "weight": 1}])},
         ("a hill at dawn", "fog", "sd-1.5", 7)),
        ({"sd-metadata": _second("a hill")}, ("a hill", "", "sd-1.5", 7)),
        ({"Dream": '"a "red" hill [fog] [mist]" -s 50 -S 123 -W 512'},
         ('a "red" hill', "fog mist", None, 123)),
        ({"invokeai_metadata": _json(positive_prompt="p", model={"name": "a/m"}, seed=1)},
         ("p", "", "a/m", 1)),
        ({"invokeai_metadata": _json(positive_prompt="p", negative_prompt=None, model=None)},
         ("p", "", None, None)),
        ({"invokeai_metadata": "{broken"}, (None, "", None, None)),
    ],
)  # fmt: skip
def test_invokeai(texts: dict[str, str], expected: tuple[Any, ...]) -> None:
    reading = read(text_png(texts))
    assert (reading.tool, values(reading)) == ("InvokeAI", expected)


_NOVELAI = {
    "Software": "NovelAI",
    "Source": "Stable Diffusion XL C1E1DE52",
    "Description": "a plum",
    "Comment": _json(prompt="a plum", uc="blur", seed=5),
}
_NOVELAI_VALUES = ("a plum", "blur", "Stable Diffusion XL", 5)


@pytest.mark.parametrize(
    "data",
    [
        text_png(_NOVELAI),
        text_png({**_NOVELAI, "Comment": _json(uc="blur", seed=5)}),
        exif_jpeg(comment(b"ASCII\0\0\0" + json.dumps(_NOVELAI).encode())),
        hidden_png(gzip.compress(json.dumps(_NOVELAI).encode())),
        hidden_png(json.dumps(_NOVELAI).encode(), b"stealth_pnginfo"),
    ],
)
def test_novelai(data: bytes) -> None:
    reading = read(data)
    assert (reading.tool, values(reading)) == ("NovelAI", _NOVELAI_VALUES)


def test_other_tools_hide_their_text_in_alpha() -> None:
    reading = read(hidden_png(gzip.compress(f"a plum\n{_SETTINGS}".encode())))
    assert values(reading) == ("a plum", "", None, 12)
    assert read(hidden_png(b"not gzip")).note == notes.NO_METADATA
    assert read(hidden_png(b"", b"stealth_nothing")).note == notes.NO_METADATA


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "p", "negative_prompt": "n", "seed": "5", "use_stable_diffusion_model": "a/m"},
        {"Prompt": "p", "Negative Prompt": "n", "Seed": "5",
         "Stable Diffusion model": "C:\\models\\m.safetensors"},
    ],
)  # fmt: skip
def test_easy_diffusion_by_both_names(record: dict[str, str]) -> None:
    as_comment = exif_jpeg(comment(b"UNICODE\0" + json.dumps(record).encode("utf-16-le")))
    for data in (text_png(record), as_comment):
        reading = read(data)
        assert (reading.tool, reading.generator_name) == ("Easy Diffusion", "m")
        assert (reading.prompt, reading.negative_prompt, reading.seed) == ("p", "n", 5)


def test_draw_things_by_its_screen_text() -> None:
    text = (
        "two &lt;tin&gt; robots&#xA;-rust&#xA;Steps: 4, Sampler: E, Guidance Scale: 4.5, Seed: 6, "
        "Size: 8x8, Model: m.ckpt"
    )
    reading = read(
        xmp_png(
            f"<dc:description><rdf:Alt><rdf:li>{text}</rdf:li></rdf:Alt></dc:description>",
            attributes='xmp:CreatorTool="Draw Things"',
        )
    )
    assert values(reading) == ("two <tin> robots", "rust", "m.ckpt", 6)


@pytest.mark.parametrize(
    ("resources", "model", "generator"),
    [
        ([{"type": "lora", "modelName": "L"},
          {"type": "checkpoint", "modelName": "Plum", "modelVersionName": "v2"}],
         "Plum", "Plum v2"),
        ([{"type": "checkpoint", "modelName": "Plum"}], "Plum", "Plum"),
        ([{"type": "checkpoint", "modelVersionId": 5}], None, "Civitai"),
        ([], None, "Civitai"),
    ],
)  # fmt: skip
def test_civitai(resources: list[Any], model: str | None, generator: str) -> None:
    text = f"p\n{_SETTINGS}, Civitai resources: {json.dumps(resources)}, Civitai metadata: {{}}"
    reading = read(exif_jpeg(comment(b"UNICODE\0" + text.encode("utf-16-be"))))
    assert (reading.tool, reading.model, reading.generator_name) == ("Civitai", model, generator)


def test_civitai_by_a_graph() -> None:
    nodes: dict[str, Any] = graph()
    nodes["loader"]["inputs"]["ckpt_name"] = "urn:air:sdxl:checkpoint:civitai:1@2"
    nodes["extraMetadata"] = _json(prompt="p", negativePrompt="n", seed=5)
    reading = read(exif_jpeg(comment(b"UNICODE\0" + json.dumps(nodes).encode("utf-16-be"))))
    assert (reading.tool, values(reading)) == ("Civitai", ("p", "n", None, 5))


_JOB = "Job ID: 3b2e7f40-5a6d-4e0f-9f0f-1f6f2d0c7a11"


@pytest.mark.parametrize(
    ("text", "expected", "generator"),
    [
        (f"a plum --v 7 {_JOB}", ("a plum", "", "7", None), "Midjourney v7"),
        (f"a plum::2 fig --niji 6 --seed 3 {_JOB}", ("a plum::2 fig", "", "niji 6", 3),
         "Midjourney niji 6"),
        (f"a -- plum \u2014no fig, nut --no pip --version 6.1 {_JOB}",
         ("a -- plum", "fig, nut, pip", "6.1", None), "Midjourney v6.1"),
        (f"a plum {_JOB}", ("a plum", "", None, None), "Midjourney"),
    ],
)  # fmt: skip
def test_midjourney(text: str, expected: tuple[Any, ...], generator: str) -> None:
    in_jpeg = exif_jpeg(tiff("<", {0x010E: (2, text.encode())}, {}))
    for data in (png(Description=text), in_jpeg):
        reading = read(data)
        assert (reading.tool, values(reading)) == ("Midjourney", expected)
        assert reading.generator_name == generator


def test_mflux() -> None:
    record = _json(mflux_version="0.9", model="black-forest-labs/FLUX.1-dev", seed=4, prompt="p")
    block = comment(b"ASCII\0\0\0" + record.encode())
    for data in (png(chunk(b"eXIf", block)), exif_jpeg(block)):
        reading = read(data)
        assert values(reading) == ("p", "", "black-forest-labs/FLUX.1-dev", 4)
        assert reading.generator_name == "FLUX.1-dev"


def test_mflux_by_its_xmp() -> None:
    properties = (
        '<mflux:seed xmlns:mflux="http://ns.mflux.ai/1.0/">4</mflux:seed>'
        '<mflux:model xmlns:mflux="http://ns.mflux.ai/1.0/">dev</mflux:model>'
        "<dc:description><rdf:Alt><rdf:li>p</rdf:li></rdf:Alt></dc:description>"
    )
    reading = read(xmp_png(properties, attributes='xmp:CreatorTool="MFLUX 0.9"'))
    assert (reading.tool, values(reading)) == ("mflux", ("p", None, "dev", 4))


_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    ("properties", "attributes", "expected"),
    [
        ("<Iptc4xmpExt:AIPromptInformation>p &amp; q</Iptc4xmpExt:AIPromptInformation>"
         "<Iptc4xmpExt:AISystemUsed>S</Iptc4xmpExt:AISystemUsed>", "", ("S", "p & q", "S")),
        ("", 'Iptc4xmpExt:AIPromptInformation="p" Iptc4xmpExt:AISystemUsed="S" '
             'Iptc4xmpExt:AISystemVersionUsed="2"', ("S", "p", "S 2")),
        ("", 'Iptc4xmpExt:AISystemUsed="S 2" Iptc4xmpExt:AISystemVersionUsed="2" '
             'dc:description="caption"', ("S 2", None, "S 2")),
        ("<dc:description>caption</dc:description>", "", ("", None, None)),
        ("", f'Iptc4xmpExt:DigitalSourceType="{_AI}" photoshop:Credit="Made with Google AI"',
         ("Google AI", None, None)),
    ],
)  # fmt: skip
def test_iptc(properties: str, attributes: str, expected: tuple[Any, ...]) -> None:
    packet = xmp(properties, attributes=attributes)
    in_jpeg = jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))
    for data in (xmp_png(properties, attributes=attributes), in_jpeg):
        reading = read(data)
        assert (reading.tool, reading.prompt, reading.model) == expected


def test_an_xmp_property_of_another_picture_is_not_this_one_s() -> None:
    inner = (
        '<xmpMM:Pantry xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"><rdf:Bag><rdf:li>'
        "<Iptc4xmpExt:AIPromptInformation>other</Iptc4xmpExt:AIPromptInformation>"
        "</rdf:li></rdf:Bag></xmpMM:Pantry>"
    )
    assert read(xmp_png(inner)).prompt is None


def test_xmp_that_defines_entities_is_not_read() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + xmp("&b;")
    assert read(png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bomb))).tool == ""


def _cbor(value: Any) -> bytes:
    if isinstance(value, dict):
        parts = b"".join(_cbor(key) + _cbor(item) for key, item in value.items())
        return bytes([0xA0 + len(value)]) + parts
    if isinstance(value, list):
        return bytes([0x80 + len(value)]) + b"".join(map(_cbor, value))
    data = str(value).encode()
    return bytes([0x78, len(data)]) + data


def _box(kind: bytes, data: bytes) -> bytes:
    return (len(data) + 8).to_bytes(4, "big") + kind + data


def _super(label: str, *boxes: bytes) -> bytes:
    described = _box(b"jumd", bytes(16) + b"\3" + label.encode() + b"\0")
    return _box(b"jumb", described + b"".join(boxes))


def _manifest(claim: dict[str, Any], actions: list[Any]) -> bytes:
    made = _super("c2pa.actions.v2", _box(b"cbor", _cbor({"actions": actions})))
    return _super(
        "urn:c2pa:1",
        _super("c2pa.assertions", made),
        _super("c2pa.claim.v2", _box(b"cbor", _cbor(claim))),
    )


_CREATED = {"action": "c2pa.created", "digitalSourceType": _AI}


@pytest.mark.parametrize(
    ("claim", "action", "expected"),
    [
        ({"claim_generator_info": {"name": "Google C2PA Core Generator Library"}},
         {"action": "c2pa.created"}, ("Google AI", None, "Google AI")),
        ({"claim_generator": "OpenAI-API c2pa-rs/0.31"}, {**_CREATED, "softwareAgent": "DALL·E"},
         ("OpenAI", "DALL·E", "DALL·E")),
        ({"claim_generator_info": {"name": "OpenAI Media Service API"}},
         {**_CREATED, "softwareAgent": {"name": "OpenAI API"}}, ("OpenAI", None, "OpenAI")),
        ({"claim_generator_info": [{"name": "ChatGPT"}]},
         {**_CREATED, "softwareAgent": {"name": "GPT-4o"}}, ("OpenAI", "GPT-4o", "GPT-4o")),
        ({"claim_generator": "Adobe_Firefly/1.0"}, {**_CREATED, "softwareAgent": "Adobe Firefly"},
         ("Adobe Firefly", None, "Adobe Firefly")),
        ({"claim_generator": "Leica_Camera/1.0"}, {"action": "c2pa.created"}, ("", None, "")),
    ],
)  # fmt: skip
def test_content_credentials(
    claim: dict[str, Any], action: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    store = _super("c2pa", _manifest(claim, [action]))
    half = len(store) // 2
    pieces = [store[:half], store[:8] + store[half:]]
    segments = [
        (0xEB, b"JP\0\1" + number.to_bytes(4, "big") + piece)
        for number, piece in enumerate(pieces, start=1)
    ]
    for data in (png(chunk(b"caBX", store)), jpeg(*segments)):
        reading = read(data)
        assert (reading.tool, reading.model, reading.generator_name) == expected
        assert reading.prompt is None


def test_a_record_of_unforeseen_shape_is_no_record() -> None:
    records = ('{"sui_image_params": 3}', '{"prompt": {"1": []}}', "[]", "{}", "null", "9" * 5000)
    for text in records:
        assert reading_of(Records(texts={"parameters": text, "prompt": text})).prompt is None
