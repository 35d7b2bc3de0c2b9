"""What a ComfyUI graph says of the picture that was saved."""

from collections.abc import Callable, Iterator
from typing import Any

from .. import notes
from ..reading import Reading, settings_of
from ..records import IMAGE_DESCRIPTION, MAKE, MODEL, Records
from ..tools.civitai import is_catalogue_number
from ..values import mapping, parsed_json
from .editor import editor_graph
from .graph import Graph, Link, Node, UnknownValueError, api_graph
from .models import MergedModelsError, sampler_model, seed_of
from .passes import first_passes, is_sampler, makers, named_savers, partner_input, savers
from .texts import side_inputs, side_text, text_of

_TOOL = "ComfyUI"
_TAGS = (IMAGE_DESCRIPTION, MAKE, MODEL)
_MOST_PICTURES = 16


def read_comfyui(records: Records) -> Reading | None:
    """The reading of the graph that ran, else of the editor's; None if the file holds neither."""
    prompts, workflows = _graph_records(records)
    try:
        ran = next(filter(None, map(api_graph, prompts)), None)
        if ran is not None:
            return _Reader(ran).reading(records.name)
        edited = next(filter(None, map(editor_graph, workflows)), None)
        if edited is not None:
            return _Reader(edited).reading(records.name).noting(notes.EDITOR_GRAPH)
    except UnknownValueError:
        return Reading(tool=_TOOL).noting(notes.TOO_MANY_NODES)
    return None


def _graph_records(records: Records) -> tuple[list[Any], list[Any]]:
    """Graphs that ran, and graphs of the editor, from all places where they are written."""
    prompts: list[Any] = [records.texts.get("prompt")]
    workflows: list[Any] = [records.texts.get("workflow")]
    for tag in _TAGS:
        name, colon, text = records.exif.get(tag, "").partition(":")
        if colon and name.strip().lower() in ("prompt", "workflow"):
            (prompts if name.strip().lower() == "prompt" else workflows).append(text)
    comment = mapping(parsed_json(records.main_text))
    prompts += [comment.get("prompt"), comment]
    workflows += [comment.get("workflow"), records.exif.get(IMAGE_DESCRIPTION)]
    return list(_decoded(prompts)), list(_decoded(workflows))


def _decoded(records: list[Any]) -> Iterator[Any]:
    for record in records:
        value = parsed_json(record) if isinstance(record, str) else record
        if isinstance(value, dict):
            yield value


class _Reader:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def reading(self, name: str) -> Reading:
        """Of the picture of this file name; fields that several sources differ in stay empty.
        Raises UnknownValueError if the graph takes too long to walk."""
        keys = self._savers(name)
        made = [makers(self.graph, [key], partners=True) for key in keys]
        if len({frozenset(sources) for sources in made}) > 1:
            return Reading(tool=_TOOL).noting(notes.SEVERAL_SAVERS)
        pictures = made[0] if made else self._alone()
        readings = [self._picture(key) for key in pictures[:_MOST_PICTURES]]
        return agreed(readings) if readings else Reading(tool=_TOOL).noting(notes.NO_SAMPLER)

    def _savers(self, name: str) -> list[str]:
        keys = savers(self.graph)
        if len(keys) < 2:
            return keys
        prefixes = {key: self._prefix(self.graph.nodes[key]) for key in keys}
        return named_savers(keys, prefixes, name) or keys

    def _prefix(self, node: Node) -> str:
        try:
            return text_of(self.graph, node.inputs.get("filename_prefix", ""))
        except UnknownValueError:
            return ""

    def _alone(self) -> list[str]:
        """The only sampler of a graph without a saver."""
        keys = [key for key, node in self.graph.nodes.items() if is_sampler(self.graph, node)]
        return keys if len(keys) == 1 else []

    def _picture(self, key: str) -> Reading:
        node = self.graph.nodes[key]
        if not is_sampler(self.graph, node):
            return self._partner(node)
        guider = self.graph.find(_link(self.graph.given(node, "guider"))) or node
        prompt, unknown = self._known(lambda: self._side(guider, "positive"))
        negative, negative_unknown = self._known(lambda: self._side(guider, "negative"))
        first = [self._first(self.graph.nodes[other]) for other in first_passes(self.graph, key)]
        reading = agreed(first).or_else(
            Reading(prompt=prompt, negative_prompt=negative, settings=settings_of(node.inputs))
        )
        remarks = (
            (notes.RUN_TIME_PROMPT, unknown),
            (notes.RUN_TIME_NEGATIVE, negative_unknown),
        )
        return reading.noting(*(remark for remark, applies in remarks if applies))

    def _side(self, node: Node, side: str) -> str:
        for _step in range(8):
            given = side_inputs(self.graph, node, side)
            behind = self.graph.find(_link(node.inputs.get("guider")))
            if given or behind is None:
                return side_text(self.graph, given, side)
            node = behind
        raise UnknownValueError

    def _known(self, read: Callable[[], str]) -> tuple[str | None, bool]:
        try:
            return read(), False
        except UnknownValueError:
            return None, True

    def _first(self, node: Node) -> Reading:
        """Model and seed of a first pass."""
        guider = self.graph.find(_link(self.graph.given(node, "guider"))) or node
        reading = Reading(tool=_TOOL, seed=self._seed(node))
        try:
            model = sampler_model(self.graph, node, guider)
        except MergedModelsError:
            return reading.noting(notes.MERGED_MODELS)
        except UnknownValueError:
            return reading
        if model and is_catalogue_number(model):
            return reading.noting(notes.HASH_ONLY)
        return reading.or_else(Reading(model=model))

    def _seed(self, node: Node) -> int | None:
        try:
            return seed_of(self.graph, node)
        except UnknownValueError:
            return None

    def _partner(self, node: Node) -> Reading:
        given = partner_input(node, "prompt") or partner_input(node, "prompt_text")
        prompt, unknown = self._known(lambda: text_of(self.graph, given, "positive"))
        unwanted = partner_input(node, "negative_prompt")
        negative, _unknown = self._known(lambda: text_of(self.graph, unwanted or "", "negative"))
        model = node.inputs.get("model", node.inputs.get("model_name"))
        reading = Reading(
            tool=_TOOL,
            prompt=None if prompt is None else prompt.strip(),
            negative_prompt=negative,
            model=model if isinstance(model, str) else None,
            seed=self._seed(node),
            settings=settings_of(node.inputs, ("prompt", "negative_prompt", "model", "seed")),
        )
        return reading.noting(notes.RUN_TIME_PROMPT) if unknown else reading


def agreed(readings: list[Reading]) -> Reading:
    """What all the readings say; without the fields that they differ in."""
    first = readings[0]
    merged = Reading(
        tool=first.tool,
        prompt=first.prompt if _same(readings, "prompt") else None,
        negative_prompt=first.negative_prompt if _same(readings, "negative_prompt") else None,
        model=first.model if _same(readings, "model") else None,
        seed=first.seed if _same(readings, "seed") else None,
        settings=first.settings,
    )
    fields = ("prompt", "negative_prompt", "model", "seed")
    remarks = [note for reading in readings for note in reading.notes]
    if not all(_same(readings, name) for name in fields):
        remarks.append(notes.SEVERAL_SOURCES)
    return merged.noting(*remarks)


def _same(readings: list[Reading], name: str) -> bool:
    return len({getattr(reading, name) for reading in readings}) == 1


def _link(value: Any) -> Link | None:
    return value if isinstance(value, Link) else None
