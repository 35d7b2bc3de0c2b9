"""A graph of nodes, as it was run, and the searches that all others are made of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..limits import DEEPEST, MOST_NODES, MOST_STEPS, MOST_TEXT_STEPS
from ..values import mapping


class UnknownValueError(ValueError):
    """A value that the file does not keep, or that no rule leads to."""


@dataclass(frozen=True)
class Link:
    """To an output of another node."""

    node: str
    slot: int


@dataclass(frozen=True)
class Node:
    #: The class, as ComfyUI or an extension calls it.
    kind: str
    #: By name, in the file's order: a link or a value of its own.
    inputs: dict[str, Any]

    def links(self) -> list[tuple[str, Link]]:
        return [(name, value) for name, value in self.inputs.items() if isinstance(value, Link)]


#: Inputs through which a node hands on what others were given.
_BUNDLES = re.compile(r"(^|_)(pipe|ctx|context)$|^sdxl_tuple$|^pipe_opt$")


class Graph:
    """Nodes by id. One graph counts the steps of all searches in it, so that they end."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes
        self.left = MOST_STEPS
        self.text_left = MOST_TEXT_STEPS

    def step(self) -> None:
        """Raises UnknownValueError after too many."""
        self.left -= 1
        if self.left < 0:
            raise UnknownValueError

    def text_step(self) -> None:
        """As `step`, in a search that texts may make branch at every node."""
        self.text_left -= 1
        if self.text_left < 0:
            raise UnknownValueError
        self.step()

    def find(self, link: Link | None) -> Node | None:
        return None if link is None else self.nodes.get(link.node)

    def given(self, node: Node, name: str) -> Any:
        """The node's input of that name, its own or by a bundle that it was handed."""
        for _step in range(DEEPEST):
            self.step()
            if node.inputs.get(name) not in (None, ""):
                return node.inputs[name]
            bundle = next((link for key, link in node.links() if _BUNDLES.search(key)), None)
            behind = self.find(bundle)
            if behind is None:
                return node.inputs.get(name)
            node = behind
        return None

    def chosen(self, node: Node) -> Any:
        """What a switch lets through: a link or value; None if the node is no switch that can be
        read."""
        inputs = node.inputs
        for switch, yes, no in _SWITCHES:
            if switch in inputs and yes in inputs and no in inputs:
                state = self._literal(inputs[switch])
                return inputs[yes if state else no] if isinstance(state, bool) else None
        number = self._literal(inputs.get("select"))
        if isinstance(number, int) and not isinstance(number, bool):
            return inputs.get(f"input{number}")
        if node.kind.startswith("Any Switch"):
            return next((link for _name, link in node.links()), None)
        return None

    def _literal(self, value: Any) -> Any:
        node = self.find(value) if isinstance(value, Link) else None
        return value if node is None else node.inputs.get("value")


_SWITCHES = (
    ("switch", "on_true", "on_false"),
    ("boolean", "on_true", "on_false"),
    ("cond", "tt_value", "ff_value"),
)


def api_graph(record: Any) -> Graph | None:
    """The graph of a `prompt` record; None if it is none. Raises UnknownValueError if it is too
    large."""
    nodes = {
        str(key): value
        for key, value in mapping(record).items()
        if isinstance(value, dict) and isinstance(value.get("class_type"), str)
    }
    if len(nodes) > MOST_NODES:
        raise UnknownValueError
    if not nodes:
        return None
    return Graph(
        {
            key: Node(value["class_type"], dict(_inputs(value, nodes)))
            for key, value in nodes.items()
        }
    )


def _inputs(node: dict[str, Any], nodes: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in mapping(node.get("inputs")).items():
        if isinstance(value, list):
            link = _link(value)
            # A list that leads nowhere is a value, such as a size.
            if link is not None and link.node in nodes:
                yield name, link
        else:
            yield name, value


def _link(value: list[Any]) -> Link | None:
    match value:
        case [str() | int() as node, int() as slot]:
            return Link(str(node), slot)
    return None
