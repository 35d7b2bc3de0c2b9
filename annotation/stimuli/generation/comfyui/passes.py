"""Which nodes saved and made the picture."""

import re
from collections.abc import Iterable

from .graph import Graph, Link, Node
from .texts import side_inputs

#: Names of links by which a picture travels, as pixels or as a latent.
_PICTURE = re.compile(r"image|img|pixel|samples|latent|frame|video|picture|destination", re.I)
#: Links that are never a picture on its way to the saver.
_OTHER = re.compile(
    r"model|clip|vae|positive|negative|(^|_)cond|control|mask|noise|guider|sampler|sigmas|prompt|text|"
    r"seed|width|height|audio|detector|pipe|ctx|context|lora|embeds|reference|ipadapter",
    re.I,
)
_SAVES = re.compile(r"save|videocombine|websocket", re.I)
_SAVED = re.compile(r"^(images?|frames?|video|pixels)$", re.I)
#: Nodes that hand on what a sampler needs, and make nothing.
_BUNDLERS = re.compile(r"context|(to|from|edit)(basic|detailer)?pipe|pipe ?(in|out|edit)\b", re.I)
#: Nodes whose links say no more than a size.
_EMPTY = re.compile(r"empty", re.I)
_PREVIEWS = re.compile(r"preview", re.I)
_TOKEN = re.compile(r"%[^%]*%")


def savers(graph: Graph) -> list[str]:
    """Ids of the nodes that save a picture; of those that show one, if none does; else of those
    that take one and give it to no other."""
    given_on = {link.node for node in graph.nodes.values() for _name, link in node.links()}
    ends = [key for key, node in graph.nodes.items() if _takes_picture(node)]
    saving = [key for key in ends if _saves(graph.nodes[key])]
    if saving:
        return saving
    last = [key for key in ends if key not in given_on]
    return [key for key in last if _PREVIEWS.search(graph.nodes[key].kind)] or last


def _takes_picture(node: Node) -> bool:
    return any(_SAVED.match(name) for name, _link in node.links())


def _saves(node: Node) -> bool:
    if _PREVIEWS.search(node.kind):
        return False
    return "filename_prefix" in node.inputs or bool(_SAVES.search(node.kind))


def named_savers(keys: list[str], prefixes: dict[str, str], name: str) -> list[str]:
    """Of several savers those whose prefix begins the file's name: those that it names wholly, up
    to the counter, else those of the longest prefix."""
    ranks = {key: _rank(re.split(r"[/\\]", prefixes.get(key, ""))[-1], name) for key in keys}
    best = max(filter(None, ranks.values()), default=None)
    return [key for key, rank in ranks.items() if rank is not None and rank == best]


def _rank(prefix: str, name: str) -> tuple[bool, int] | None:
    """Whether the prefix is the whole name up to the counter, and its length; None if it does not
    begin the name. `%date%` and the like stand for anything."""
    at, rest = 0, ""
    for number, literal in enumerate(_TOKEN.split(prefix)):
        found = name.find(literal, at)
        if not prefix or found < 0 or (number == 0 and found > 0):
            return None
        at, rest = found + len(literal), name[found + len(literal) :]
    return bool(re.match(r"_\d+_?\.", rest)), len(prefix)


def is_sampler(graph: Graph, node: Node) -> bool:
    """Whether the node, which makes a picture, is linked to both sides of a conditioning and has a
    seed, or is linked to a guider."""
    if _BUNDLERS.search(node.kind):
        return False
    if isinstance(graph.given(node, "guider"), Link):
        return True
    seeded = any(graph.given(node, name) is not None for name in ("seed", "noise_seed", "noise"))
    positive = side_inputs(graph, node, "positive")
    return seeded and bool(positive) and _is_given(node, positive)


def _is_given(node: Node, positive: list[object]) -> bool:
    """By a link, or by texts typed in to a loader before it: a loader alone samples nothing."""
    return isinstance(positive[0], Link) or positive[0] not in node.inputs.values()


def is_partner(graph: Graph, node: Node) -> bool:
    """Whether the node has a prompt of its own, with a seed or the name of a model, and no model
    to run it on here."""
    if not any(partner_input(node, name) is not None for name in ("prompt", "prompt_text")):
        return False
    # "model.images" is a picture for the model that is named.
    here = any(re.search(r"model(?!\.)|^clip$", name) for name, _link in node.links())
    return not here and any(name in node.inputs for name in ("seed", "model", "model_name"))


def partner_input(node: Node, name: str) -> object:
    """An input of a partner node; newer ones keep those of a model under its name."""
    return node.inputs.get(name, node.inputs.get(f"model.{name}"))


def makers(graph: Graph, start: Iterable[str], *, partners: bool) -> list[str]:
    """The nearest nodes that made the picture that the nodes `start` take: samplers, and partner
    nodes if these count."""
    seen = set(start)
    layer = list(seen)
    while layer:
        layer = [key for key in _before(graph, layer) if key not in seen]
        layer = list(dict.fromkeys(layer))
        seen.update(layer)
        found = [key for key in layer if _makes(graph, graph.nodes[key], partners=partners)]
        if found:
            return found
    return []


def _makes(graph: Graph, node: Node, *, partners: bool) -> bool:
    return is_sampler(graph, node) or (partners and is_partner(graph, node))


def _before(graph: Graph, layer: list[str]) -> list[str]:
    return [
        link.node
        for key in layer
        for link in _picture_links(graph, graph.nodes[key])
        if link.node in graph.nodes
    ]


def _picture_links(graph: Graph, node: Node) -> list[Link]:
    graph.step()
    if _EMPTY.search(node.kind):
        return []
    chosen = graph.chosen(node)
    if isinstance(chosen, Link):
        return [chosen]
    links = [(name, link) for name, link in node.links() if not _OTHER.search(name)]
    pictures = [link for name, link in links if _PICTURE.search(name)]
    bundled = graph.given(node, "latent") if _BUNDLERS.search(node.kind) else None
    if not pictures and isinstance(bundled, Link):
        return [bundled]
    return pictures or [link for _name, link in links]


def first_passes(graph: Graph, sampler: str) -> list[str]:
    """From a sampler back to those that start from an empty latent or a loaded picture."""
    seen, layer, first = {sampler}, [sampler], []
    while layer:
        before = {key: makers(graph, [key], partners=False) for key in layer}
        first += [key for key in layer if not before[key]]
        layer = [key for keys in before.values() for key in keys if key not in seen]
        layer = list(dict.fromkeys(layer))
        seen.update(layer)
    return first
