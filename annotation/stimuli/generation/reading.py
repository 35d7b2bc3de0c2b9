"""What was read from one image."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.core.texts import storable

#: Settings kept of one record, and the length of each.
_MOST_SETTINGS, _LONGEST_SETTING = 200, 2000

_FOLDER = re.compile(r"[/\\]")
_WEIGHTS = re.compile(r"\.(safetensors|ckpt|gguf|pt|pth|sft|bin)$", re.IGNORECASE)


def bare_model(model: str) -> str:
    """A model's name without folders and without the suffix of a weights file."""
    return _WEIGHTS.sub("", _FOLDER.split(model.strip())[-1])


@dataclass(frozen=True)
class Reading:
    """Fields of one record. None means that the record says nothing of a field; an empty text that
    it says the field is empty."""

    tool: str = ""
    prompt: str | None = None
    negative_prompt: str | None = None
    #: As the record spells it, with folders and suffix.
    model: str | None = None
    #: 0 to 2⁶⁴ − 1.
    seed: int | None = None
    #: What a researcher calls the generator, if it is not the model's bare name.
    generator: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def generator_name(self) -> str:
        """The model without folders and suffix, else the tool; empty if neither is known."""
        return self.generator or bare_model(self.model or "") or self.tool

    @property
    def note(self) -> str:
        return "; ".join(self.notes)

    def or_else(self, other: "Reading") -> "Reading":
        """This reading; what it says nothing of, from `other`."""
        return replace(
            self,
            prompt=_first(self.prompt, other.prompt),
            negative_prompt=_first(self.negative_prompt, other.negative_prompt),
            model=_first(self.model, other.model),
            seed=_first(self.seed, other.seed),
            settings=self.settings or other.settings,
        )

    def storable(self) -> "Reading":
        """With a sign of replacement for NUL and for halves of letters, which JSON can hold."""
        texts = (self.tool, self.prompt, self.negative_prompt, self.model, self.generator)
        tool, prompt, negative, model, generator = (
            text if text is None else storable(text) for text in texts
        )
        return replace(
            self,
            tool=tool or "",
            prompt=prompt,
            negative_prompt=negative,
            model=model,
            generator=generator or "",
            settings=tuple((storable(name), storable(value)) for name, value in self.settings),
        )

    def noting(self, *notes: str) -> "Reading":
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))


def settings_of(
    record: Mapping[str, Any], without: Iterable[str] = ()
) -> tuple[tuple[str, str], ...]:
    """The record's single values as texts, but for the names `without`."""
    apart = set(without)
    kept = [
        (name, str(value)[:_LONGEST_SETTING])
        for name, value in record.items()
        if name not in apart and isinstance(value, str | int | float) and value != ""
    ]
    return tuple(kept[:_MOST_SETTINGS])


def _first(one: Any, other: Any) -> Any:
    return other if one is None else one
