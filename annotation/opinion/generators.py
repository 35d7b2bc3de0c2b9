"""Leaderboards of a study's generators, from the scores that count."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..models import Perspective, Study
from ..protocol.draw import Draw
from ..studies.counting import counting_trials, main_stimuli
from .comparison.errors import ComparisonError
from .comparison.leaderboard import Leaderboard, leaderboard
from .comparison.means import Images
from .correlation import Integers
from .reliability.selectors import rater_weights
from .votes import CountingScores, PerspectiveVotes, read_counting_scores, votes_of

#: Draws that no model chose the image of.
SAMPLES = (Draw.HOLDOUT, Draw.AUDIT)


@dataclass(frozen=True)
class PerspectiveLeaderboard:
    """One perspective's leaderboard."""

    perspective: Perspective
    #: Of the generators, by the number that the leaderboard has for each.
    names: tuple[str, ...]
    #: None if the scores do not allow one; `problem` says why, else it is empty.
    board: Leaderboard | None
    problem: str


def generator_leaderboards(study: Study) -> Iterator[PerspectiveLeaderboard]:
    """Of each perspective, in the study's order; run it in one view of the data.

    Until a model has set priorities, images are drawn at random, and every draw is a sample; then
    only hold-out and audit draws are.
    """
    scores = read_counting_scores(study)
    described = _described(study)
    sample = _is_sample(study, scores)
    for part in votes_of(study, scores, rater_weights(study)):
        # `votes_of` keeps the order of a perspective's scores.
        rows = scores.perspective == part.perspective.pk
        yield _leaderboard(part, described, sample[rows])


@dataclass(frozen=True)
class _Described:
    """The images of a study, (S,), by ascending key, and the names of their generators."""

    stimulus: Integers
    prompt: Integers
    generator: Integers
    names: tuple[str, ...]


def _described(study: Study) -> _Described:
    rows = main_stimuli(study).order_by("pk")
    columns = rows.values_list("pk", "prompt__group_sha256", "generator__name")
    keys, prompts, generators = zip(*columns, strict=True) if columns else ((), (), ())
    _, prompt = np.unique(np.array(prompts, dtype=np.str_), return_inverse=True)
    names, generator = np.unique(np.array(generators, dtype=np.str_), return_inverse=True)
    return _Described(
        np.array(keys, dtype=np.int64), prompt, generator, tuple(str(name) for name in names)
    )


def _is_sample(study: Study, scores: CountingScores) -> NDArray[np.bool_]:
    """Of each score, (R,)."""
    if not study.stimuli.exclude(priority=0).exists():
        return np.ones(scores.trial.size, dtype=np.bool_)
    drawn = counting_trials(study).filter(draw__in=SAMPLES).values_list("pk", flat=True)
    return np.isin(scores.trial, np.fromiter(drawn, np.int64))


def _leaderboard(
    part: PerspectiveVotes, described: _Described, sample: NDArray[np.bool_]
) -> PerspectiveLeaderboard:
    places = np.searchsorted(described.stimulus, part.stimuli)
    try:
        images = Images.of(described.prompt[places], described.generator[places])
        board = leaderboard(part.votes, images, sample)
    except ComparisonError as error:
        return PerspectiveLeaderboard(part.perspective, described.names, None, error.message)
    return PerspectiveLeaderboard(part.perspective, described.names, board, "")
