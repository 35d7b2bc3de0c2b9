"""What a perfect predictor would reach against the hold-out's labels, which are noisy."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from annotation.models import Stimulus, Study
from annotation.opinion.comparison.bootstrap import Measure
from annotation.opinion.comparison.ceiling import NoiseCeiling, noise_ceiling
from annotation.opinion.comparison.errors import ComparisonError
from annotation.opinion.correlation import Integers
from annotation.opinion.recomputing import ask_worker, recomputed, renew
from annotation.opinion.releases import awaited_release, live_release_if_made, stamp_of
from annotation.opinion.reliability.selectors import rater_weights
from annotation.opinion.votes import PerspectiveVotes, read_scores, votes_of
from annotation.studies.counting import counting_scores
from workbench.core.statements import one_view

#: Perspective's key → the agreement that no predictor can be expected to exceed; None if too few
#: images have ratings of two people.
Ceilings = Mapping[str, NoiseCeiling | None]

#: The task that computes them.
RENEW = "modelops.tasks.renew_ceilings"
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 30
#: Up to so many ratings of a study are looked at while a first reader waits.
_SMALL = 20_000


def noise_ceilings(study: Study) -> Ceilings:
    """As the ratings are now, or were a moment ago; empty while a worker computes the first."""
    release = live_release_if_made(study)
    if release is None:
        return {}
    found = recomputed(
        _key(study),
        stamp_of(release),
        lambda: _ceilings(study),
        small=lambda: release.ratings <= _SMALL,
        ask=lambda: ask_worker(RENEW, study.pk, seconds=_ASK_SECONDS),
    )
    return found.result or {}


def srcc_ceiling(ceilings: Ceilings, perspective: str) -> Measure | None:
    """None if the ratings do not tell."""
    found = ceilings.get(perspective)
    return found.srcc if found else None


def mean_srcc_ceiling(ceilings: Ceilings, perspectives: Iterable[str]) -> float | None:
    """Of the mean SRCC over these perspectives: the mean of their ceilings; None if one of them is
    not known, or there is none."""
    found = [srcc_ceiling(ceilings, key) for key in perspectives]
    known = [it.value for it in found if it is not None]
    return sum(known) / len(known) if known and len(known) == len(found) else None


def renew_ceilings(study: Study) -> None:
    """For a worker."""
    renew(_key(study), stamp_of(awaited_release(study)), lambda: _ceilings(study))


def _key(study: Study) -> str:
    return f"ceilings:2:{study.pk}"


def _ceilings(study: Study) -> Ceilings:
    with one_view():
        return {part.perspective.key: _ceiling(part) for part in holdout_votes(study)}


def holdout_votes(study: Study) -> Iterator[PerspectiveVotes]:
    """The ratings of hold-out images that count, by perspective."""
    held_out = counting_scores(study).filter(trial__stimulus__split=Stimulus.Split.HOLDOUT)
    return votes_of(study, read_scores(held_out), rater_weights(study))


def prompts_of(part: PerspectiveVotes) -> Integers:
    """Which prompt each of its images has, (S,); the same for all spellings of one."""
    prompts = Stimulus.objects.filter(pk__in=part.stimuli.tolist()).order_by("pk")
    groups = list(prompts.values_list("prompt__group_sha256", flat=True))
    return np.unique(np.array(groups, dtype=np.str_), return_inverse=True)[1]


def _ceiling(part: PerspectiveVotes) -> NoiseCeiling | None:
    try:
        return noise_ceiling(part.votes, prompt=prompts_of(part))
    except ComparisonError:
        return None
