"""The editor's graph (`workflow`) as the graph that ran: muted and bypassed nodes taken out, named
links joined, subgraphs laid out flat, values put to the names of their widgets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..limits import MOST_NODES
from ..values import mapping
from .graph import Graph, Link, Node, UnknownValueError
from .widgets import widget_values

_MUTED, _BYPASSED = 2, 4
#: The ids by which links within a subgraph name its own inputs and outputs.
_INPUTS, _OUTPUTS = "-10", "-20"
_MOST_HOPS = 200
_DEEPEST_SUBGRAPH = 8
#: In place of a value of which it is not certain whose it is.
_UNCERTAIN = object()


@dataclass(frozen=True)
class _Input:
    """A node's input by its number: where a link ends."""

    node: str
    slot: int


@dataclass(frozen=True)
class _Output:
    """A node's output by its number: where a link begins."""

    node: str
    slot: int


@dataclass
class _Flat:
    """All nodes by their full id, all links by the input that they lead to."""

    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[_Input, _Output] = field(default_factory=dict)
    #: Values typed into a subgraph's node for widgets within it, by inner node and name.
    promoted: dict[str, dict[str, Any]] = field(default_factory=dict)


def editor_graph(record: Any) -> Graph | None:
    """The graph of a `workflow` record; None if it is none. Raises UnknownValueError if it is too
    large."""
    workflow = mapping(record)
    if not isinstance(workflow.get("nodes"), list):
        return None
    definitions = mapping(workflow.get("definitions")).get("subgraphs")
    subgraphs = {
        str(subgraph.get("id")): subgraph
        for subgraph in (definitions if isinstance(definitions, list) else [])
        if isinstance(subgraph, dict)
    }
    flat = _Flat()
    _lay_out(workflow, "", subgraphs, flat, 0)
    _join_everywhere(mapping(workflow.get("extra")).get("ue_links"), flat)
    joined = _Joined(flat)
    return Graph(
        {
            key: Node(str(node.get("type")), dict(joined.inputs(key, node)))
            for key, node in flat.nodes.items()
            if node.get("mode") not in (_MUTED, _BYPASSED)
        }
    )


def _lay_out(
    graph: dict[str, Any], prefix: str, subgraphs: dict[str, Any], flat: _Flat, depth: int
) -> None:
    """Nodes and links of `graph` into `flat`; those of its subgraphs as `outer:inner`."""
    links = graph.get("links")
    for link in links if isinstance(links, list) else []:
        ends = _ends(link)
        if ends is not None:
            source, target = ends
            flat.sources[_Input(prefix + target.node, target.slot)] = _Output(
                prefix + source.node, source.slot
            )
    for node in _dicts(graph.get("nodes")):
        key = f"{prefix}{node.get('id')}"
        flat.nodes[key] = node
        if len(flat.nodes) > MOST_NODES:
            raise UnknownValueError
        inner = subgraphs.get(str(node.get("type")))
        ran = node.get("mode") not in (_MUTED, _BYPASSED)
        if inner is not None and ran and depth < _DEEPEST_SUBGRAPH:
            _lay_out(inner, f"{key}:", subgraphs, flat, depth + 1)
            _promote(key, node, flat)


def _promote(key: str, node: dict[str, Any], flat: _Flat) -> None:
    """`proxyWidgets` lists pairs of an inner node (or -1, the subgraph itself) and a widget.

    In many files the list and the values differ in length.
    """
    pairs = mapping(node.get("properties")).get("proxyWidgets")
    values = node.get("widgets_values")
    if not isinstance(pairs, list) or not isinstance(values, list) or not values:
        return
    certain = len(pairs) == len(values)
    for place, pair in enumerate(pairs):
        match pair:
            case [inner, str() as name, *_]:
                full = key if str(inner) == "-1" else f"{key}:{inner}"
                value = values[place] if certain else _UNCERTAIN
                flat.promoted.setdefault(full, {}).setdefault(name, value)


def _ends(link: Any) -> tuple[_Output, _Input] | None:
    """Of `[id, from, output, to, input, type]`, or of an object with these."""
    match link:
        case [_, source, int() as output, target, int() as place, *_]:
            return _Output(str(source), output), _Input(str(target), place)
        case {
            "origin_id": source,
            "origin_slot": int() as output,
            "target_id": target,
            "target_slot": int() as place,
        }:
            return _Output(str(source), output), _Input(str(target), place)
    return None


def _join_everywhere(links: Any, flat: _Flat) -> None:
    """What an extension sends to every fitting input that has no link of its own."""
    for link in _dicts(links):
        match link:
            case {
                "upstream": source,
                "upstream_slot": int() as output,
                "downstream": target,
                "downstream_slot": int() as place,
            }:
                flat.sources.setdefault(_Input(str(target), place), _Output(str(source), output))


class _Joined:
    """Follows links to the node that made a value, past all that only hand it on."""

    def __init__(self, flat: _Flat) -> None:
        self.flat = flat
        self.subgraphs = {
            end.node.removesuffix(f":{_OUTPUTS}")
            for end in flat.sources
            if end.node.endswith(f":{_OUTPUTS}")
        }
        self.named = {
            _widget(node, 0): key
            for key, node in flat.nodes.items()
            if node.get("type") == "SetNode" and node.get("mode") not in (_MUTED, _BYPASSED)
        }

    def inputs(self, key: str, node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """The node's inputs in the order of the editor: links, then the widgets' values."""
        linked = {}
        for place, slot in enumerate(_dicts(node.get("inputs"))):
            # An input that is not linked any more is left out, whatever it was before.
            source = self._maker(_Input(key, place))
            if isinstance(source, _Output):
                linked[str(slot.get("name"))] = Link(source.node, source.slot)
            elif source is not None:
                linked[str(slot.get("name"))] = source
        promoted = self.flat.promoted.get(key, {})
        for name, value in {**dict(widget_values(node, linked)), **promoted}.items():
            linked.setdefault(name, value)
        yield from ((name, value) for name, value in linked.items() if value is not _UNCERTAIN)

    def _maker(self, place: _Input) -> Any:
        """The output that is linked to the input `place`, a value, or None."""
        for _hop in range(_MOST_HOPS):
            source = self.flat.sources.get(place)
            if source is None:
                return self._outside_value(place)
            outer, _colon, inner = source.node.rpartition(":")
            if outer and inner == _INPUTS:
                place = _Input(outer, source.slot)
                continue
            node = self.flat.nodes.get(source.node)
            behind = None if node is None else self._behind(source, node)
            if not isinstance(behind, _Input):
                return behind
            place = behind
        return None

    def _behind(self, source: _Output, node: dict[str, Any]) -> _Input | _Output | None:
        """The input that an output hands on; the output itself if it makes something; None if its
        node did not run."""
        kind, mode = node.get("type"), node.get("mode")
        if mode == _MUTED:
            return None
        if mode == _BYPASSED:
            return self._bypassed(source, node)
        if kind == "Reroute":
            return _Input(source.node, 0)
        if kind == "GetNode":
            setter = self.named.get(_widget(node, 0))
            return None if setter is None else _Input(setter, 0)
        if source.node in self.subgraphs:
            return _Input(f"{source.node}:{_OUTPUTS}", source.slot)
        return source

    def _bypassed(self, source: _Output, node: dict[str, Any]) -> _Input | None:
        """The first input of the output's type."""
        outputs = _dicts(node.get("outputs"))
        kind = outputs[source.slot].get("type") if source.slot < len(outputs) else None
        for place, slot in enumerate(_dicts(node.get("inputs"))):
            if slot.get("type") == kind and _Input(source.node, place) in self.flat.sources:
                return _Input(source.node, place)
        return None

    def _outside_value(self, place: _Input) -> Any:
        """The value typed into a subgraph's own widget, in place of a link to its input."""
        node = self.flat.nodes.get(place.node, {})
        slots = _dicts(node.get("inputs"))
        if place.slot >= len(slots) or place.node not in self.subgraphs:
            return None
        name = str(slots[place.slot].get("name"))
        promoted = self.flat.promoted.get(place.node, {})
        return promoted[name] if name in promoted else dict(widget_values(node, {})).get(name)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _widget(node: dict[str, Any], place: int) -> str:
    values = node.get("widgets_values")
    return str(values[place]) if isinstance(values, list) and len(values) > place else ""
