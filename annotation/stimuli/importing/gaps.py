"""Images without a manifest of which nothing says the prompt, or the generator."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from workbench.core.texts import storable


@dataclass(frozen=True)
class Gap:
    """One such image, and what was found of it: "" is what was not."""

    row: int
    filename: str
    prompt: str
    generator: str
    #: Where what was found was (`generation.sidecars.Source`).
    found_in: Mapping[str, str]
    #: Sentences (`generation.notes`) that say why something was not.
    notes: tuple[str, ...]

    def reasons(self, translate: Callable[[str], str] = str) -> list[str]:
        return [translate(note) for note in self.notes]

    def to_json(self) -> dict[str, Any]:
        texts = {name: storable(getattr(self, name)) for name in ("filename", "prompt")}
        return {**asdict(self), **texts, "notes": list(self.notes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "notes": tuple(data["notes"])})
