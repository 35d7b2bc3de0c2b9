"""Figures of agreement of one study, from votes; what they mean is for pages to say. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TypeVar

import numpy as np

from ..agreement import (
    AgreementError,
    Components,
    Form,
    Level,
    Measure,
    intraclass,
    krippendorff_alpha,
    retest_agreement,
    sos_parameter,
    split_half,
    two_way_components,
)
from ..agreement.base import taken
from ..agreement.drift import Drift, drift
from ..agreement.halo import halo
from ..agreement.halves import SPLITS
from ..agreement.resampling import DRAWS
from ..agreement.retest import Retest
from ..correlation import Floats, Integers
from ..methods import Votes

Found = TypeVar("Found")


@dataclass(frozen=True)
class Figure:
    """A figure by its name, or why there is none."""

    name: str
    measure: Measure | None
    #: In English, for scripts; pages say what a figure needs.
    missing: str = ""


@dataclass(frozen=True)
class Given:
    """One perspective's votes, main ones and repeats, and where they were given; (R,) each."""

    key: str
    votes: Votes
    session: Integers
    position: Integers
    seconds: Floats


@dataclass(frozen=True)
class PerspectiveAgreement:
    """How far raters agree on one perspective."""

    key: str
    figures: tuple[Figure, ...]
    #: What plans rest on; None if the ratings do not give them.
    components: Components | None
    #: Ratings, images and raters behind it.
    ratings: int
    images: int
    raters: int
    #: Images with 1, 2, … ratings.
    images_by_ratings: tuple[int, ...]
    #: Of repeats: limits of agreement; None without.
    retest: Retest | None


@dataclass(frozen=True)
class HaloFigure:
    """Two perspectives, by their keys: `raters` and `images` as in `agreement.halo`."""

    one: str
    two: str
    raters: Figure
    images: Figure


@dataclass(frozen=True)
class Agreement:
    """Of all perspectives and each pair of them."""

    perspectives: tuple[PerspectiveAgreement, ...]
    halos: tuple[HaloFigure, ...]


@dataclass(frozen=True)
class Resampling:
    """Draws behind an interval, and divisions of the raters behind split-half reliability."""

    draws: int = DRAWS
    splits: int = SPLITS


def agreement_of(given: Sequence[Given], resampling: Resampling) -> Agreement:
    """All figures; one that cannot be made says why."""
    return Agreement(
        tuple(_perspective(item, resampling) for item in given),
        tuple(_halo(one, two, resampling.draws) for one, two in combinations(given, 2)),
    )


def main_votes(votes: Votes) -> Votes:
    """Without repeats."""
    return taken(votes, votes.repetition == 0)


def _perspective(given: Given, resampling: Resampling) -> PerspectiveAgreement:
    draws = resampling.draws
    main = main_votes(given.votes)
    components = _tried(lambda: two_way_components(main))
    retest = _tried(lambda: retest_agreement(given.votes, draws=draws))
    drifted = _tried(lambda: drift(given.votes, given.session, given.position, given.seconds))
    figures = (
        _figure("alpha_interval", lambda: krippendorff_alpha(main, Level.INTERVAL, draws=draws)),
        _figure("alpha_ordinal", lambda: krippendorff_alpha(main, Level.ORDINAL, draws=draws)),
        *_intraclass(components),
        _figure("split_half", lambda: split_half(main, splits=resampling.splits)),
        _figure("sos", lambda: sos_parameter(main, draws=draws)),
        _part("retest", retest, lambda found: found.correlation),
        *_drifts(drifted),
    )
    return PerspectiveAgreement(
        given.key,
        figures,
        components if isinstance(components, Components) else None,
        ratings=int(main.score.size),
        images=_different(main.stimulus),
        raters=_different(main.subject),
        images_by_ratings=_images_by_ratings(main),
        retest=retest if isinstance(retest, Retest) else None,
    )


def _intraclass(components: Components | AgreementError) -> Iterator[Figure]:
    for name, form in (("icc_single", Form.AGREEMENT_SINGLE), ("icc_mean", Form.AGREEMENT_MEAN)):
        yield _part(name, components, partial(intraclass, form=form))


def _drifts(found: Drift | AgreementError) -> Iterator[Figure]:
    yield _part("drift", found, lambda drifted: drifted.score)
    yield _part("first", found, lambda drifted: drifted.first)
    yield _part("pace", found, lambda drifted: drifted.pace)


def _halo(one: Given, two: Given, draws: int) -> HaloFigure:
    found = _tried(lambda: halo(main_votes(one.votes), main_votes(two.votes), draws=draws))
    return HaloFigure(
        one.key,
        two.key,
        _part("halo", found, lambda both: both.raters),
        _part("halo_images", found, lambda both: both.images),
    )


def _figure(name: str, make: Callable[[], Measure]) -> Figure:
    return _part(name, _tried(make), lambda found: found)


def _part(
    name: str, found: Found | AgreementError, part: Callable[[Found], Measure | None]
) -> Figure:
    if isinstance(found, AgreementError):
        return Figure(name, None, str(found))
    measure = part(found)
    return Figure(name, measure, "" if measure else "it cannot be told from these ratings")


def _tried(make: Callable[[], Found]) -> Found | AgreementError:
    try:
        return make()
    except AgreementError as error:
        return error


def _different(places: Integers) -> int:
    return int(np.unique(places).size)


def _images_by_ratings(votes: Votes) -> tuple[int, ...]:
    return tuple(np.bincount(np.bincount(votes.stimulus))[1:].tolist())
