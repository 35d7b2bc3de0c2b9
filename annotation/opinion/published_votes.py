"""Published scores as votes, for studies that have imported scores and no ratings of their own."""

from dataclasses import dataclass

import numpy as np

from ..models import OpinionRelease, OpinionScore, Perspective
from ..studies.counting import main_stimuli
from .copying import FLOAT, INTEGER, copy_rows
from .correlation import Floats, Integers
from .imported import CHOSEN, scale_of
from .methods import Votes
from .votes import PerspectiveVotes, limits_of

_COLUMNS = (("stimulus", INTEGER), ("release", INTEGER), ("value", FLOAT))


@dataclass(frozen=True)
class PublishedVotes:
    """One vote for each published score of a perspective, each by a rater of its own: nothing is
    known of who gave it."""

    votes: PerspectiveVotes
    #: Whose scores they are, in the order of their import.
    sources: tuple[str, ...]


def published_votes(perspective: Perspective) -> PublishedVotes:
    """On the perspective's scale. What owners expect of practice and gold images is not among
    them: nobody published it."""
    study = perspective.study
    kind = OpinionRelease.Kind.IMPORTED
    releases = study.opinion_releases.filter(kind=kind).exclude(source=CHOSEN).order_by("number")
    rows = OpinionScore.objects.filter(
        release__in=releases, perspective=perspective, stimulus__in=main_stimuli(study)
    ).order_by("stimulus_id", "release_id")
    found = copy_rows(rows.values_list("stimulus_id", "release_id", "value"), _COLUMNS)
    stimuli, stimulus = np.unique(found["stimulus"], return_inverse=True)
    size = stimulus.size
    votes = Votes.of(
        _on_scale(perspective, list(releases), found["release"], found["value"]),
        stimulus,
        np.arange(size),
        scale=limits_of(perspective.settings.scale),
        stimuli=stimuli.size,
        subjects=size,
    )
    used = set(found["release"].tolist())
    sources = tuple(release.source for release in releases if release.pk in used)
    return PublishedVotes(PerspectiveVotes(perspective, stimuli, np.arange(size), votes), sources)


def _on_scale(
    perspective: Perspective, releases: list[OpinionRelease], release: Integers, value: Floats
) -> Floats:
    """Published values (R,) on the perspective's scale; what lies beyond it counts as its end."""
    unit = np.zeros(value.size)
    for one in releases:
        scale, own = scale_of(one), release == one.pk
        ends = scale.of(scale.minimum), scale.of(scale.maximum)
        unit[own] = ends[0] + (value[own] - scale.minimum) / scale.range * (ends[1] - ends[0])
    asked = perspective.settings.scale
    return asked.minimum + asked.width * np.clip(unit, 0, 1)
