"""Rules for ComfyUI's graphs, each by a graph of few nodes."""

from typing import Any

import pytest

from annotation.stimuli.generation import notes

from .files import graph, node, read_graph, sampled, values

_PLAIN = ("a plum", "blur", "base.safetensors", 77)


def test_the_start_up_graph() -> None:
    reading = read_graph(graph())
    assert values(reading) == _PLAIN
    assert (reading.tool, reading.generator_name, reading.notes) == ("ComfyUI", "base", ())


def test_the_order_of_nodes_says_nothing() -> None:
    turned = dict(reversed(graph().items()))
    assert values(read_graph(turned)) == _PLAIN


def test_titles_and_words_say_nothing() -> None:
    nodes = graph(
        good={**node("CLIPTextEncode", text="negative", clip=["loader", 1]),
              "_meta": {"title": "Negative"}},
        bad=node("CLIPTextEncode", text="masterpiece", clip=["loader", 1]),
    )  # fmt: skip
    assert values(read_graph(nodes))[:2] == ("negative", "masterpiece")


@pytest.mark.parametrize(
    ("kind", "inputs", "prompt"),
    [
        ("CLIPTextEncodeFlux", {"clip_l": "a", "t5xxl": "b", "guidance": 3.5}, "a\nb"),
        ("CLIPTextEncodeFlux", {"clip_l": "a", "t5xxl": "a"}, "a"),
        ("CLIPTextEncodeSD3", {"clip_l": "", "clip_g": "g", "t5xxl": "t"}, "g\nt"),
        ("CLIPTextEncodeLumina2", {"system_prompt": "superior", "user_prompt": "u"}, "u"),
        ("TextEncodeQwenImageEdit", {"prompt": "make it blue"}, "make it blue"),
        ("smZ CLIPTextEncode", {"text": "t", "with_SDXL": False, "text_g": "g"}, "t"),
        ("ImpactWildcardEncode", {"wildcard_text": "__x__", "populated_text": "red"}, "red"),
        ("ImpactWildcardEncode", {"wildcard_text": "__x__", "populated_text": ""}, None),
        ("SUPIR_conditioner", {"positive_prompt": "p", "negative_prompt": "n"}, "p"),
    ],
)
def test_encoders(kind: str, inputs: dict[str, Any], prompt: str | None) -> None:
    reading = read_graph(graph(good=node(kind, **inputs, clip=["loader", 1])))
    assert reading.prompt == prompt
    assert (notes.RUN_TIME_PROMPT in reading.notes) == (prompt is None)


_TEXTS: list[tuple[dict[str, Any], str | None]] = [
    (node("PrimitiveString", value="x"), "x"),
    (node("Text Multiline", text="x"), "x"),
    (node("ShowText|pysssss", text=["more", 0], text_0="of a run before"), "more"),
    (node("StringConcatenate", string_b="b", delimiter=" - ", string_a=["more", 0]), "more - b"),
    (node("StringConcatenate", string_a="", string_b="b", delimiter=", "), ", b"),
    (
        node(
            "Text Concatenate",
            delimiter="\\n",
            clean_whitespace="true",
            text_a="a",
            text_b=["more", 0],
        ),
        "a\nmore",
    ),
    (node("JoinStrings", string1="a", string2="b", delimiter="+"), "a+b"),
    (node("StringReplace", string="a cat", find="cat", replace="dog"), "a dog"),
    (node("StringTrim", string="  a  ", mode="Both"), "a"),
    (node("ComfySwitchNode", switch=False, on_true="no", on_false=["more", 0]), "more"),
    (node("ImpactSwitch", select=2, input1="no", input2=["more", 0]), "more"),
    (node("Reroute", **{"": ["more", 0]}), "more"),
    (node("TextGenerate", prompt="instruct", clip=["loader", 1]), None),
    (node("OllamaGenerate", prompt="instruct"), None),
    (node("Florence2Run", text="", image=["empty", 0]), None),
    (node("SDXLPromptStyler", text_positive="x", style="cinematic"), None),
    (node("DPRandomGenerator", text="a {b|c}", seed=4), None),
    (node("ImpactWildcardProcessor", wildcard_text="__a__", populated_text="owl"), "owl"),
    (node("Writer", prompt="instruct", temperature=0.7), None),
    (node("Text Find and Replace", text="a", find="a", replace="b"), None),
    (node("Uppercase", text="a"), None),
    (node("easy promptLine", prompt="a\nb", start_index=1, max_rows=1), None),
    (node("Load Text File", text="name.txt"), None),
    (node("Mystery", first="a", second="b"), None),
]


@pytest.mark.parametrize(("source", "prompt"), _TEXTS)
def test_text_of_nodes(source: dict[str, Any], prompt: str | None) -> None:
    nodes = graph(
        good=node("CLIPTextEncode", text=["source", 0], clip=["loader", 1]),
        source=source,
        more=node("PrimitiveStringMultiline", value="more"),
    )
    # The encoder's text is trimmed, as all prompts are.
    expected = None if prompt is None else prompt.strip()
    assert read_graph(nodes).prompt == expected
    assert values(read_graph(nodes))[1:] == _PLAIN[1:]


@pytest.mark.parametrize(
    ("source", "prompt"),
    [
        (node("ConditioningCombine", conditioning_1=["good", 0], conditioning_2=["two", 0]),
         "a plum\na fig"),
        (node("ConditioningConcat", conditioning_to=["two", 0], conditioning_from=["good", 0]),
         "a fig\na plum"),
        (node("ConditioningAverage", conditioning_to=["good", 0], conditioning_from=["good", 0]),
         "a plum"),
        (node("FluxGuidance", guidance=3.5, conditioning=["good", 0]), "a plum"),
        (node("ControlNetApplyAdvanced", positive=["good", 0], negative=["two", 0],
              control_net=["c", 0], image=["i", 0]), "a plum"),
        (node("ConditioningZeroOut", conditioning=["good", 0]), ""),
        (node("Efficient Loader", ckpt_name="x", positive="typed", negative="no"), "typed"),
        (node("Context (rgthree)", base_ctx=["deeper", 0]), "a fig"),
    ],
)  # fmt: skip
def test_conditionings(source: dict[str, Any], prompt: str) -> None:
    nodes = graph(
        sampler=sampled(positive=["source", 0]),
        source=source,
        two=node("CLIPTextEncode", text="a fig", clip=["loader", 1]),
        deeper=node("Context (rgthree)", positive=["two", 0], negative=["bad", 0]),
    )
    assert values(read_graph(nodes)) == (prompt, *_PLAIN[1:])


_LORA = node("LoraLoader", lora_name="l.safetensors", model=["far", 0], clip=["loader", 1])


@pytest.mark.parametrize(
    ("near", "far", "model"),
    [
        (_LORA, node("UNETLoader", unet_name="u.safetensors"), "u.safetensors"),
        (_LORA, node("UnetLoaderGGUF", unet_name="u-Q8_0.gguf"), "u-Q8_0.gguf"),
        (_LORA, node("CheckpointLoaderSimple|pysssss",
                     ckpt_name={"content": "c.ckpt", "image": None}), "c.ckpt"),
        (_LORA, node("NunchakuFluxDiTLoader", model_path="svdq"), "svdq"),
        (node("ModelSamplingSD3", shift=3, model=["far", 0]),
         node("CheckpointLoaderSimple", ckpt_name=["name", 0]), "typed.safetensors"),
        (node("Power Lora Loader (rgthree)", lora_1={"on": True, "lora": "z"}, model=["far", 0]),
         node("CheckpointLoaderSimple", ckpt_name="far.pt"), "far.pt"),
        (node("ModelMergeSimple", model1=["far", 0], model2=["loader", 0]),
         node("CheckpointLoaderSimple", ckpt_name="far.pt"), None),
        (node("Any Switch (rgthree)", any_01=["far", 0], any_02=["loader", 0]),
         node("CheckpointLoaderSimple", ckpt_name="far.pt"), "far.pt"),
        (node("ModelSamplingSD3", model=["gone", 0]),
         node("CheckpointLoaderSimple", ckpt_name="far.pt"), None),
        (node("Mystery"), node("Mystery"), None),
    ],
)  # fmt: skip
def test_models(near: dict[str, Any], far: dict[str, Any], model: str | None) -> None:
    nodes = graph(
        sampler=sampled(model=["near", 0]),
        near=near,
        far=far,
        name=node("PrimitiveString", value="typed.safetensors"),
    )
    assert read_graph(nodes).model == model


@pytest.mark.parametrize(
    ("value", "source", "seed"),
    [
        (2**64 - 1, node("x"), 2**64 - 1),
        (2**64, node("x"), None),
        (-1, node("x"), None),
        ("12", node("x"), 12),
        (12.0, node("x"), 12),
        (["source", 0], node("PrimitiveInt", value=9), 9),
        (["source", 0], node("Seed (rgthree)", seed=9), 9),
        (["source", 0], node("Reroute", **{"": ["deeper", 0]}), 5),
        (["source", 0], node("Random Number", minimum=0, maximum=9, seed=3), None),
        (["source", 0], node("MathExpression", expression="a+1", a=["deeper", 0]), None),
    ],
)
def test_seeds(value: Any, source: dict[str, Any], seed: int | None) -> None:
    nodes = graph(sampler=sampled(seed=value), source=source, deeper=node("easy seed", seed=5))
    assert read_graph(nodes).seed == seed
