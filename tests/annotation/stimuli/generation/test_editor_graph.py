"""Files that keep only the editor's graph."""

import json
from typing import Any

from annotation.stimuli.generation import notes
from annotation.stimuli.generation.reading import Reading

from .files import node, png, read, text_png, values


class Editor:
    """Nodes and links as the editor writes them."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.links: list[Any] = []
        self.add("save", "SaveImage", ["ComfyUI"], images="decode")
        self.add("decode", "VAEDecode", [], samples="sampler")
        self.add("sampler", "KSampler", [77, "randomize", 20, 7.0, "euler", "normal", 1.0],
                 model="loader", positive="good", negative="bad", latent_image="empty")  # fmt: skip
        self.add("loader", "CheckpointLoaderSimple", ["base.safetensors"])
        self.add("good", "CLIPTextEncode", ["a plum"], clip="loader")
        self.add("bad", "CLIPTextEncode", ["blur"], clip="loader")
        self.add("empty", "EmptyLatentImage", [512, 512, 1])

    def add(self, key: str, kind: str, values: Any, **inputs: str) -> None:
        self.links = [link for link in self.links if link[3] != key]
        self.nodes[key] = {
            "id": key,
            "type": kind,
            "mode": 0,
            "widgets_values": values,
            "inputs": [{"name": name, "type": name.upper()} for name in inputs],
            "outputs": [{"name": "out", "type": "OUT"}],
        }
        for place, source in enumerate(inputs.values()):
            self.links.append([len(self.links), source, 0, key, place, "OUT"])

    def workflow(self) -> dict[str, Any]:
        return {"nodes": list(self.nodes.values()), "links": self.links}

    def reading(self, **more: Any) -> Reading:
        return read(png(workflow=json.dumps({**self.workflow(), **more})), "ComfyUI_00001_.png")


_PLAIN = ("a plum", "blur", "base.safetensors", 77)


def test_values_by_position() -> None:
    reading = Editor().reading()
    assert values(reading) == _PLAIN
    assert notes.EDITOR_GRAPH in reading.notes


def test_values_by_the_names_of_widgets() -> None:
    editor = Editor()
    editor.add("sampler", "Other Sampler", [5, "fixed", 20], model="loader", positive="good",
               negative="bad", latent_image="empty")  # fmt: skip
    for name in ("seed", "steps"):
        editor.nodes["sampler"]["inputs"].append({"name": name, "widget": {"name": name}})
    assert values(editor.reading()) == (*_PLAIN[:3], 5)
    editor.nodes["sampler"]["widgets_values"] = {"seed": 6}
    assert values(editor.reading()) == (*_PLAIN[:3], 6)


def test_values_whose_names_are_uncertain_are_left_out() -> None:
    editor = Editor()
    editor.add("sampler", "Other Sampler", [5, 20], model="loader", positive="good",
               negative="bad", latent_image="empty")  # fmt: skip
    assert editor.reading().seed is None


def test_muted_and_bypassed_nodes_did_not_run() -> None:
    editor = Editor()
    editor.add("lora", "LoraLoaderModelOnly", ["no.safetensors", 1.0], model="loader")
    editor.nodes["lora"]["outputs"][0]["type"] = "MODEL"
    editor.nodes["lora"]["mode"] = 4
    editor.add("sampler", "KSampler", [77, "fixed", 20, 7.0, "euler", "normal", 1.0],
               model="lora", positive="good", negative="bad", latent_image="empty")  # fmt: skip
    editor.add("save2", "SaveImage", ["ComfyUI"], images="other")
    editor.nodes["save2"]["mode"] = 2
    assert values(editor.reading()) == _PLAIN
    editor.nodes["good"]["mode"] = 2
    assert editor.reading().prompt in (None, "")


def test_reroutes_primitives_and_named_links() -> None:
    editor = Editor()
    editor.add("turn", "Reroute", [], **{"": "good"})
    editor.add("set", "SetNode", ["latent"], LATENT="empty")
    editor.add("get", "GetNode", ["latent"])
    editor.add("number", "PrimitiveNode", [9, "fixed"])
    editor.add("sampler", "KSampler", [1, "randomize", 20, 7.0, "euler", "normal", 1.0],
               model="loader", positive="turn", negative="bad", latent_image="get",
               seed="number")  # fmt: skip
    assert values(editor.reading()) == (*_PLAIN[:3], 9)


def test_links_everywhere() -> None:
    editor = Editor()
    editor.links = [link for link in editor.links if (link[3], link[4]) != ("sampler", 1)]
    assert editor.reading().prompt in (None, "")
    everywhere = {"upstream": "good", "upstream_slot": 0, "downstream": "sampler",
                  "downstream_slot": 1}  # fmt: skip
    assert values(editor.reading(extra={"ue_links": [everywhere]})) == _PLAIN


def test_subgraphs_are_laid_out() -> None:
    editor = Editor()
    inner = Editor()
    for key in ("save", "decode", "sampler", "empty"):
        inner.nodes.pop(key)
    inner.links = []
    inner.add("good", "CLIPTextEncode", ["a plum"])
    inner.add("bad", "CLIPTextEncode", ["blur"])
    inner.links = [
        {"origin_id": "good", "origin_slot": 0, "target_id": -20, "target_slot": 0},
        {"origin_id": "bad", "origin_slot": 0, "target_id": -20, "target_slot": 1},
        {"origin_id": -10, "origin_slot": 0, "target_id": "good", "target_slot": 0},
    ]
    inner.nodes["good"]["inputs"] = [{"name": "text", "widget": {"name": "text"}}]
    for key in ("good", "bad"):
        editor.nodes.pop(key)
    editor.add("texts", "uuid-1", ["a pear"])
    editor.nodes["texts"]["inputs"] = [{"name": "text", "widget": {"name": "text"}}]
    editor.links = [link for link in editor.links if link[1] not in ("good", "bad")]
    editor.links += [[90, "texts", 0, "sampler", 1, "X"], [91, "texts", 1, "sampler", 2, "X"]]
    definitions = {"subgraphs": [{"id": "uuid-1", **inner.workflow()}]}
    reading = editor.reading(definitions=definitions)
    assert values(reading) == ("a pear", "blur", "base.safetensors", 77)
    proxies = {"proxyWidgets": [["bad", "text"], ["-1", "text"]]}
    editor.nodes["texts"].update(properties=proxies, widgets_values=["noise", "a pear"])
    assert values(editor.reading(definitions=definitions))[:2] == ("a pear", "noise")
    editor.nodes["texts"]["widgets_values"] = ["noise"]
    assert values(editor.reading(definitions=definitions))[:2] in ((None, None), ("", None))
    editor.nodes["texts"]["mode"] = 2
    assert editor.reading(definitions=definitions).prompt in (None, "")


def test_a_text_of_which_one_is_picked_is_not_kept() -> None:
    editor = Editor()
    editor.nodes["good"]["widgets_values"] = ["a {red|blue} plum"]
    reading = editor.reading()
    assert reading.prompt is None
    assert notes.RUN_TIME_PROMPT in reading.notes


def test_the_graph_that_ran_comes_first() -> None:
    editor = Editor()
    ran = {
        "1": node("SaveImage", images=["2", 0]),
        "2": node("GeminiImageNode", prompt="ran", seed=1),
    }
    texts = {"prompt": json.dumps(ran), "workflow": json.dumps(editor.workflow())}
    assert read(text_png(texts)).prompt == "ran"
    assert read(text_png({**texts, "prompt": texts["prompt"][:40]})).prompt == "a plum"
