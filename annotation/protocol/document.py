"""A protocol as one document: everything that a study asks its raters, and in which words.

Its canonical form has sorted keys and no blanks, and whole numbers have no decimal point, so equal
protocols have equal digests however their settings were typed.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from .errors import ProtocolError
from .forms import ExplanationAsking, ExplanationForm
from .perspectives import PerspectiveSettings, parse_perspectives
from .plan import SessionPlan
from .reliability_rules import ReliabilityRules
from .translations import Translations, parse_translations
from .viewing import ViewingChecks


class ImageSize(StrEnum):
    """How large images are on the screen."""

    FIT = "fit"
    #: One image pixel per screen pixel.
    PIXELS = "pixels"


@dataclass(frozen=True)
class ProtocolTexts:
    """The study's words as its owner wrote them, and as readers of other languages got them."""

    title: str
    consent: str
    instructions: str
    #: Of these three and of every text of perspectives, scales and form; a text without one was
    #: shown untranslated.
    translations: Translations

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Raises ProtocolError if one is missing, unknown or not text."""
        given = _whole_object(data, "protocol: texts", [item.name for item in fields(cls)])
        for name in ("title", "consent", "instructions"):
            if not isinstance(given[name], str):
                raise ProtocolError(f"protocol: texts: {name} is {given[name]!r}, not a text")
        return cls(**{**given, "translations": parse_translations(given["translations"])})

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "consent": self.consent,
            "instructions": self.instructions,
            "translations": {key: dict(texts) for key, texts in self.translations.items()},
        }


@dataclass(frozen=True)
class ProtocolDocument:
    """All that was asked; two that are equal ask the same."""

    perspectives: tuple[PerspectiveSettings, ...]
    form: ExplanationForm
    asking: ExplanationAsking
    plan: SessionPlan
    viewing: ViewingChecks
    rules: ReliabilityRules
    image_size: ImageSize
    texts: ProtocolTexts

    @property
    def passes(self) -> int:
        """How often a rater sees each image."""
        return self.plan.passes(self.perspectives)

    def asked_now(self, scored: int) -> Sequence[PerspectiveSettings]:
        """What is asked of an image whose first `scored` perspectives have their scores."""
        return self.plan.asked_now(self.perspectives, scored)

    @property
    def sha256(self) -> str:
        """Of the canonical form in UTF-8, in hexadecimal."""
        return hashlib.sha256(canonical_json(self.to_json()).encode()).hexdigest()

    @classmethod
    def from_json(cls, data: object) -> Self:
        """The inverse of `to_json`, for stored documents: nothing may be missing or is guessed.

        Raises ProtocolError naming the part that is missing, unknown, malformed or not whole.
        """
        given = _whole_object(data, "protocol", list(_PARTS))
        return cls(**{name: _part(name, given[name]) for name in _PARTS})

    def to_json(self) -> dict[str, Any]:
        return {name: _json_of(getattr(self, name)) for name in _PARTS}


def canonical_json(data: object) -> str:
    """One text for all equal data. Raises ValueError for a number that JSON does not have."""
    return json.dumps(
        _plain(data), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def _perspectives(data: object) -> tuple[PerspectiveSettings, ...]:
    if not isinstance(data, list):
        raise ProtocolError(f"protocol: perspectives: {data!r} is not a list")
    return parse_perspectives(data)


def _image_size(data: object) -> ImageSize:
    if not isinstance(data, str) or data not in set(ImageSize):
        raise ProtocolError(f"protocol: image_size is {data!r}; give one of {', '.join(ImageSize)}")
    return ImageSize(data)


_PARTS: dict[str, Callable[[Any], Any]] = {
    "perspectives": _perspectives,
    "form": ExplanationForm.from_json,
    "asking": ExplanationAsking.from_json,
    "plan": SessionPlan.from_json,
    "viewing": ViewingChecks.from_json,
    "rules": ReliabilityRules.from_json,
    "image_size": _image_size,
    "texts": ProtocolTexts.from_json,
}


def _part(name: str, data: object) -> Any:
    """One part, parsed. The parsers fill in what an owner leaves out; here that is an error."""
    parsed = _PARTS[name](data)
    if canonical_json(_json_of(parsed)) != canonical_json(data):
        raise ProtocolError(f"protocol: {name}: something is left out, or of another type")
    return parsed


def _json_of(part: Any) -> Any:
    if isinstance(part, tuple):
        return [item.to_json() for item in part]
    return str(part) if isinstance(part, str) else part.to_json()


def _whole_object(data: object, place: str, names: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ProtocolError(f"{place}: {data!r} is not an object")
    for name in sorted(data.keys() - set(names), key=str):
        raise ProtocolError(f"{place}: there is no {name!r}; it has {', '.join(names)}")
    for name in names:
        if name not in data:
            raise ProtocolError(f"{place}: {name} is missing")
    return data


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
