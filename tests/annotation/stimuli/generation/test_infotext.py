"""AUTOMATIC1111's text and what its relatives make of it."""

import zlib

import pytest

from annotation.stimuli.generation import notes
from annotation.stimuli.generation.tools.infotext import fields

from .files import chunk, comment, exif_jpeg, jpeg, png, read, tiff, values, webp

_SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 12, Size: 512x512"


@pytest.mark.parametrize(
    ("text", "prompt", "negative"),
    [
        (f"a cat\nNegative prompt: dog\n{_SETTINGS}", "a cat", "dog"),
        (f"a cat\r\nNegative prompt: dog\r\n{_SETTINGS}\r\n", "a cat", "dog"),
        (f"a cat\nNegative prompt: dog,\nbird\n{_SETTINGS}", "a cat", "dog,\nbird"),
        (f"a cat\n{_SETTINGS}", "a cat", ""),
        (f"a cat\nNegative prompt: \n{_SETTINGS}", "a cat", ""),
        (_SETTINGS, "", ""),
        (f"Negative prompt: dog\n{_SETTINGS}", "", "dog"),
        ("a cat\nSeed: 12, Sampler: E, CFG scale: 7, Steps: 20", "a cat", ""),
        # A prompt that looks like settings, or names them.
        (f"Steps: 3, Sampler: x, Seed: 9\nof a tower\n{_SETTINGS}", None, ""),
        (f"Steps: carved in rock\n{_SETTINGS}", "Steps: carved in rock", ""),
        (f"Seed: 99, Model: wheat\nNegative prompt: Seed: 1\n{_SETTINGS}", None, "Seed: 1"),
        (f"<lora:ink:0.6> (oil:1.2), __x__\n{_SETTINGS}", "<lora:ink:0.6> (oil:1.2), __x__", ""),
        (f"a cat\n{_SETTINGS}\nTemplate: a {{cat|dog}}\nNegative Template: b", "a cat", ""),
    ],
)
def test_prompts_are_told_from_settings(text: str, prompt: str | None, negative: str) -> None:
    reading = read(png(parameters=text))
    assert reading.tool == "AUTOMATIC1111"
    assert reading.prompt == (text.partition("\n" + _SETTINGS)[0].partition("\nNeg")[0]
                              if prompt is None else prompt)  # fmt: skip
    assert (reading.negative_prompt, reading.seed) == (negative, 12)


@pytest.mark.parametrize(
    ("more", "tool"),
    [
        ("", "AUTOMATIC1111"),
        (", Version: v1.10.1", "AUTOMATIC1111"),
        (", Version: 1.6.0-RC-12-gabcdef01", "AUTOMATIC1111"),
        (", Version: f0.0.17v1.8.0rc-latest-276-g29be1da7", "Forge"),
        (", Version: f2.0.1v1.10.1-previous-635-gf5330788", "Forge"),
        (", Version: f1.0.0v2-v1.10.1RC-latest-2184-g0a1b2c3", "reForge"),
        (", Version: neo", "Forge Neo"),
        (", Version: neo-2.7", "Forge Neo"),
        (", Version: classic", "Forge Classic"),
        (", App: SD.Next, Version: 0c37a1e", "SD.Next"),
        (", Version: stable-diffusion.cpp", "stable-diffusion.cpp"),
        (", Version: ComfyUI", "ComfyUI"),
        (", Version: Fooocus v2.5.5", "Fooocus"),
    ],
)
def test_the_text_names_its_tool(more: str, tool: str) -> None:
    assert read(png(parameters=f"a cat\n{_SETTINGS}{more}")).tool == tool


@pytest.mark.parametrize(
    ("more", "model"),
    [
        (", Model hash: abc, Model: plum_v1", "plum_v1"),
        (', Model: "plum, v1: new"', "plum, v1: new"),
        (", Model hash: 0a1b2c3d", None),
        (", Model: , Unet: flux/plum.gguf, Version: stable-diffusion.cpp", "flux/plum.gguf"),
        (', Hires checkpoint: "Model: other", Model: plum', "plum"),
        (', ControlNet 0: "Model: canny, Seed: 4", Model: plum', "plum"),
        (", ADetailer model: face.pt, ADetailer prompt: x, Model: plum", "plum"),
        (', Model: plum, ADetailer prompt: "a \\"face\\", Model: no"', "plum"),
        (', Model: plum, Lora hashes: "a: 1", Extra Model: no, Model: late', "plum"),
        (", Model: None", None),
    ],
)
def test_a_quoted_value_is_one_value(more: str, model: str | None) -> None:
    reading = read(png(parameters=f"a cat\n{_SETTINGS}{more}"))
    assert (reading.model, reading.seed) == (model, 12)


def test_a_hash_alone_is_no_model_and_is_said() -> None:
    reading = read(png(parameters=f"a\n{_SETTINGS}, Model hash: 0a1b2c3d"))
    assert notes.HASH_ONLY in reading.notes
    assert reading.generator_name == "AUTOMATIC1111"


@pytest.mark.parametrize(
    ("written", "seed"),
    [
        ("0", 0),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", None),
        ("-1", None),
        ("5.0", 5),
        ("5.5", None),
        ("random", None),
    ],
)
def test_seeds_are_whole_numbers_of_64_bits(written: str, seed: int | None) -> None:
    text = f"a\nSteps: 2, Sampler: E, CFG scale: 7, Seed: {written}"
    assert read(png(parameters=text)).seed == seed


def test_fields_with_json_and_line_breaks_within_quotes() -> None:
    text = 'A: 1, B: [{"x": "y, Z: 3"}], C: "two\nlines, D: 4", E: {broken, F: 5'
    assert fields(text) == {
        "A": "1",
        "B": '[{"x": "y, Z: 3"}]',
        "C": "two\nlines, D: 4",
        "E": "{broken",
        "F": "5",
    }


def test_words_alone_are_no_record() -> None:
    for text in ("Steps: twelve", "Steps: 4, up the hill", "Negative prompt: none", "Seed: 4"):
        assert read(png(parameters=text)).tool == ""
        assert read(exif_jpeg(comment(b"ASCII\0\0\0" + text.encode()))).tool == ""


_TEXT = f"кіт, 猫, café\n{_SETTINGS}"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "data",
    [
        b"UNICODE\0" + _TEXT.encode("utf-16-be"),
        b"UNICODE\0" + _TEXT.encode("utf-16-le"),
        b"UNICODE\0" + _TEXT.encode("utf-16"),
        b"UNICODE\0" + _TEXT.encode(),
        b"Unicode\0" + _TEXT.encode("utf-16-le"),
        b"ASCII\0\0\0" + _TEXT.encode(),
        b"\0\0\0\0\0\0\0\0" + _TEXT.encode(),
        _TEXT.encode(),
        _TEXT.encode("utf-16"),
        _TEXT.encode() + b"\0\0",
    ],
)
def test_comments_of_every_code(data: bytes, order: str) -> None:
    assert read(exif_jpeg(comment(data, order))).prompt == "кіт, 猫, café"


def test_a_japanese_comment() -> None:
    text = f"猫と犬\n{_SETTINGS}".encode("iso2022_jp")
    assert read(exif_jpeg(comment(b"JIS\0\0\0\0\0" + text))).prompt == "猫と犬"


def test_the_same_text_in_every_container() -> None:
    block = comment(b"UNICODE\0" + f"a cat\n{_SETTINGS}, Model: plum".encode("utf-16-be"))
    text = f"a cat\n{_SETTINGS}, Model: plum"
    files = [
        png(chunk(b"eXIf", block)),
        png(chunk(b"eXIf", b"Exif\0\0" + block)),
        exif_jpeg(block),
        webp((b"VP8X", bytes(10)), (b"EXIF", block)),
        webp((b"EXIF", b"Exif\0\0" + block)),
        png(chunk(b"iTXt", b"parameters\0\1\0\0\0" + zlib.compress(text.encode()))),
        png(chunk(b"zTXt", b"parameters\0\0" + zlib.compress(text.encode()))),
        png(after=chunk(b"tEXt", b"parameters\0" + text.encode())),
        jpeg((0xE0, b"JFIF\0"), (0xFE, text.encode())),
        exif_jpeg(tiff("<", {0x9286: (2, text.encode() + b"\0")}, {})),
    ]
    for data in files:
        assert values(read(data)) == ("a cat", "", "plum", 12)


def test_text_that_is_latin_1_and_text_that_is_utf_8() -> None:
    for code in ("latin-1", "utf-8"):
        text = f"un café\n{_SETTINGS}".encode(code)
        assert read(png(parameters=text)).prompt == "un café"
