"""Makes a study's current opinion scores, and writes them as rows of a release."""

import hashlib
import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from ..models import (
    OpinionRelease,
    OpinionScore,
    RatingSession,
    ReleasePerspective,
    ReleaseProtocol,
    ReleaseRecord,
    Score,
    Study,
    SubjectEstimate,
)
from ..studies.counting import (
    COUNTING_IN_WORDS,
    counting_trials,
    excluded_images,
    excluded_raters,
)
from .copying import copy_in
from .correlation import Integers
from .methods import METHODS, Estimates, Method
from .methods.base import parameters_json, parse_parameters
from .progress import Step, no_step
from .reliability.selectors import rater_weights
from .votes import CountingScores, PerspectiveVotes, read_counting_scores, votes_of

#: A row can be committed after others with a higher key; one more look, this much later, sees it.
SETTLED_AFTER = timedelta(seconds=60)

#: Scores that are made again may differ by so much, absolutely or by their size.
_ROUNDING = 1e-9
#: The keys of what a finding belongs to.
_OWNER = ("study_id", "release_id", "perspective_id")
_STIMULUS_COLUMNS = ("value", "standard_error", "low", "high", "sd", "mean", "n", "histogram")
_SUBJECT_COLUMNS = ("bias", "inconsistency", "verdict", "reason")


@dataclass(frozen=True)
class Basis:
    """What a live release was made from."""

    #: The highest key of a score at that time, of any study.
    newest: int
    #: Whether scores had settled: none of this study was younger than `SETTLED_AFTER`.
    settled: bool
    #: Digest of everything else that matters: exclusions of raters and images, rules, scales, the
    #: study's method.
    digest: str
    #: All scores up to this key were there: none is committed later.
    since: int
    #: The last fit of all answers, and whether some scores were made again since (`updating`).
    fit: "Fit"
    updated: bool = False

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{**stored, "fit": Fit(**stored["fit"])})


@dataclass(frozen=True)
class Fit:
    """A fit of all answers: when, ISO 8601, and of how many ratings."""

    at: str
    ratings: int
    #: `Basis.since` of that time, and the trials among these ratings that had a later score.
    since: int
    unsettled: list[int]


@dataclass(frozen=True)
class Opinions:
    """A release before it is a row."""

    #: Fields of `OpinionRelease`.
    facts: dict[str, Any]
    method: Method
    parameters: Any
    #: Keys of the protocols by which an answer that counts was given, by their numbers.
    protocols: dict[int, int]
    basis: Basis
    #: Rater's key → weight of their ratings; whoever is not named weighs 1.
    weights: Mapping[int, float]
    #: Keys of the single scores that count; (R,).
    scores: Integers
    parts: list[tuple[PerspectiveVotes, Estimates]]

    @property
    def limits(self) -> dict[str, tuple[float, float]]:
        """Perspective's key → the ends of the scale that its scores are on."""
        return {
            part.perspective.key: part.limits(self.method, self.parameters)
            for part, _found in self.parts
        }

    def rows(self, stimuli: Iterable[int]) -> dict[tuple[int, str], OpinionScore]:
        """(Stimulus, perspective's key) → the row that a release would have for it; unsaved."""
        wanted = np.fromiter(stimuli, np.int64)
        found = {}
        for part, estimates in self.parts:
            places = np.searchsorted(part.stimuli, wanted)
            places = places[places < part.stimuli.size]
            places = places[np.isin(part.stimuli[places], wanted)]
            for row in _stimulus_rows(part, estimates, places):
                fields = dict(zip(("stimulus_id", *_STIMULUS_COLUMNS), row, strict=True))
                found[row[0], part.perspective.key] = OpinionScore(**fields)
        return found

    def subjects(self) -> dict[tuple[int, str], SubjectEstimate]:
        """(Rater, perspective's key) → the row that a release would have for it; unsaved."""
        names = ("rater_id", *_SUBJECT_COLUMNS)
        return {
            (row[0], part.perspective.key): SubjectEstimate(**dict(zip(names, row, strict=True)))
            for part, estimates in self.parts
            for row in _subject_rows(part, estimates)
        }


def opinions_of(
    study: Study,
    method_name: str | None = None,
    given: Mapping[str, Any] | None = None,
    *,
    step: Step = no_step,
) -> Opinions:
    """The current opinion scores by a method, the study's if None is named, with these parameters;
    run it in one view of the data. `step`: called after reading and after each perspective.

    Raises UnknownEntryError if there is no such method, OpinionError for a wrong parameter.
    """
    # In this view: the caller's may have other settings.
    study = Study.objects.get(pk=study.pk)
    method = METHODS[method_name or study.opinion_method]
    parameters = parse_parameters(method, given or {})
    now, start = timezone.now(), time.monotonic()
    scores = read_counting_scores(study)
    basis = basis_of(study, now, scores)
    weights = rater_weights(study)
    step()
    parts = estimated(study, scores, weights, method, given or {}, step=step)
    facts = {
        "method": method.name,
        "method_version": method.version,
        "parameters": parameters_json(parameters),
        "counts_rule": COUNTING_IN_WORDS,
        "ratings": scores.ratings,
    }
    protocols = _protocols(study)
    content = content_sha256({**facts, "protocols": list(protocols)}, parts)
    return Opinions(
        {
            **facts,
            "content_sha256": content,
            "computed_at": now,
            "took": time.monotonic() - start,
        },
        method,
        parameters,
        protocols,
        basis,
        weights,
        scores.score,
        parts,
    )


def estimated(
    study: Study,
    scores: CountingScores,
    weights: Mapping[int, float],
    method: Method,
    given: Mapping[str, Any],
    *,
    step: Step = no_step,
) -> list[tuple[PerspectiveVotes, Estimates]]:
    """What a method makes of single scores, by perspective in the study's order; `weights` by
    rater's key. `step`: called after each perspective."""
    parameters = parse_parameters(method, given)
    found = []
    for item in votes_of(study, scores, weights):
        found.append((item, method.estimate(item.votes, parameters)))
        step()
    return found


def stored_differences(release: OpinionRelease, part: PerspectiveVotes, found: Estimates) -> int:
    """How many stored scores of a perspective are not those that were found, up to rounding."""
    rows = release.scores.filter(perspective=part.perspective)
    stored = {row[0]: row for row in rows.values_list("stimulus_id", *_STIMULUS_COLUMNS)}
    made = {row[0]: row for row in _stimulus_rows(part, found, np.arange(part.stimuli.size))}
    known = stored.keys() & made.keys()
    return len(stored.keys() ^ made.keys()) + sum(
        not _equal(stored[key], made[key]) for key in known
    )


def _equal(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Another processor or library may round the last digits otherwise."""
    pairs = zip(one, other, strict=True)
    return all(
        math.isclose(a, b, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
        if isinstance(a, float) and isinstance(b, float)
        else a == b
        for a, b in pairs
    )


def _protocols(study: Study) -> dict[int, int]:
    """Number → key, of those by which an answer that counts was given."""
    answered = Exists(counting_trials(study).filter(session=OuterRef("pk")))
    sessions = RatingSession.objects.filter(answered, rater__study=study)
    numbers = sessions.order_by("protocol__number").values_list("protocol__number", "protocol")
    return dict(numbers.distinct())


def basis_of(study: Study, now: datetime, fitted: CountingScores | Fit) -> Basis:
    """Of what is made of all scores at this moment, in this view of the data; `fitted`: all that
    count, if they are fitted now, or the last fit."""
    since = _settled_score(now)
    settled = not has_scores(study, pk__gt=since)
    if isinstance(fitted, CountingScores):
        unsettled = np.unique(fitted.trial[fitted.score > since]).tolist()
        fitted = Fit(now.isoformat(), fitted.ratings, since, unsettled)
    return Basis(newest_score(), settled, digest_of(study), since, fitted)


def _settled_score(now: datetime) -> int:
    """The highest key of a score, of any study, that has settled."""
    old = Score.objects.filter(created_at__lte=now - SETTLED_AFTER).order_by("-pk")
    return old.values_list("pk", flat=True).first() or 0


def newest_score() -> int:
    newest: int | None = Score.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def has_scores(study: Study, **since: Any) -> bool:
    return Score.objects.filter(trial__rater__study=study, **since).exists()


def digest_of(study: Study) -> str:
    """Of everything that matters apart from the scores."""
    settings = Study.objects.values_list("reliability_rules", "opinion_method")
    rules, name = settings.get(pk=study.pk)
    method = METHODS[name]
    decisive = {
        "excluded": excluded_raters(study),
        "excluded_images": excluded_images(study.pk),
        "rules": rules,
        "scales": [[row.pk, row.scale] for row in study.perspectives.all()],
        "method": [method.name, method.version],
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def content_sha256(
    facts: Mapping[str, Any], parts: Iterable[tuple[PerspectiveVotes, Estimates]]
) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for part, found in parts:
        digest.update(json.dumps([part.perspective.key, part.perspective.scale]).encode())
        digest.update(json.dumps([found.notes, dict(found.common)], sort_keys=True).encode())
        for array in (part.stimuli, part.raters, *found.arrays()):
            digest.update(str(array.dtype).encode() + array.tobytes())
    return digest.hexdigest()


def delete_rows(release: OpinionRelease) -> None:
    for model in (
        OpinionScore,
        SubjectEstimate,
        ReleasePerspective,
        ReleaseProtocol,
        ReleaseRecord,
    ):
        model.objects.filter(release=release).delete()


def write_rows(release: OpinionRelease, made: Opinions, *, step: Step = no_step) -> None:
    """`step`: called after each perspective."""
    ReleaseProtocol.objects.bulk_create(
        ReleaseProtocol(study_id=release.study_id, release_id=release.pk, protocol_id=protocol)
        for protocol in made.protocols.values()
    )
    for part, found in made.parts:
        owner = (release.study_id, release.pk, part.perspective.pk)
        low, high = part.limits(made.method, made.parameters)
        ReleasePerspective.objects.create(
            study_id=release.study_id,
            release_id=release.pk,
            perspective=part.perspective,
            minimum=low,
            maximum=high,
            notes=list(found.notes),
            common=dict(found.common),
        )
        write_scores(release, part, found)
        columns = (*_OWNER, "rater_id", *_SUBJECT_COLUMNS)
        copy_in(SubjectEstimate, columns, _subject_rows(part, found), owner=owner)
        step()


def write_scores(release: OpinionRelease, part: PerspectiveVotes, found: Estimates) -> None:
    """The rows of a perspective's scores."""
    owner = (release.study_id, release.pk, part.perspective.pk)
    rows = _stimulus_rows(part, found, np.arange(part.stimuli.size))
    # PostgreSQL reads JSON as text.
    texts = ((*row[:-1], row[-1] and json.dumps(row[-1])) for row in rows)
    copy_in(OpinionScore, (*_OWNER, "stimulus_id", *_STIMULUS_COLUMNS), texts, owner=owner)


def _stimulus_rows(
    part: PerspectiveVotes, found: Estimates, places: Integers
) -> Iterator[tuple[Any, ...]]:
    """Of the stimuli at these places in `part` that have a score: key, then `_STIMULUS_COLUMNS`."""
    known = places[np.isfinite(found.value[places])]
    columns = [_nullable(getattr(found, name)[known]) for name in _STIMULUS_COLUMNS[:-2]]
    counts = [None] * known.size if found.counts is None else found.counts[known].tolist()
    yield from zip(
        part.stimuli[known].tolist(), *columns, found.n[known].tolist(), counts, strict=True
    )


def _subject_rows(part: PerspectiveVotes, found: Estimates) -> Iterator[tuple[Any, ...]]:
    subjects = found.subjects
    columns = (_nullable(subjects.bias), _nullable(subjects.inconsistency))
    texts = (subjects.verdict.tolist(), subjects.reason.tolist())
    for rater, bias, inconsistency, verdict, reason in zip(
        part.raters.tolist(), *columns, *texts, strict=True
    ):
        if bias is not None or inconsistency is not None or verdict:
            yield rater, bias, inconsistency, verdict, reason


def _nullable(values: Any) -> list[float | None]:
    """None if the number is not known."""
    unknown = np.isnan(values)
    return [
        None if gone else value
        for value, gone in zip(values.tolist(), unknown.tolist(), strict=True)
    ]
