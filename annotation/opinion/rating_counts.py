"""How often each score was given, and how many ratings came each day: both read every rating, so a
large study's are counted by a worker once something has changed."""

from dataclasses import dataclass

from ..models import Study
from ..studies.counts import Day, ratings_by_day
from ..studies.selectors import score_counts
from .making import newest_score
from .recomputing import Recomputed, ask_worker, recomputed, renew
from .releases import is_stale, stamp_of, stored_live

#: The task that counts.
RENEW = "annotation.opinion.tasks.renew_rating_counts"
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 10
#: What takes less is counted while its reader waits.
_QUICK_SECONDS = 0.1


@dataclass(frozen=True)
class RatingCounts:
    """Of ratings that count: by perspective's key, each score and how often it was given; and by
    day."""

    scores: dict[str, list[tuple[float, int]]]
    days: list[Day]


def rating_counts(study: Study) -> Recomputed[RatingCounts]:
    """As they are now, or were a moment ago in a large study; the first reader waits."""
    return recomputed(
        _key(study),
        _stamp(study),
        lambda: _counted(study),
        small=lambda: True,
        ask=lambda: ask_worker(RENEW, study.pk, seconds=_ASK_SECONDS),
        quick=_QUICK_SECONDS,
    )


def renew_rating_counts(study: Study) -> None:
    """For a worker."""
    renew(_key(study), _stamp(study), lambda: _counted(study))


def _counted(study: Study) -> RatingCounts:
    return RatingCounts(score_counts(study), ratings_by_day(study))


def _key(study: Study) -> str:
    return f"rating-counts:1:{study.pk}"


def _stamp(study: Study) -> str:
    """Another one whenever the counts may be others: they are of the ratings that a live release
    rests on, which knows whether it would differ now."""
    release = stored_live(study)
    if release is None:
        return f"no release {newest_score()}"
    return f"{stamp_of(release)} {newest_score() if is_stale(release) else ''}"
