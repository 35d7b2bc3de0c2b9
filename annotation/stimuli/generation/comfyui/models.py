"""The model at the end of a chain of links, and the number behind one."""

import re
from typing import Any

from ..limits import DEEPEST
from ..values import mapping, name_or_none, seed_or_none
from .graph import Graph, Link, Node, UnknownValueError
from .texts import text_of

#: What loaders call the file, in this order.
_FILES = ("ckpt_name", "unet_name", "base_ckpt_name", "model_name", "model_path", "model")
_MERGED = re.compile(r"model_?[12ab]$")
_NUMBERS = ("seed", "noise_seed", "value", "int", "INT", "number", "Number", "input", "any")
#: Nodes whose number exists only while the graph runs.
_COUNTED = re.compile(r"random|math|add|mult|subtract|expression|count|incr|calc|cycle", re.I)


class MergedModelsError(UnknownValueError):
    """The model is made of several."""


def sampler_model(graph: Graph, sampler: Node, guider: Node) -> str | None:
    """The name in the loader that the sampler's `model` link leads to, past whatever patches the
    model. Raises UnknownValueError if no rule leads to one."""
    for name in ("model", "base_model", "ckpt_name", "base_ckpt_name"):
        given = graph.given(sampler, name) or graph.given(guider, name)
        if given:
            return _model_of(graph, given)
    raise UnknownValueError


def _model_of(graph: Graph, value: Any) -> str | None:
    for _step in range(DEEPEST):
        graph.step()
        if not isinstance(value, Link):
            # Some extensions keep the name next to a preview.
            return name_or_none(mapping(value).get("content", value))
        node = graph.find(value)
        if node is None:
            raise UnknownValueError
        chosen = graph.chosen(node)
        value = _next(graph, node) if chosen is None else chosen
    raise UnknownValueError


def _next(graph: Graph, node: Node) -> Any:
    """The link to go on by, or the file's name."""
    given = graph.given(node, "model")
    if isinstance(given, Link):
        return given
    links = node.links()
    if len([name for name, _link in links if _MERGED.match(name)]) > 1:
        raise MergedModelsError
    for name in _FILES:
        file = graph.given(node, name)
        if file not in (None, ""):
            return text_of(graph, file) if isinstance(file, Link) else file
    if len(links) == 1:
        return links[0][1]
    raise UnknownValueError


def seed_of(graph: Graph, sampler: Node) -> int | None:
    """The seed of a sampler or of the noise that it was given; None if it adds no noise, draws its
    seed at random, or has one that the file does not keep."""
    if str(sampler.inputs.get("add_noise")).lower() in ("disable", "false"):
        return None
    noise = graph.given(sampler, "noise")
    if isinstance(noise, Link):
        behind = graph.find(noise)
        return None if behind is None else _seed_input(graph, behind)
    return _seed_input(graph, sampler)


def _seed_input(graph: Graph, node: Node) -> int | None:
    for name in ("seed", "noise_seed"):
        value = graph.given(node, name)
        if value is not None:
            return _number(graph, value)
    return None


def _number(graph: Graph, value: Any) -> int | None:
    for _step in range(DEEPEST):
        graph.step()
        node = graph.find(value) if isinstance(value, Link) else None
        if node is None:
            return seed_or_none(value)
        if _COUNTED.search(node.kind):
            return None
        links = node.links()
        value = next((node.inputs[name] for name in _NUMBERS if name in node.inputs), None)
        if value is None and len(links) == 1:
            value = links[0][1]
    return None
