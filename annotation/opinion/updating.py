"""Brings a live release up to date after a few new answers, without a look at all the others.

A fit of all answers takes seconds in a large study, and a new answer changes little but its own
image's score. A method that can (`methods.base.Rescoring`) makes the scores of the images that were
rated since again, by what the last fit found of raters and of the scatter of votes. A worker fits
everything again when that has become old (docs/decisions/035).
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from ..models import OpinionRelease, OpinionScore, ReleaseProtocol, Score, Study, SubjectEstimate
from ..studies.counting import counting_scores, counting_trials
from .making import Basis, Fit, basis_of, digest_of, write_scores
from .methods import METHODS
from .methods.base import Rescoring, Subjects, parse_parameters, without_subjects
from .reliability.selectors import rater_weights
from .votes import PerspectiveVotes, read_scores, votes_of

#: A fit that takes less is made at once.
SLOW_SECONDS = 0.2
#: A fit is old after so long, or when the study has so many times as many ratings.
OLD_AFTER = timedelta(minutes=15)
OLD_GROWTH = 1.02
#: More images are not brought up to date one by one.
MOST_IMAGES = 2_000


def can_update(release: OpinionRelease) -> bool:
    """Whether new answers are all that has changed since the live release was made, and few."""
    basis, method = Basis.from_json(release.basis), METHODS.get(release.method)
    return (
        release.took >= SLOW_SECONDS
        and isinstance(method, Rescoring)
        and method.version == release.method_version
        and basis.digest == digest_of(release.study)
        and len(_changed(release.study, basis.since)) <= MOST_IMAGES
    )


def is_old(release: OpinionRelease) -> bool:
    """Whether everything is to be fitted again, though the release is up to date."""
    basis = Basis.from_json(release.basis)
    grown = release.ratings > basis.fit.ratings * OLD_GROWTH
    waited = timezone.now() - datetime.fromisoformat(basis.fit.at) > OLD_AFTER
    return basis.updated and (grown or waited)


def update(release: OpinionRelease) -> None:
    """Scores of the images that were rated since; run it as the only writer, in one view of the
    data, and only if it `can_update`."""
    study = release.study
    before, now = Basis.from_json(release.basis), timezone.now()
    changed = _changed(study, before.since)
    scores = read_scores(counting_scores(study).filter(trial__stimulus__in=changed))
    OpinionScore.objects.filter(release=release, stimulus__in=changed).delete()
    for part in votes_of(study, scores, rater_weights(study)):
        _rescore(release, part)
    _add_protocols(release, changed)
    release.basis = asdict(replace(basis_of(study, now, before.fit), updated=True))
    release.ratings = before.fit.ratings + _ratings_since(study, before.fit)
    release.computed_at = now
    # Of all scores together: made by the next fit.
    release.content_sha256 = ""
    release.save()


def _changed(study: Study, since: int) -> list[int]:
    """Keys of the images with a later score than `since`."""
    late = Score.objects.filter(pk__gt=since, trial__rater__study=study)
    return list(late.values_list("trial__stimulus", flat=True).distinct()[: MOST_IMAGES + 1])


def _ratings_since(study: Study, fit: Fit) -> int:
    """How many ratings count that the last fit did not see; counting all takes long."""
    late = Score.objects.filter(pk__gt=fit.since, trial__rater__study=study)
    trials = set(late.values_list("trial", flat=True)) - set(fit.unsettled)
    # A revised score is a later one of a trial that was there.
    earlier = Score.objects.filter(trial__in=trials, pk__lte=fit.since)
    new = trials - set(earlier.values_list("trial", flat=True))
    return counting_trials(study).filter(pk__in=new).count()


def _rescore(release: OpinionRelease, part: PerspectiveVotes) -> None:
    method = METHODS[release.method]
    assert isinstance(method, Rescoring)  # noqa: S101 -- said by can_update
    fitted = release.perspectives.filter(perspective=part.perspective).first()
    common: dict[str, Any] = fitted.common if fitted else {}
    parameters = parse_parameters(method, release.parameters)
    found = method.rescore(part.votes, parameters, _subjects(release, part), common)
    write_scores(release, part, found)


def _subjects(release: OpinionRelease, part: PerspectiveVotes) -> Subjects:
    """As the last fit found them; NaN for one that it did not know."""
    known = without_subjects(part.raters.size)
    rows = SubjectEstimate.objects.filter(
        release=release, perspective=part.perspective, rater__in=part.raters.tolist()
    )
    bias, inconsistency = known.bias.copy(), known.inconsistency.copy()
    verdict, reason = known.verdict.astype(object), known.reason.astype(object)
    for rater, *found in rows.values_list("rater_id", "bias", "inconsistency", "verdict", "reason"):
        place = int(np.searchsorted(part.raters, rater))
        bias[place], inconsistency[place] = (np.nan if each is None else each for each in found[:2])
        verdict[place], reason[place] = found[2:]
    return Subjects(bias, inconsistency, verdict.astype(np.str_), reason.astype(np.str_))


def _add_protocols(release: OpinionRelease, changed: Iterable[int]) -> None:
    trials = counting_trials(release.study).filter(stimulus__in=changed)
    known = set(release.protocols.values_list("pk", flat=True))
    asked = set(trials.values_list("session__protocol", flat=True).distinct())
    ReleaseProtocol.objects.bulk_create(
        ReleaseProtocol(study_id=release.study_id, release_id=release.pk, protocol_id=protocol)
        for protocol in asked - known
    )
