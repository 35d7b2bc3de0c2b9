"""Leaderboards of generators as they are now: kept for all who look, and computed by a worker if
that takes long (`recomputing`)."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext as _

from workbench.core.errors import MintError
from workbench.core.statements import one_view

from ..models import OpinionRelease, Study
from ..studies.counting import main_stimuli
from .forecast import forecaster_of
from .generators import CategoryMean, StudyLeaderboards, category_means, study_leaderboards
from .imported import imported_stamp
from .recomputing import Recomputed, ask_worker, recomputed, renew
from .releases import awaited_release, live_release_if_made, stamp_of

#: A worker is asked at most once per so many seconds.
ASK_SECONDS = 30
#: The tasks that compute them.
RENEW = "annotation.opinion.tasks.renew_leaderboards"
RENEW_CATEGORIES = "annotation.opinion.tasks.renew_category_means"
#: Up to so many ratings and images are looked at while a first reader waits.
_SMALL = 20_000
#: Increased when the shape of what is kept changes.
_VERSION = 2

Result = TypeVar("Result")


class LeaderboardsBusyError(MintError):
    """The first leaderboards of a large study are not computed yet."""

    code = "leaderboards_busy"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The study's generators are being compared; please try again in a moment.")
        )


def current_leaderboards(study: Study) -> Recomputed[StudyLeaderboards]:
    """None if a worker is computing the first ones, or the scores that they rest on."""
    return _current(study, "", lambda: study_leaderboards(study), RENEW)


def current_category_means(
    study: Study, by: str
) -> Recomputed[dict[str, tuple[CategoryMean, ...]]]:
    """By one of the study's categories, as `category_means`; None as above."""
    return _current(study, by, lambda: category_means(study, by), RENEW_CATEGORIES, by)


def renew_leaderboards(study: Study) -> None:
    """For a worker."""
    stamp = _stamp(awaited_release(study))
    renew(_key(study, ""), stamp, lambda: _in_one_view(lambda: study_leaderboards(study)))


def renew_category_means(study: Study, by: str) -> None:
    """The same."""
    stamp = _stamp(awaited_release(study))
    renew(_key(study, by), stamp, lambda: _in_one_view(lambda: category_means(study, by)))


def _current(
    study: Study, by: str, make: Callable[[], Result], task: str, *arguments: str
) -> Recomputed[Result]:
    release = live_release_if_made(study)
    if release is None:
        return Recomputed(None, False)
    return recomputed(
        _key(study, by),
        _stamp(release),
        lambda: _in_one_view(make),
        small=lambda: release.ratings <= _SMALL and main_stimuli(study).count() <= _SMALL,
        ask=lambda: ask_worker(task, study.pk, *arguments, seconds=ASK_SECONDS),
    )


def _in_one_view(make: Callable[[], Result]) -> Result:
    with one_view():
        return make()


def _key(study: Study, by: str) -> str:
    # Redis takes any key, other caches no spaces.
    named = hashlib.sha256(by.encode()).hexdigest()[:16] if by else ""
    return f"leaderboards:{_VERSION}:{study.pk}:{named}"


def _stamp(release: OpinionRelease) -> str:
    study = release.study
    return f"{stamp_of(release)} {imported_stamp(study)} {forecaster_of(study)}"
