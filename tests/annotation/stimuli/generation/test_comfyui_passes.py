"""Which pass of a ComfyUI graph counts, and which node made the picture."""

import json
from typing import Any

import pytest

from annotation.stimuli.generation import notes

from .files import chunk, exif_jpeg, graph, node, png, read, read_graph, sampled, tiff, values

_PLAIN = ("a plum", "blur", "base.safetensors", 77)


def _second_pass(**changed: Any) -> dict[str, Any]:
    """A second pass with a text and a model of its own behind an upscaler."""
    inputs = {"seed": 5, "model": ["loader2", 0], "positive": ["good2", 0],
              "negative": ["bad", 0], "latent_image": ["up", 0], **changed}  # fmt: skip
    return {
        "second": node("KSampler", **inputs),
        "loader2": node("CheckpointLoaderSimple", ckpt_name="refiner.safetensors"),
        "good2": node("CLIPTextEncode", text="finer", clip=["loader2", 1]),
        "up": node("LatentUpscale", samples=["sampler", 0]),
        "decode": node("VAEDecode", samples=["second", 0], vae=["loader", 2]),
    }


def test_prompt_of_the_last_pass_with_model_and_seed_of_the_first() -> None:
    assert values(read_graph(graph(**_second_pass()))) == ("finer", *_PLAIN[1:])


def test_a_pass_on_pixels_and_a_detailer_are_passes() -> None:
    nodes = {
        **graph(**_second_pass()),
        "up": node("VAEEncode", pixels=["bigger", 0], vae=["loader", 2]),
        "bigger": node("ImageUpscaleWithModel", upscale_model=["m", 0], image=["first", 0]),
        "m": node("UpscaleModelLoader", model_name="4x.pth"),
        "first": node("VAEDecode", samples=["sampler", 0], vae=["loader", 2]),
    }  # fmt: skip
    assert values(read_graph(nodes)) == ("finer", *_PLAIN[1:])
    nodes["save"] = node("SaveImage", filename_prefix="x", images=["face", 0])
    nodes["face"] = node("FaceDetailer", image=["decode", 0], model=["loader2", 0], seed=6,
                         positive=["face_text", 0], negative=["bad", 0])  # fmt: skip
    nodes["face_text"] = node("CLIPTextEncode", text="a face", clip=["loader", 1])
    assert values(read_graph(nodes)) == ("a face", *_PLAIN[1:])


def test_a_first_pass_from_a_loaded_picture() -> None:
    nodes = graph(
        empty=node("VAEEncode", pixels=["picture", 0], vae=["loader", 2]),
        picture=node("LoadImage", image="old.png"),
    )
    assert values(read_graph(nodes)) == _PLAIN


def test_the_size_of_a_picture_is_no_pass() -> None:
    nodes = graph(
        empty=node("EmptyLatentImage", dimensions=["size", 0], batch_size=1),
        size=node("GetImageSize", image=["draft", 0]),
        draft=node("VAEDecode", samples=["other", 0], vae=["loader", 2]),
        other=sampled(seed=8, latent_image=["nothing", 0]),
    )
    assert values(read_graph(nodes)) == _PLAIN


def test_a_pass_that_adds_no_noise_has_no_seed() -> None:
    nodes = graph(sampler=node("KSamplerAdvanced", add_noise="disable", noise_seed=3,
                               **{key: value for key, value in sampled()["inputs"].items()
                                  if key != "seed"}))  # fmt: skip
    assert read_graph(nodes).seed is None


def test_guiders_and_noise() -> None:
    nodes = graph(
        sampler=node("SamplerCustomAdvanced", noise=["noise", 0], guider=["guider", 0],
                     latent_image=["empty", 0]),
        noise=node("RandomNoise", noise_seed=41),
        guider=node("CFGGuider", cfg=4, model=["loader", 0], positive=["good", 0],
                    negative=["bad", 0]),
    )  # fmt: skip
    assert values(read_graph(nodes)) == ("a plum", "blur", "base.safetensors", 41)
    nodes["guider"] = node("BasicGuider", model=["loader", 0], conditioning=["good", 0])
    nodes["noise"] = node("DisableNoise")
    assert values(read_graph(nodes)) == ("a plum", "", "base.safetensors", None)


def test_a_sampler_of_any_name_and_of_a_pipe() -> None:
    pipe = {
        "sampler": node("easy kSampler", pipe=["pre", 0], steps=20),
        "pre": node("easy preSampling", pipe=["full", 0], seed=9),
        "full": node("easy fullLoader", ckpt_name="p.safetensors", positive="typed", negative="n",
                     seed=1),
        "decode": node("ImagePass", image=["sampler", 1]),
    }  # fmt: skip
    assert values(read_graph(graph(**pipe))) == ("typed", "n", "p.safetensors", 9)
    video = node("WanVideoSampler", model=["wan", 0], text_embeds=["texts", 0], seed=3)
    nodes = graph(
        sampler=video,
        wan=node("WanVideoModelLoader", model="wan2.1.safetensors"),
        texts=node("WanVideoTextEncode", positive_prompt="p", negative_prompt="n", t5=["t", 0]),
    )
    assert values(read_graph(nodes))[::2] == ("p", "wan2.1.safetensors")


@pytest.mark.parametrize(
    "typed",
    [
        "typed",
        ["text", 0],
        ["joined", 0],
    ],
)
def test_a_loader_with_texts_and_its_sampler(typed: Any) -> None:
    nodes = {
        "load": node("Efficient Loader", ckpt_name="e.safetensors", positive=typed, negative="n"),
        "text": node("PrimitiveString", value="typed"),
        "joined": node("StringConcatenate", string_a=["text", 0], string_b="", delimiter=""),
        "sample": node("KSampler (Efficient)", seed=4, model=["load", 0], positive=["load", 1],
                       negative=["load", 2], latent_image=["load", 3]),
        "save": node("SaveImage", filename_prefix="x", images=["sample", 5]),
    }  # fmt: skip
    assert values(read_graph(nodes)) == ("typed", "n", "e.safetensors", 4)
    nodes["sample"] = node("KSampler SDXL (Eff.)", noise_seed=5, sdxl_tuple=["load", 0],
                           latent_image=["load", 1])  # fmt: skip
    nodes["load"]["inputs"]["base_ckpt_name"] = nodes["load"]["inputs"].pop("ckpt_name")
    assert values(read_graph(nodes)) == ("typed", "n", "e.safetensors", 5)


def _two_savers(*prefixes: str) -> dict[str, Any]:
    return graph(
        save=node("SaveImage", filename_prefix=prefixes[0], images=["decode", 0]),
        save2=node("SaveImage", filename_prefix=prefixes[1], images=["decode2", 0]),
        decode2=node("VAEDecode", samples=["other", 0], vae=["loader", 2]),
        other=sampled(seed=8, positive=["bad", 0]),
    )


@pytest.mark.parametrize(
    ("prefixes", "name", "seed"),
    [
        (("lamp", "desk"), "lamp_00001_.png", 77),
        (("lamp", "desk"), "desk_00001_.png", 8),
        (("out/lamp", "out\\desk"), "desk_00001_.png", 8),
        (("lamp", "lamp_big"), "lamp_big_00001_.png", 8),
        (("lamp", "lamp_big"), "lamp_00001_.png", 77),
        (("%date:yyyy%/lamp_%seed%_x", "desk"), "lamp_123_x_00001_.png", 77),
        (("lamp", "desk"), "renamed.png", None),
        (("ComfyUI", "ComfyUI"), "ComfyUI_00001_.png", None),
    ],
)
def test_of_several_savers_the_one_that_the_name_tells(
    prefixes: tuple[str, str], name: str, seed: int | None
) -> None:
    reading = read_graph(_two_savers(*prefixes), name)
    assert reading.seed == seed
    if seed is None:
        assert values(reading) == (None, None, None, None)
        assert (reading.tool, reading.notes) == ("ComfyUI", (notes.SEVERAL_SAVERS,))


def test_savers_come_before_previews_and_may_agree() -> None:
    nodes = graph(
        shown=node("PreviewImage", images=["decode2", 0]),
        decode2=node("VAEDecode", samples=["other", 0], vae=["loader", 2]),
        other=sampled(seed=8),
        twice=node("SaveImage", filename_prefix="b", images=["decode", 0]),
    )
    assert values(read_graph(nodes, "renamed.png")) == _PLAIN
    shown = graph(save=node("PreviewImage", images=["decode", 0]))
    assert values(read_graph(shown)) == _PLAIN


def test_a_picture_of_two_samplers_keeps_what_they_agree_in() -> None:
    nodes = graph(
        save=node("SaveImage", images=["both", 0], filename_prefix="x"),
        both=node("ImageStitch", image1=["decode", 0], image2=["decode2", 0]),
        decode2=node("VAEDecode", samples=["other", 0], vae=["loader", 2]),
        other=sampled(seed=8),
    )
    reading = read_graph(nodes)
    assert values(reading) == ("a plum", "blur", "base.safetensors", None)
    assert notes.SEVERAL_SOURCES in reading.notes


@pytest.mark.parametrize(
    ("kind", "inputs", "expected"),
    [
        ("OpenAIGPTImage1", {"prompt": "p", "seed": 3, "quality": "low"}, ("p", "", None, 3)),
        ("IdeogramV3", {"prompt": "p", "negative_prompt": "n", "seed": 1}, ("p", "n", None, 1)),
        ("ByteDanceSeedreamNode",
         {"model": "seedream-4-0", "prompt": ["text", 0], "seed": 2, "image": ["photo", 0]},
         ("typed", "", "seedream-4-0", 2)),
        ("NewNode", {"model": "m-2", "model.prompt": "p", "model.images.a": ["photo", 0],
                     "seed": 2}, ("p", "", "m-2", 2)),
    ],
)  # fmt: skip
def test_partner_nodes(kind: str, inputs: dict[str, Any], expected: tuple[Any, ...]) -> None:
    nodes = {
        "make": node(kind, **inputs),
        "text": node("PrimitiveString", value="typed"),
        "photo": node("LoadImage", image="x.png"),
        "save": node("SaveImage", filename_prefix="x", images=["make", 0]),
    }
    assert values(read_graph(nodes)) == expected


def test_a_node_that_cuts_pictures_by_a_prompt_makes_none() -> None:
    nodes = graph(
        save=node("SaveImage", filename_prefix="x", images=["cut", 0]),
        cut=node("GroundingDinoSAMSegment", sam_model=["s", 0], image=["decode", 0],
                 prompt="the eye"),
    )  # fmt: skip
    assert values(read_graph(nodes)) == _PLAIN


def test_a_graph_whose_links_go_in_a_circle_ends() -> None:
    nodes = graph(
        good=node("ConditioningCombine", conditioning_1=["good", 0], conditioning_2=["good", 0]),
        bad=node("CLIPTextEncode", text=["a", 0]),
        a=node("StringConcatenate", string_a=["a", 0], string_b=["a", 0], delimiter=""),
        loader=node("LoraLoader", model=["loader", 0]),
        empty=node("LatentUpscale", samples=["sampler", 0]),
    )
    assert values(read_graph(nodes)) == (None, None, None, 77)


def test_where_graphs_are_written() -> None:
    text = json.dumps(graph())
    places = [
        png(after=chunk(b"comf", b"prompt\0" + text.encode())),
        png(prompt=text + "\0"),
        png(prompt=text.replace("20,", "NaN,")),
        exif_jpeg(tiff(">", {0x010F: (2, f"Prompt: {text}\0".encode())}, {})),
        exif_jpeg(tiff("<", {0x0110: (2, f"prompt:{text}\0".encode())}, {})),
        exif_jpeg(tiff("<", {0x9286: (7, json.dumps({"prompt": graph()}).encode())}, {})),
        exif_jpeg(tiff("<", {0x9286: (2, json.dumps({"prompt": text}).encode())}, {})),
    ]
    for data in places:
        assert values(read(data, "x.png")) == _PLAIN


def test_the_text_of_a_saver_comes_before_the_graph_and_is_completed_by_it() -> None:
    text = "by the saver\nSteps: 4, Sampler: euler, CFG scale: 1, Size: 8x8"
    reading = read(png(parameters=text, prompt=json.dumps(graph())))
    assert reading.tool == "ComfyUI"
    assert values(reading) == ("by the saver", "", "base.safetensors", 77)
