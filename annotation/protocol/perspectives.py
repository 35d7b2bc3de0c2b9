"""The three perspectives of AIGCIQA2023+ (MINT-IQA, arXiv 2405.07346, section 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from .errors import ProtocolError
from .scales import ACR5, Scale


class Perspective(StrEnum):
    """What a score is about; the order is the order of the model's heads."""

    QUALITY = "quality"
    AUTHENTICITY = "authenticity"
    CORRESPONDENCE = "correspondence"


PERSPECTIVES: tuple[Perspective, ...] = tuple(Perspective)


@dataclass(frozen=True)
class PerspectiveSettings:
    """How a study asks for one perspective; `help` is for raters who ask what is meant."""

    perspective: Perspective
    label: str
    question: str
    scale: Scale
    help: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        try:
            return cls(
                Perspective(data["perspective"]),
                str(data["label"]),
                str(data["question"]),
                Scale.from_json(data["scale"]),
                str(data.get("help", "")),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ProtocolError(f"perspective {data!r}: {error}") from error

    def to_json(self) -> dict[str, Any]:
        return {
            "perspective": str(self.perspective),
            "label": self.label,
            "question": self.question,
            "scale": self.scale.to_json(),
            "help": self.help,
        }


def parse_perspectives(data: Sequence[Mapping[str, Any]]) -> tuple[PerspectiveSettings, ...]:
    """The settings of all three perspectives, in the model's order.

    Raises ProtocolError where one is missing, doubled or malformed.
    """
    parsed = [PerspectiveSettings.from_json(item) for item in data]
    found = [item.perspective for item in parsed]
    if sorted(found) != sorted(PERSPECTIVES):
        raise ProtocolError(
            f"perspectives are {', '.join(found) or 'empty'}; "
            f"give each of {', '.join(PERSPECTIVES)} exactly once"
        )
    return tuple(sorted(parsed, key=lambda item: PERSPECTIVES.index(item.perspective)))


def default_perspectives(scale: Scale = ACR5) -> tuple[PerspectiveSettings, ...]:
    """The study defaults: the three questions of AIGCIQA2023, on one scale."""
    questions = {
        Perspective.QUALITY: (
            "Quality",
            "How good does the image look: its sharpness, light, colour and detail?",
            "Judge the picture, not what it shows: blur, noise, blocks, wrong light or colours and "
            "missing detail lower it.",
        ),
        Perspective.AUTHENTICITY: (
            "Authenticity",
            "Does it look real, free of warped, melted or impossible parts?",
            "Follow hands, faces, letters, lines, shadows and reflections: anything that could "
            "not be so in a photograph, or in a person’s drawing, lowers it.",
        ),
        Perspective.CORRESPONDENCE: (
            "Correspondence",
            "Does the image show what the prompt asks for?",
            "Go through the prompt word by word: things, their number, colours, places and style. "
            "What is missing or added lowers it, however beautiful the image is.",
        ),
    }
    return tuple(
        PerspectiveSettings(perspective, label, question, scale, help_)
        for perspective, (label, question, help_) in questions.items()
    )
