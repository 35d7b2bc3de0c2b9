"""When a delivery that failed is tried again: the schedule that Standard Webhooks suggests."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MINUTE, _HOUR = 60, 3600
#: Seconds after the first failure, the second …; three days together.
DELAYS = (
    5,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
#: Share of a delay that is added at random, so that what failed together does not come together.
JITTER = 0.2
#: The longest time that a receiver may ask for.
_LONGEST = 24 * _HOUR


def delay_after(failures: int, *, chance: float, asked: float = 0.0) -> float | None:
    """Seconds until the next attempt; None after the last one.

    failures: so far, from 1. chance: in 0…1. asked: the seconds that the receiver asked for.
    """
    if failures > len(DELAYS):
        return None
    return max(DELAYS[failures - 1] * (1 + JITTER * chance), min(asked, _LONGEST))


def seconds_asked(retry_after: str, now: datetime) -> float:
    """What a header `Retry-After` (RFC 9110, 10.2.3) asks for; 0 if it says nothing readable."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
