"""A rater's answer to one trial: scores and, if given, the reasons for them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import ProtocolError
from .forms import ExplanationForm
from .marks import Region, check_words, parse_regions, parse_words
from .perspectives import PerspectiveSettings


@dataclass(frozen=True)
class Reason:
    """The phrases (field key → level, 1 is the worst) and the free text of one perspective, with
    the regions of the image and the words of the prompt that it is about (`protocol.marks`)."""

    phrases: Mapping[str, int] = field(default_factory=dict)
    text: str = ""
    regions: list[Region] = field(default_factory=list)
    words: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.phrases or self.text or self.regions or self.words)


@dataclass(frozen=True)
class Answer:
    """By the keys of perspectives: scores on the study's scales; reasons if one was given."""

    scores: Mapping[str, float]
    reasons: Mapping[str, Reason]

    @property
    def marks_words(self) -> bool:
        """Whether the prompt is needed to check it."""
        return any(reason.words for reason in self.reasons.values())

    def check_words(self, prompt: str) -> None:
        """Raise ProtocolError if a word is marked that the prompt does not have."""
        for perspective, reason in self.reasons.items():
            check_words(reason.words, prompt, f"explanations: {perspective}: words")


def parse_answer(
    scores: object,
    explanations: object,
    perspectives: Sequence[PerspectiveSettings],
    form: ExplanationForm,
    *,
    whole: bool = True,
) -> Answer:
    """The answer in `scores` and `explanations` as they came over the wire.

    whole: False if it may have the scores of some of the perspectives only.

    Raises ProtocolError naming the place: a missing or unknown perspective, a score that is no
    number, outside its scale or off its steps, a field or level that the form does not have, marks
    that it does not ask for. Marked words are held against the prompt by `Answer.check_words`.
    """
    known = {item.key for item in perspectives}
    return Answer(
        _parse_scores(scores, perspectives, whole), _parse_reasons(explanations, known, form)
    )


def storable_text(value: object, place: str) -> str:
    """`value` as a text that PostgreSQL can hold: Unicode without NUL or halves of surrogates."""
    if not isinstance(value, str):
        raise ProtocolError(f"{place}: {value!r} is not text")
    if "\0" in value:
        raise ProtocolError(f"{place}: holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ProtocolError(f"{place}: is not valid Unicode at {error.start}") from error
    return value


def _parse_scores(
    data: object, perspectives: Sequence[PerspectiveSettings], whole: bool
) -> dict[str, float]:
    given = _mapping(data, "scores")
    unknown = given.keys() - {item.key for item in perspectives}
    if unknown:
        raise ProtocolError(f"scores: {min(unknown)!r} is not a perspective")
    scores: dict[str, float] = {}
    for item in perspectives if whole or not given else _among(perspectives, given):
        if item.key not in given:
            raise ProtocolError(f"scores: {item.key} is missing")
        try:
            scores[item.key] = item.scale.check(given[item.key])
        except ProtocolError as error:
            raise ProtocolError(f"scores: {item.key}: {error}") from error
    return scores


def _among(
    perspectives: Sequence[PerspectiveSettings], given: Mapping[str, Any]
) -> Iterator[PerspectiveSettings]:
    return (item for item in perspectives if item.key in given)


def _parse_reasons(
    data: object, known: Collection[str], form: ExplanationForm
) -> dict[str, Reason]:
    reasons: dict[str, Reason] = {}
    for name, value in _mapping(data, "explanations").items():
        if name not in known:
            raise ProtocolError(f"explanations: {name!r} is not a perspective")
        reason = _parse_reason(_mapping(value, f"explanations: {name}"), name, form)
        if reason:
            reasons[name] = reason
    return reasons


def _parse_reason(given: Mapping[str, Any], perspective: str, form: ExplanationForm) -> Reason:
    place = f"explanations: {perspective}"
    phrases = _mapping(given.get("phrases", {}), f"{place}: phrases")
    text = storable_text(given.get("text", ""), f"{place}: text").strip()
    regions = parse_regions(given.get("regions", []), f"{place}: regions")
    words = parse_words(given.get("words", []), f"{place}: words")
    try:
        form.check(perspective, phrases, text)
        form.check_marks(perspective, bool(regions), bool(words))
    except ProtocolError as error:
        raise ProtocolError(f"explanations: {error}") from error
    return Reason(dict(phrases), text, regions, words)


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ProtocolError(f"{place}: {value!r} is not an object")
    return value
