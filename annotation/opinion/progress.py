"""How far a study's first opinion scores are, for those who wait for them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from django.core.cache import cache

from ..models import Study

#: What a worker left behind that died is forgotten after so long.
_KEPT_SECONDS = 600

#: Called after each step of making scores.
Step = Callable[[], None]


@dataclass(frozen=True)
class Progress:
    """Steps that are done, of how many."""

    done: int
    total: int


def no_step() -> None:
    """For scores that nobody waits for."""


def told_steps(study: Study) -> Step:
    """Tells `progress_of` at each call: once for reading, twice for each perspective, whose scores
    are fitted and then written."""
    total, done = 1 + 2 * study.perspectives.count(), count(1)

    def step() -> None:
        cache.set(_key(study), Progress(next(done), total), _KEPT_SECONDS)

    return step


def progress_of(study: Study) -> Progress | None:
    """None before the first step."""
    found = cache.get(_key(study))
    return found if isinstance(found, Progress) else None


def _key(study: Study) -> str:
    return f"making-scores:{study.pk}"
