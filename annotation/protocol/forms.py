"""Which reasons a study asks for: the form, as data, and the scores that it is asked for.

The form has closed answers and free texts per perspective; that of AIGCIQA2023+ (`aigciqa2023`) is
the default. It is asked of all scores, of those of a share of the images, or of the low ones: a
reason takes three to five times as long as a score. AIGCIQA2023+ (arXiv 2405.07346, section 3.3)
asked for every image; if time is short, a share still gives an unbiased sample, and low scores are
those whose reasons help to improve a generator.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .chance import chance
from .errors import ProtocolError
from .scales import Scale

FREE_TEXT_LIMIT = 2000
#: Asked for whatever the score, on the scale from 0 to 1.
ALWAYS = 1.0
#: `level` is one of five, as of absolute category rating; the fifth would be every score.
LEVELS = (1, 4)
#: Scores come in steps: less than that is no difference.
_EQUAL = 1e-9


@dataclass(frozen=True)
class FormField:
    """One closed question: `phrases[k - 1]` is what level k says (1 is the worst).

    `clauses`, if given, say the same as parts of a sentence, which raters read as they choose.
    """

    key: str
    perspective: str
    label: str
    phrases: tuple[str, ...]
    clauses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.key.strip() and self.label.strip()):
            raise ProtocolError(f"explanation form: {self.key!r} {self.label!r}: both need a name")
        if len(self.phrases) < 2 or not all(phrase.strip() for phrase in self.phrases):
            raise ProtocolError(
                f"explanation form: {self.key}: {list(self.phrases)} must be at least two phrases"
            )
        if self.clauses and len(self.clauses) != len(self.phrases):
            raise ProtocolError(
                f"explanation form: {self.key}: {len(self.clauses)} clauses cannot word each of "
                f"{len(self.phrases)} phrases"
            )

    def says(self) -> list[tuple[str, str]]:
        """Each phrase with its clause; the phrase after the label if there is none."""
        named = tuple(f"{self.label}: {phrase}" for phrase in self.phrases)
        return list(zip(self.phrases, self.clauses or named, strict=True))


@dataclass(frozen=True)
class FormText:
    """One free text, asked for when `field`'s chosen level is at most `at_most`.

    With it a rater may mark regions of the image, or words of the prompt (`protocol.marks`).
    """

    perspective: str
    label: str
    field: str
    at_most: int = 2
    regions: bool = False
    words: bool = False


@dataclass(frozen=True)
class ExplanationForm:
    """The fields and free texts of a study; empty means that nothing is asked."""

    fields: tuple[FormField, ...] = ()
    texts: tuple[FormText, ...] = ()

    def __post_init__(self) -> None:
        keys = [field.key for field in self.fields]
        if len(set(keys)) != len(keys):
            raise ProtocolError(f"explanation form: field keys {keys} are not unique")
        levels = {field.key: len(field.phrases) for field in self.fields}
        for text in self.texts:
            if text.field not in levels:
                raise ProtocolError(
                    f"explanation form: a text refers to an unknown field {text.field!r}"
                )
            if not text.label.strip():
                raise ProtocolError(f"explanation form: {text.field}: a text asks for nothing")
            if not 1 <= text.at_most <= levels[text.field]:
                raise ProtocolError(
                    f"explanation form: {text.field}: at_most is {text.at_most}; give 1 to "
                    f"{levels[text.field]}"
                )

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Raises ProtocolError naming what is unknown, missing, or not what it should be."""
        return strict_from_json(cls, data, "explanation form", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return {
            "fields": [
                {
                    "key": field.key,
                    "perspective": field.perspective,
                    "label": field.label,
                    "phrases": list(field.phrases),
                    "clauses": list(field.clauses),
                }
                for field in self.fields
            ],
            "texts": [
                {
                    "perspective": text.perspective,
                    "label": text.label,
                    "field": text.field,
                    "at_most": text.at_most,
                    "regions": text.regions,
                    "words": text.words,
                }
                for text in self.texts
            ],
        }

    def about(self, perspectives: Collection[str]) -> Self:
        """The part of the form about these perspectives, by their keys."""
        fields = tuple(field for field in self.fields if field.perspective in perspectives)
        kept = {field.key for field in fields}
        return type(self)(fields, tuple(text for text in self.texts if text.field in kept))

    def levels_of(self, perspective: str, found: Mapping[str, Any]) -> dict[str, int]:
        """The closed answers about a perspective that `found` has, by their fields' keys; a level
        that the form does not have (any more) is left out."""
        return {
            field.key: found[field.key]
            for field in self.fields
            if field.perspective == perspective
            and type(found.get(field.key)) is int
            and 1 <= found[field.key] <= len(field.phrases)
        }

    def check_perspectives(self, perspectives: Collection[str]) -> None:
        """Raise ProtocolError if an item is about a perspective that is not among these."""
        items: tuple[FormField | FormText, ...] = (*self.fields, *self.texts)
        for item in items:
            if item.perspective not in perspectives:
                raise ProtocolError(
                    f"explanation form: {item.label!r} is about {item.perspective}, "
                    "which is not among the perspectives"
                )

    def check_marks(self, perspective: str, regions: bool, words: bool) -> None:
        """Raise ProtocolError if an answer has marks that no text of the perspective asks for."""
        texts = [text for text in self.texts if text.perspective == perspective]
        if regions and not any(text.regions for text in texts):
            raise ProtocolError(f"{perspective}: regions: the form asks for none; leave them out")
        if words and not any(text.words for text in texts):
            raise ProtocolError(f"{perspective}: words: the form asks for none; leave them out")

    def check(self, perspective: str, phrases: Mapping[str, Any], text: str) -> None:
        """Raise ProtocolError unless the answers fit: fields, levels and the length of the text."""
        fields = {field.key: field for field in self.fields if field.perspective == perspective}
        for key, level in phrases.items():
            if key not in fields:
                raise ProtocolError(f"{perspective}: the form has no field {key!r}")
            if isinstance(level, bool) or not isinstance(level, int):
                raise ProtocolError(f"{key}: level {level!r} is not a whole number")
            if not 1 <= level <= len(fields[key].phrases):
                raise ProtocolError(f"{key}: level {level} is outside 1…{len(fields[key].phrases)}")
        if len(text) > FREE_TEXT_LIMIT:
            raise ProtocolError(
                f"{perspective}: the text has {len(text)} characters, at most {FREE_TEXT_LIMIT} fit"
            )


class When(StrEnum):
    """For which scores reasons are asked."""

    EVERY = "every"
    #: For all scores of some images, drawn by chance.
    SHARE = "share"
    #: For each low score.
    LOW = "low"


@dataclass(frozen=True)
class ExplanationAsking:
    """A study's setting; `share` and `level` matter only if `when` needs them."""

    when: When = When.EVERY
    #: Of the images.
    share: float = 0.25
    #: The highest level of five whose reason is asked; on another scale, what is as low on it.
    level: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ProtocolError(f"explanation asked: share is {self.share}; give more than 0, to 1")
        if not LEVELS[0] <= self.level <= LEVELS[1]:
            raise ProtocolError(
                f"explanation asked: level is {self.level}; give {LEVELS[0]} to {LEVELS[1]}"
            )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What is left out has its default; ProtocolError names what does not fit."""
        return strict_from_json(cls, data, "explanation asked", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def up_to(self, seed: int, stimulus: int) -> float | None:
        """Of this image in the session with `seed`: the highest score, on 0…1, whose reason is
        asked; None if none is.

        The same whenever it is asked: reloading the page does not get rid of the form.
        """
        if self.when is When.LOW:
            return (self.level - 1) / 4
        if self.when is When.SHARE and chance(f"{seed}:explain:{stimulus}") >= self.share:
            return None
        return ALWAYS


def is_asked(up_to: float | None, scale: Scale, score: float) -> bool:
    """Whether the reason of `score` is asked, on a trial whose limit is `up_to`."""
    return up_to is not None and scale.to_unit(score) <= up_to + _EQUAL
