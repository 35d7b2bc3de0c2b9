"""The texts of a conditioning, and of nodes that make text of text."""

import re
from typing import Any

from ..limits import DEEPEST, LONGEST_PROMPT
from .graph import Graph, Link, Node, UnknownValueError

#: Classes whose text exists only while the graph runs, or comes from another file.
_RUN_TIME = re.compile(
    r"generat|llm|llama|gpt|gemini|claude|grok|deepseek|florence|caption|tagger|interrogat|"
    r"describe|qwen|vlm|joy|chat|enhanc|expan|improve|rewrit|magic|translat|styl|load|fetch|"
    r"read|random|regex|pick|select|widget|upper|lower|revers|remove|strip|truncat|split|slice|"
    r"extract|filter|shuffl|format|template|convert|eval|python|exec",
    re.IGNORECASE,
)
_WILDCARDS = re.compile(r"wildcard|dynamic", re.IGNORECASE)
_WILDCARD_TEXT = re.compile(r"\{[^{}]*\}|__[^\s_][^\n]*?__")
#: Inputs by which a node picks or changes a part of its text.
_PICKING = re.compile(
    r"(^|_)(index|start|max|rows?|action|mode|count|limit|seed|pattern|regex|case|temperature|top|"
    r"system|api|url|instruction|model|file|path|style|find|replace|search|language)(_|$)",
    re.IGNORECASE,
)
_FILLED_IN = "populated_text"
#: Inputs of encoders that are text of the prompt.
_ENCODED = frozenset(
    {
        *("text", "Text", "string", "prompt", "user_prompt", "prompt_text"),
        *("text_g", "text_l", "clip_l", "clip_g", "t5", "t5xxl", "llama", "bert", "mt5xl"),
        "qwen25_7b",
    }
)
#: Where a node that only hands on a text keeps it; the first of these that is there.
_KEPT = (
    *("value", "text", "string", "prompt", "Text", "String", "STRING", "prompt_text"),
    *("text_string", "multiline_text", "string_field", "content", "any", "input", "anything"),
    *("source", "body"),
)
_CHANGING = ("StringReplace", "StringTrim")
_JOINED = re.compile(r"(string|text|prompt|str)_?([a-z]|\d{1,2})")
_DELIMITERS = ("delimiter", "separator")
_JOINS = re.compile(r"concat|join|combine", re.IGNORECASE)
_ESCAPED = {"\\n": "\n", "\\t": "\t"}
#: Links of an encoder or runner that are no text.
_NOT_TEXT = re.compile(r"^(clip|model|image|images|vae|pixels)$")

_SIDES = {
    "positive": (
        "positive",
        "conditioning",
        "cond1",
        "text_embeds",
        "hyvid_embeds",
        "positive_conditioning",
        "base_positive",
    ),
    "negative": (
        "negative",
        "neg_conditioning",
        "negative_text_embeds",
        "negative_conditioning",
        "base_negative",
    ),
}
#: A guider with two positive sides.
_SECOND = {"cond1": "cond2"}


def side_inputs(graph: Graph, node: Node, side: str) -> list[Any]:
    """What the sampler or guider was given as its positive or negative conditioning."""
    for name in _SIDES[side]:
        given = graph.given(node, name)
        if given not in (None, ""):
            second = graph.given(node, _SECOND[name]) if name in _SECOND else None
            return [given] if second is None else [given, second]
    return []


def side_text(graph: Graph, given: list[Any], side: str) -> str:
    """Each different text once, in the order of the inputs, one per line. Raises UnknownValueError
    if the file does not keep one of them."""
    found: list[str] = []
    for value in given:
        found += _conditioning(graph, value, side, 0)
    texts = [text.strip() for text in found if text.strip()]
    return "\n".join(dict.fromkeys(texts))


def _conditioning(graph: Graph, value: Any, side: str, depth: int) -> list[str]:
    graph.text_step()
    if not isinstance(value, Link):
        return [value] if isinstance(value, str) else []
    node = graph.find(value)
    if node is None or depth > DEEPEST:
        raise UnknownValueError
    if "ZeroOut" in node.kind:
        return []
    chosen = graph.chosen(node)
    behind = [chosen] if chosen is not None else _behind(graph, node, side)
    if behind:
        return [text for link in behind for text in _conditioning(graph, link, side, depth + 1)]
    return _encoded(graph, node, side, depth)


def _behind(graph: Graph, node: Node, side: str) -> list[Any]:
    """Conditionings that the node hands on or mixes, or the text typed in for this side."""
    given = graph.given(node, side)
    if given not in (None, ""):
        return [given]
    if side in node.inputs:
        return []
    return [
        link for name, link in node.links() if name.lower().startswith(("conditioning", "cond_"))
    ]


def _encoded(graph: Graph, node: Node, side: str, depth: int) -> list[str]:
    filled = node.inputs.get(_FILLED_IN)
    if isinstance(filled, str) and filled.strip():
        return [filled]
    names = [name for name in node.inputs if name in _ENCODED or name == f"{side}_prompt"]
    if "with_SDXL" in node.inputs:
        names = [name for name in names if (name != "text") == bool(node.inputs["with_SDXL"])]
    if _WILDCARDS.search(node.kind) or "seed" in node.inputs:
        return [_without_wildcards(node.inputs.get(name)) for name in names or ["wildcard_text"]]
    if names:
        return [text_of(graph, node.inputs[name], side, depth + 1) for name in names]
    if side in node.inputs:
        return []
    links = [link for name, link in node.links() if not _NOT_TEXT.match(name)]
    if len(links) == 1:
        return _conditioning(graph, links[0], side, depth + 1)
    # A loader's text may come by a link: then this is a node of texts.
    return [_node_text(graph, node, side, depth + 1)]


def text_of(graph: Graph, value: Any, side: str = "", depth: int = 0) -> str:
    """The text of an input. Raises UnknownValueError if the file does not keep it."""
    graph.text_step()
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    node = graph.find(value) if isinstance(value, Link) else None
    if node is None or depth > DEEPEST:
        raise UnknownValueError
    text = _node_text(graph, node, side, depth + 1)
    if (
        isinstance(value, Link)
        and value.slot
        and not any(name in node.inputs for name in _by(side))
    ):
        raise UnknownValueError  # one of several texts, and no name tells which
    if len(text) > LONGEST_PROMPT:
        raise UnknownValueError
    return text


def _node_text(graph: Graph, node: Node, side: str, depth: int) -> str:
    filled = node.inputs.get(_FILLED_IN)
    if isinstance(filled, str) and filled.strip():
        return filled
    if _WILDCARDS.search(node.kind):
        return _without_wildcards(node.inputs.get("text", node.inputs.get("wildcard_text")))
    if _is_made_at_run_time(node):
        raise UnknownValueError
    chosen = graph.chosen(node)
    if chosen is not None:
        return text_of(graph, chosen, side, depth)
    changed = _changed(graph, node, side, depth)
    if changed is not None:
        return changed
    return text_of(graph, _kept(node, side), side, depth)


def _is_made_at_run_time(node: Node) -> bool:
    if node.kind in _CHANGING:
        return False
    return (
        bool(_RUN_TIME.search(node.kind))
        or any(_NOT_TEXT.match(name) for name, _link in node.links())
        or any(_PICKING.search(name) for name in node.inputs)
    )


def _changed(graph: Graph, node: Node, side: str, depth: int) -> str | None:
    """The text of a node that joins, replaces or trims; None of any other."""
    inputs = node.inputs
    # The order of their names: files list typed values before links.
    parts = sorted((name for name in inputs if _JOINED.fullmatch(name)), key=_natural)
    delimiter = next((inputs[name] for name in _DELIMITERS if name in inputs), None)
    if len(parts) > 1 or (parts and delimiter is not None):
        return _join(graph, node, parts, delimiter, (side, depth))
    if node.kind == "StringReplace":
        text, find, new = (
            text_of(graph, inputs.get(name), side, depth) for name in ("string", "find", "replace")
        )
        return text.replace(find, new) if find else text
    if node.kind == "StringTrim":
        return text_of(graph, inputs.get("string"), side, depth).strip()
    return None


def _natural(name: str) -> tuple[int, str]:
    return len(name), name


def _join(
    graph: Graph, node: Node, parts: list[str], delimiter: Any, place: tuple[str, int]
) -> str:
    if not _JOINS.search(node.kind):
        raise UnknownValueError
    between = "" if delimiter is None else text_of(graph, delimiter, *place)
    texts = [text_of(graph, node.inputs[name], *place) for name in parts]
    if node.kind != "StringConcatenate":
        # Extensions leave out what is empty; the core's node does not.
        texts = [text for text in texts if text.strip()]
    return _ESCAPED.get(between, between).join(texts)


def _kept(node: Node, side: str) -> Any:
    """The one text that the node hands on."""
    for name in (*_by(side), *_KEPT):
        if name in node.inputs:
            return node.inputs[name]
    links = node.links()
    if len(links) == 1:
        return links[0][1]
    raise UnknownValueError


def _by(side: str) -> tuple[str, ...]:
    """What a node that keeps texts of both sides calls them."""
    return (side, f"{side}_prompt", f"prompt_{side}", f"text_{side}") if side else ()


def _without_wildcards(text: Any) -> str:
    if not isinstance(text, str) or _WILDCARD_TEXT.search(text):
        raise UnknownValueError
    return text
