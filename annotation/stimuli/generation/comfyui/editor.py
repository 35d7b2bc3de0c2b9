"""The editor's graph (`workflow`) as the graph that ran: muted and bypassed nodes taken out, named
links joined, subgraphs laid out flat, values put to the names of their widgets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..limits import MOST_NODES
from ..values import mapping
from .graph import Graph, Link, Node, UnknownValue
from .widgets import widget_values

_MUTED, _BYPASSED = 2, 4
#: The ids by which links within a subgraph name its own inputs and outputs.
_INPUTS, _OUTPUTS = "-10", "-20"
_MOST_HOPS = 200
_DEEPEST_SUBGRAPH = 8


@dataclass(frozen=True)
class _End:
    """One end of a link: a node and the number of its output or input."""

    node: str
    slot: int


@dataclass
class _Flat:
    """All nodes by their full id, all links by the input that they lead to."""

    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[_End, _End] = field(default_factory=dict)


def editor_graph(record: Any) -> Graph | None:
    """The graph of a `workflow` record; None if it is none. Raises UnknownValue if it is too
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
            flat.sources[_End(prefix + target.node, target.slot)] = _End(
                prefix + source.node, source.slot
            )
    for node in _dicts(graph.get("nodes")):
        key = f"{prefix}{node.get('id')}"
        flat.nodes[key] = node
        if len(flat.nodes) > MOST_NODES:
            raise UnknownValue
        inner = subgraphs.get(str(node.get("type")))
        if inner is not None and depth < _DEEPEST_SUBGRAPH:
            _lay_out(inner, f"{key}:", subgraphs, flat, depth + 1)


def _ends(link: Any) -> tuple[_End, _End] | None:
    """Of `[id, from, output, to, input, type]`, or of an object with these."""
    match link:
        case [_, source, int() as output, target, int() as place, *_]:
            return _End(str(source), output), _End(str(target), place)
        case {
            "origin_id": source,
            "origin_slot": int() as output,
            "target_id": target,
            "target_slot": int() as place,
        }:
            return _End(str(source), output), _End(str(target), place)
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
                flat.sources.setdefault(_End(str(target), place), _End(str(source), output))


class _Joined:
    """Follows links to the node that made a value, past all that only hand it on."""

    def __init__(self, flat: _Flat) -> None:
        self.flat = flat
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
            source = self._maker(_End(key, place))
            if isinstance(source, _End):
                linked[str(slot.get("name"))] = Link(source.node, source.slot)
            elif source is not None:
                linked[str(slot.get("name"))] = source
        for name, value in widget_values(node, linked):
            linked.setdefault(name, value)
        yield from linked.items()

    def _maker(self, place: _End) -> Any:
        """The output that is linked to the input `place`, a value, or None."""
        for _hop in range(_MOST_HOPS):
            source = self.flat.sources.get(place)
            if source is None:
                return self._outside_value(place)
            if source.node.endswith(_INPUTS):
                place = _End(source.node.rpartition(":")[0], source.slot)
                continue
            node = self.flat.nodes.get(source.node)
            behind = None if node is None else self._behind(source, node)
            if behind is None or behind == source:
                return behind
            place = behind
        return None

    def _behind(self, source: _End, node: dict[str, Any]) -> _End | None:
        """The input that an output hands on; the output itself if it makes something; None if its
        node did not run."""
        kind, mode = node.get("type"), node.get("mode")
        if mode == _MUTED:
            return None
        if mode == _BYPASSED:
            return self._bypassed(source, node)
        if kind == "Reroute":
            return _End(source.node, 0)
        if kind == "GetNode":
            setter = self.named.get(_widget(node, 0))
            return None if setter is None else _End(setter, 0)
        inner = _End(f"{source.node}:{_OUTPUTS}", source.slot)
        return inner if inner in self.flat.sources else source

    def _bypassed(self, source: _End, node: dict[str, Any]) -> _End | None:
        """The first input of the output's type."""
        outputs = _dicts(node.get("outputs"))
        kind = outputs[source.slot].get("type") if source.slot < len(outputs) else None
        for place, slot in enumerate(_dicts(node.get("inputs"))):
            if slot.get("type") == kind and _End(source.node, place) in self.flat.sources:
                return _End(source.node, place)
        return None

    def _outside_value(self, place: _End) -> Any:
        """The value typed into a subgraph's own widget, in place of a link to its input."""
        node = self.flat.nodes.get(place.node, {})
        slots = _dicts(node.get("inputs"))
        if place.slot >= len(slots) or f"{place.node}:{_OUTPUTS}" not in self._outputs:
            return None
        return dict(widget_values(node, {})).get(str(slots[place.slot].get("name")))

    @property
    def _outputs(self) -> set[str]:
        return {end.node for end in self.flat.sources}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _widget(node: dict[str, Any], place: int) -> str:
    values = node.get("widgets_values")
    return str(values[place]) if isinstance(values, list) and len(values) > place else ""
