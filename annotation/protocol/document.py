"""A protocol as one document: everything that a study asks its raters, and in which words.

Its canonical form has sorted keys and no blanks, and whole numbers have no decimal point, so equal
protocols have equal digests however their settings were typed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .errors import ProtocolError
from .forms import ExplanationAsking, ExplanationForm
from .perspectives import PerspectiveSettings, each_once
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
        texts = strict_from_json(cls, data, "protocol: texts", ProtocolError)
        return replace(texts, translations=parse_translations(texts.translations))

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
        document = strict_from_json(cls, data, "protocol", ProtocolError)
        document = replace(
            document,
            perspectives=each_once(document.perspectives),
            texts=ProtocolTexts.from_json(document.texts.to_json()),
        )
        assert isinstance(data, Mapping)  # noqa: S101 -- it was read; this tells mypy
        for name, part in document.to_json().items():
            # A setting left out has its default, which is right for an owner's and an error here.
            if canonical_json(part) != canonical_json(data[name]):
                raise ProtocolError(f"protocol: {name}: something is left out, or of another type")
        return document

    def to_json(self) -> dict[str, Any]:
        return {item.name: _json_of(getattr(self, item.name)) for item in fields(self)}


def canonical_json(data: object) -> str:
    """One text for all equal data. Raises ValueError for a number that JSON does not have."""
    return json.dumps(
        _plain(data), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def _json_of(part: Any) -> Any:
    if isinstance(part, tuple):
        return [item.to_json() for item in part]
    return str(part) if isinstance(part, str) else part.to_json()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
