"""Why an image was skipped: a code, so that skips can be counted."""

from enum import StrEnum

from .errors import ProtocolError


class SkipReason(StrEnum):
    DOES_NOT_LOAD = "does_not_load"
    OFFENSIVE = "offensive"
    CANNOT_JUDGE = "cannot_judge"
    OTHER = "other"


def parse_skip_reason(value: object) -> SkipReason:
    """Raises ProtocolError, naming the codes, where `value` is none of them."""
    if isinstance(value, str) and value in set(SkipReason):
        return SkipReason(value)
    raise ProtocolError(f"reason: {value!r} is not one of {', '.join(SkipReason)}")
