"""Leaderboards of a study's generators, from the scores that count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from django.db.models import Count
from numpy.typing import NDArray

from ..models import Perspective, Stimulus, Study
from ..protocol.draw import Draw
from ..studies.counting import counting_trials, main_stimuli
from .categories import PROMPT, categories_of, category_keys
from .comparison.errors import ComparisonError
from .comparison.leaderboard import Leaderboard, LeaderboardRow, group_means, leaderboard
from .comparison.means import Images
from .correlation import Floats, Integers
from .forecast import Forecasts, all_forecasts_of
from .methods import Votes
from .published_votes import published_votes
from .reliability.selectors import rater_weights
from .votes import CountingScores, PerspectiveVotes, read_counting_scores, votes_of

#: Draws that no model chose the image of.
SAMPLES = (Draw.HOLDOUT, Draw.AUDIT)


class Lacking(StrEnum):
    """What prediction-powered means lack."""

    NOTHING = ""
    MODEL = "model"
    PREDICTIONS = "predictions"
    #: Such as a comparison can be made of, of hold-out images.
    RATINGS = "ratings"


@dataclass(frozen=True)
class PerspectiveLeaderboard:
    """One perspective's leaderboard."""

    perspective: Perspective
    #: Of the generators, by the number that the leaderboard has for each.
    names: tuple[str, ...]
    #: None if the scores do not allow one; `problem` says why, else it is empty.
    board: Leaderboard | None
    problem: str
    #: Ratings from draws that are a sample; their different prompts and raters.
    sampled: int
    prompts: int
    raters: int
    #: Whose published scores these are instead, because no rating counts; without raters.
    published: tuple[str, ...]
    #: Prediction-powered means, from the ratings of hold-out images, which no model learnt from;
    #: None if something is lacking.
    powered: Leaderboard | None
    lacking: Lacking


@dataclass(frozen=True)
class StudyLeaderboards:
    """The leaderboards of all perspectives, in the study's order, and what they rest on."""

    boards: tuple[PerspectiveLeaderboard, ...]
    #: Whether a model has set priorities; if not, every draw is a sample.
    chosen: bool
    #: Ratings that count, by `Draw`.
    draws: Mapping[str, int]
    #: By what images can be told apart (`categories`).
    categories: tuple[str, ...]


@dataclass(frozen=True)
class CategoryMean:
    """The mean of one generator's images of one category, "" for those without one."""

    category: str
    generator: str
    row: LeaderboardRow


def study_leaderboards(study: Study) -> StudyLeaderboards:
    """Run it in one view of the data."""
    draws = counting_trials(study).values_list("draw").annotate(n=Count("pk"))
    return StudyLeaderboards(
        tuple(generator_leaderboards(study)),
        models_chose(study),
        dict(draws.order_by("draw")),
        category_keys(study),
    )


def models_chose(study: Study) -> bool:
    """Whether a model has set priorities: until then, images are drawn at random."""
    return study.stimuli.exclude(priority=0).exists()


def generator_leaderboards(study: Study) -> Iterator[PerspectiveLeaderboard]:
    """Of each perspective, in the study's order; run it in one view of the data.

    Until a model has set priorities, every draw is a sample; then only hold-out and audit draws
    are. A perspective from which no rating counts is shown by its published scores, which no model
    chose the images of.
    """
    described, forecasts = _described(study), all_forecasts_of(study)
    for part in _parts(study):
        votes, sample = described.votes(part.votes), part.sample
        board, problem = _leaderboard(votes, described, sample)
        perspective = part.votes.perspective
        powered, lacking = _powered(votes, described, sample, forecasts.get(perspective.key))
        yield PerspectiveLeaderboard(
            perspective,
            described.names,
            part.board(board),
            problem,
            int(sample.sum()),
            np.unique(described.prompt[votes.stimulus[sample]]).size,
            0 if part.published else np.unique(votes.subject[sample]).size,
            part.published,
            part.board(powered),
            lacking,
        )


def category_means(study: Study, by: str) -> dict[str, tuple[CategoryMean, ...]]:
    """Perspective's key → the means of all generators by category, `by` one of `category_keys`;
    empty if the scores do not allow any. Run it in one view of the data.

    Within one prompt, its images are the sample that a generator's mean is of.
    """
    described, found = _described(study), categories_of(study, by)
    size = len(described.names)
    cells = found.category * size + described.generator
    prompt = np.arange(cells.size) if by == PROMPT else described.prompt

    def named(row: LeaderboardRow) -> CategoryMean:
        category, generator = divmod(row.generator, size)
        own = replace(row, prompts=1) if by == PROMPT else row
        return CategoryMean(found.names[category], described.names[generator], own)

    return {
        part.votes.perspective.key: tuple(
            named(part.row(row))
            for row in _means(described.votes(part.votes), prompt, cells, part.sample)
            if row.mean is not None
        )
        for part in _parts(study)
    }


@dataclass(frozen=True)
class _Described:
    """The images of a study, (S,), by ascending key, and the names of their generators."""

    stimulus: Integers
    prompt: Integers
    generator: Integers
    held_out: NDArray[np.bool_]
    names: tuple[str, ...]

    def votes(self, part: PerspectiveVotes) -> Votes:
        """The votes of a perspective on these images."""
        places = np.searchsorted(self.stimulus, part.stimuli)
        return replace(part.votes, stimulus=places[part.votes.stimulus], stimuli=self.stimulus.size)

    def images(self, predicted: Floats | None = None) -> Images:
        """Raises ComparisonError if there are none."""
        return Images.of(self.prompt, self.generator, predicted=predicted)


def _described(study: Study) -> _Described:
    rows = main_stimuli(study).order_by("pk")
    columns = rows.values_list("pk", "prompt__group_sha256", "generator__name", "split")
    keys, prompts, generators, splits = zip(*columns, strict=True) if columns else ((),) * 4
    _, prompt = np.unique(np.array(prompts, dtype=np.str_), return_inverse=True)
    names, generator = np.unique(np.array(generators, dtype=np.str_), return_inverse=True)
    return _Described(
        np.array(keys, dtype=np.int64),
        prompt,
        generator,
        np.array(splits, dtype=np.str_) == Stimulus.Split.HOLDOUT,
        tuple(str(name) for name in names),
    )


@dataclass(frozen=True)
class _Part:
    """The votes of one perspective, and whether each is from a draw that is a sample, (R,)."""

    votes: PerspectiveVotes
    sample: NDArray[np.bool_]
    #: Whose published scores they are, if they are.
    published: tuple[str, ...] = ()

    def row(self, row: LeaderboardRow) -> LeaderboardRow:
        """Published scores have no raters and no ratings that are known."""
        return replace(row, raters=0, ratings=0) if self.published else row

    def board(self, board: Leaderboard | None) -> Leaderboard | None:
        return board and replace(board, rows=tuple(self.row(row) for row in board.rows))


def _parts(study: Study) -> Iterator[_Part]:
    scores = read_counting_scores(study)
    sample = _is_sample(study, scores)
    for votes in votes_of(study, scores, rater_weights(study)):
        # `votes_of` keeps the order of a perspective's scores.
        own = sample[scores.perspective == votes.perspective.pk]
        yield _Part(votes, own) if own.size else _published_part(votes.perspective)


def _published_part(perspective: Perspective) -> _Part:
    found = published_votes(perspective)
    return _Part(found.votes, np.ones(found.votes.votes.score.size, np.bool_), found.sources)


def _is_sample(study: Study, scores: CountingScores) -> NDArray[np.bool_]:
    """Of each score, (R,)."""
    if not models_chose(study):
        return np.ones(scores.trial.size, dtype=np.bool_)
    drawn = counting_trials(study).filter(draw__in=SAMPLES).values_list("pk", flat=True)
    return np.isin(scores.trial, np.fromiter(drawn, np.int64))


def _leaderboard(
    votes: Votes, described: _Described, sample: NDArray[np.bool_]
) -> tuple[Leaderboard | None, str]:
    """Or None, and why."""
    try:
        return leaderboard(votes, described.images(), sample), ""
    except ComparisonError as error:
        return None, error.message


def _powered(
    votes: Votes, described: _Described, sample: NDArray[np.bool_], forecasts: Forecasts | None
) -> tuple[Leaderboard | None, Lacking]:
    """Prediction-powered means, or None, and what they lack.

    Only ratings of hold-out images count: the model has learnt from those of audit draws, and its
    errors on them would be too small.
    """
    if forecasts is None:
        return None, Lacking.MODEL
    if not np.isin(described.stimulus, forecasts.stimulus).all():
        return None, Lacking.PREDICTIONS
    predicted = forecasts.mean[np.searchsorted(forecasts.stimulus, described.stimulus)]
    try:
        images = described.images(predicted)
        found = leaderboard(votes, images, sample & described.held_out[votes.stimulus])
    except ComparisonError:
        return None, Lacking.RATINGS
    return found, Lacking.NOTHING


def _means(
    votes: Votes, prompt: Integers, cells: Integers, sample: NDArray[np.bool_]
) -> tuple[LeaderboardRow, ...]:
    try:
        return group_means(votes, Images.of(prompt, cells), sample)
    except ComparisonError:
        return ()
