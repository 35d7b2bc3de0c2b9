"""What the rating page shows at each stage, as plain values for its templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ...protocol.document import ImageSize, ProtocolDocument
from ...protocol.forms import FormField, FormText
from ...protocol.perspectives import PerspectiveSettings
from ...protocol.recruitment import Outcome
from ...protocol.skips import SkipReason
from ...raters.access import Access
from ...raters.completion import WITH_CODE, completion_code
from ...raters.leaving import OUTCOMES, Leaving, leaving_of
from ...studies.texts import StudyTexts
from ..anchors import anchors_of
from ..facts import SessionWork, answered_trials, last_ended_session, session_work
from .checks import checks_context
from .script_texts import script_texts


class Stage(StrEnum):
    """Where a rater is; each is a section of the page."""

    CONSENT = "consent"
    INSTRUCTIONS = "instructions"
    RATING = "rating"
    PAUSED = "paused"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    SCREENED_OUT = "screened_out"
    EXPIRED = "expired"


#: A session is open and not paused.
_DURING = {Stage.INSTRUCTIONS, Stage.RATING}
#: For the score ten, which is not a digit (keyboard.js).
_TEN_KEY = "+"


@dataclass(frozen=True)
class Level:
    """One category of a scale: its value, the key that chooses it, and its name."""

    value: str
    key: str
    label: str


@dataclass(frozen=True)
class Question:
    """One perspective with all that is asked about it."""

    name: str
    label: str
    question: str
    help: str
    kind: str
    minimum: str
    maximum: str
    step: str
    middle: str
    #: Empty for a slider.
    levels: tuple[Level, ...]
    #: Words along the scale, if its levels have no names.
    anchors: tuple[str, ...]
    fields: tuple[FormField, ...]
    texts: tuple[FormText, ...]

    @property
    def keyed(self) -> bool:
        """Whether digits stand for the words along a slider (scale.js): 1 for the first."""
        return self.kind.startswith("slider") and len(self.anchors) > 2

    @property
    def keys(self) -> tuple[str, str]:
        """The keys of the lowest and of the highest score that a key gives; on a scale to 100,
        digits stand for tens."""
        if self.keyed:
            return "1", str(len(self.anchors))
        ten = 100 if self.kind == "slider100" else 10
        last = int(float(self.maximum))
        return f"{int(float(self.minimum))}", _TEN_KEY if last >= ten else str(min(last, 9))

    @property
    def regions(self) -> bool:
        return any(text.regions for text in self.texts)

    @property
    def words(self) -> bool:
        return any(text.words for text in self.texts)


@dataclass(frozen=True)
class Example:
    """What a perspective's scale means: URLs of images, each with its published score and its
    prompt."""

    label: str
    images: tuple[tuple[str, str, str], ...]


def stage_of(access: Access) -> Stage:
    if access.session is not None:
        return Stage(access.session.state)
    ended = last_ended_session(access)
    return Stage(ended.state) if ended else Stage.CONSENT


def page_context(
    access: Access, protocol: ProtocolDocument, stage: Stage, token: str
) -> dict[str, Any]:
    texts, said = StudyTexts(protocol.texts.translations), protocol.texts
    viewing = protocol.viewing
    return {
        "stage": stage,
        "during": stage in _DURING,
        "title": texts.word(said.title),
        "consent": texts.word(said.consent),
        "instructions": texts.word(said.instructions),
        "questions": (questions := questions_of(protocol, texts)),
        "digits": _digits(questions),
        "sliders": any(not question.levels for question in questions),
        "levels": any(question.levels for question in questions),
        "skip_reasons": _skip_reasons(),
        "examples": _examples(access, protocol, texts) if stage is Stage.INSTRUCTIONS else [],
        "completion_code": _completion_code(access) if stage in WITH_CODE else "",
        "leaving": _leaving(access, stage),
        "unfit_leaving": _unfit_leaving(access) if stage is Stage.CONSENT else None,
        "answered": answered_trials(access),
        "work": _work(access) if stage in WITH_CODE else None,
        "enlarging": (enlarging := _enlarging(protocol)),
        "reasons": any(question.fields or question.texts for question in questions),
        "session_trials": access.study.session_trials,
        "session_minutes": protocol.plan.session_minutes,
        **(checks_context(viewing) if stage not in _DURING and viewing.any else {}),
        "settings": {
            "token": token,
            # A preview belongs to nobody: its browser keeps nothing.
            "rater": access.code if access.rater_id else "",
            "session": access.session.id if access.session else None,
            "language": get_language(),
            "leaseSeconds": access.study.lease_seconds,
            "unread": access.unread,
            "phones": viewing.phones,
            "blocksBack": protocol.plan.blocks_back,
            "imageSize": protocol.image_size,
            "wholePrompt": protocol.plan.whole_prompt,
            "enlarging": enlarging,
            "leastSeconds": protocol.rules.minimum_seconds,
            "messages": script_texts(),
        },
    }


def questions_of(protocol: ProtocolDocument, texts: StudyTexts) -> list[Question]:
    form = texts.form(protocol.form)
    return [
        _question(
            texts.perspective(item),
            tuple(field for field in form.fields if field.perspective == item.key),
            tuple(text for text in form.texts if text.perspective == item.key),
        )
        for item in protocol.perspectives
    ]


def _examples(access: Access, protocol: ProtocolDocument, texts: StudyTexts) -> list[Example]:
    """Per perspective, images from the worst to the best, with the words of the scale."""
    anchors = anchors_of(access.study.id, protocol.perspectives)
    examples = []
    for item in protocol.perspectives:
        shown = texts.perspective(item)
        images = [
            (
                default_storage.url(anchor.display),
                shown.scale.name_of(anchor.score),
                anchor.prompt,
            )
            for anchor in anchors.get(item.key, [])
        ]
        if images:
            examples.append(Example(shown.label, tuple(images)))
    return examples


def _digits(questions: Sequence[Question]) -> tuple[str, str]:
    """The keys of the lowest and of the highest score that a key gives to any question."""
    lowest = min((question.keys[0] for question in questions), key=int)
    highest = [question.keys[1] for question in questions]
    return lowest, _TEN_KEY if _TEN_KEY in highest else max(highest, key=int)


def _completion_code(access: Access) -> str:
    ended = last_ended_session(access)
    return completion_code(ended.id) if ended else ""


def _work(access: Access) -> SessionWork | None:
    ended = last_ended_session(access)
    return session_work(ended.id) if ended else None


def _enlarging(protocol: ProtocolDocument) -> bool:
    """Whether raters may enlarge an image; one that is shown pixel by pixel is scrolled."""
    return protocol.plan.enlarging and protocol.image_size == ImageSize.FIT


def _leaving(access: Access, stage: Stage) -> Leaving | None:
    """Where the rater's platform wants them after this stage."""
    ended = last_ended_session(access) if access.session is None else None
    if ended is None:
        return None
    return leaving_of(access.rater_id, OUTCOMES.get(stage), session_id=ended.id)


def _unfit_leaving(access: Access) -> Leaving | None:
    """Where it wants those whose screen does not fit."""
    return leaving_of(access.rater_id, Outcome.SCREENED_OUT)


def _question(
    item: PerspectiveSettings, fields: tuple[FormField, ...], texts: tuple[FormText, ...]
) -> Question:
    scale = item.scale
    return Question(
        name=item.key,
        label=item.label,
        question=item.question,
        help=item.help,
        kind=scale.kind,
        minimum=f"{scale.minimum:g}",
        maximum=f"{scale.maximum:g}",
        step=f"{scale.step:g}",
        middle=f"{(scale.minimum + scale.maximum) / 2:g}",
        levels=_levels(item),
        anchors=() if scale.named else scale.labels,
        fields=fields,
        texts=texts,
    )


def _levels(item: PerspectiveSettings) -> tuple[Level, ...]:
    """The categories of an ACR scale. A digit chooses a level; for ten there is +."""
    scale = item.scale
    if scale.kind.startswith("slider"):
        return ()
    number = round((scale.maximum - scale.minimum) / scale.step) + 1
    values = [f"{scale.minimum + place * scale.step:g}" for place in range(number)]
    labels = scale.labels if scale.named else ("",) * number
    return tuple(
        Level(value, value if len(value) == 1 else _TEN_KEY if value == "10" else "", label)
        for value, label in zip(values, labels, strict=True)
    )


def _skip_reasons() -> list[tuple[str, str]]:
    return [
        (SkipReason.DOES_NOT_LOAD, _("It does not load, or loads only in part")),
        (SkipReason.OFFENSIVE, _("It offends or distresses me")),
        (SkipReason.CANNOT_JUDGE, _("I cannot judge it")),
        (SkipReason.OTHER, _("Another reason")),
    ]
