"""Why an image was skipped: a code, so that skips can be counted, and a few words."""

from dataclasses import dataclass
from enum import StrEnum

from .answers import storable_text
from .errors import ProtocolError

#: Characters; a longer story is a message to the study's owner.
NOTE_LIMIT = 500


class SkipReason(StrEnum):
    DOES_NOT_LOAD = "does_not_load"
    OFFENSIVE = "offensive"
    CANNOT_JUDGE = "cannot_judge"
    OTHER = "other"


@dataclass(frozen=True)
class Skip:
    """A reason, and what the rater said about it."""

    reason: SkipReason
    note: str = ""


def parse_skip(reason: object, note: object = "") -> Skip:
    """Raises ProtocolError if `reason` is not a code, or `note` is not text that can be kept.

    The reason `other` needs a note.
    """
    if not (isinstance(reason, str) and reason in set(SkipReason)):
        raise ProtocolError(f"reason: {reason!r} is not one of {', '.join(SkipReason)}")
    words = storable_text(note, "note").strip()
    if len(words) > NOTE_LIMIT:
        raise ProtocolError(f"note: {len(words)} characters; the limit is {NOTE_LIMIT}")
    if reason == SkipReason.OTHER and not words:
        raise ProtocolError("note: required if the reason is 'other': say why in a few words")
    return Skip(SkipReason(reason), words)
