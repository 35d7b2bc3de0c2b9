"""The order in which a version would have people rate: made when it is scored, used when it is
promoted. It is kept in the artifact storage, because the web server has neither model nor cache."""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from annotation.models import Stimulus, Study
from annotation.stimuli.priorities import set_priorities

from ..learning.bayes import LastLayer
from ..models import AcquisitionRound, ModelVersion
from ..predictors.store import version_model
from ..registry.artifacts import artifact_changed, publish_file, read_file
from ..registry.current import RATINGS_BETWEEN, Refreshed, ratings_now
from ..registry.selectors import root_mean_square
from .base import Pool, Reads, Strategy
from .embeddings import Known
from .making import MAXIMUM_RATED, Looks, make_pool
from .ranks import draw_candidates, rank
from .registry import STRATEGIES

#: Images that look like nothing else, named with the round for the study's owner to look at.
ODD_LISTED = 100


@dataclass(frozen=True)
class StoredRanking:
    """Priorities by stimulus, and how they were made."""

    priorities: dict[int, float]
    strategy: str
    strategy_version: str
    parameters: dict[str, Any]
    candidates: int
    selected: int


def publish_ranking(version: ModelVersion) -> StoredRanking:
    """Ranks the pool by the predictions of `version`, with its predictor's strategy, and stores the
    ranking."""
    ranking = make_ranking(version, version_model(version).last_layer)
    publish_file(_name(version), _to_bytes(ranking))
    return ranking


def make_ranking(
    version: ModelVersion,
    layer: LastLayer,
    turn: int = 0,
    refreshed: Refreshed | None = None,
    known: Known | None = None,
) -> StoredRanking:
    """The pool ranked by what `layer` does not know, and its predictions if it is not the version's
    own; each `turn` draws other candidates. known: embeddings, if they are at hand."""
    strategy = STRATEGIES[version.predictor.strategy]
    seed = (version.study.seed + version.number + 1000 * turn) % 2**31
    count, ratings = round_size(version.study), ratings_now(version.study)
    pool, eligible = _pool(version, strategy, layer, count, seed, refreshed, known)
    found = rank(strategy, pool, count, seed)
    odd = pool.stimuli[found.odd[:ODD_LISTED]].tolist()
    return StoredRanking(
        dict(zip(pool.stimuli.tolist(), found.priorities.tolist(), strict=True)),
        strategy.name,
        strategy.version,
        {"count": count, "seed": seed, "odd": odd, "ratings": ratings},
        eligible,
        len(found.chosen),
    )


def read_ranking(version: ModelVersion) -> StoredRanking:
    """Raises ArtifactError if the version was not ranked, or the file was changed."""
    data = read_file(_name(version))
    try:
        tensors = load(data)
        about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        return StoredRanking(
            dict(zip(tensors["stimuli"].tolist(), tensors["priorities"].tolist(), strict=True)),
            about["strategy"],
            about["strategy_version"],
            json.loads(about["parameters"]),
            int(about["candidates"]),
            int(about["selected"]),
        )
    except (SafetensorError, ValueError, KeyError) as error:
        raise artifact_changed(_name(version)) from error


def apply_ranking(version: ModelVersion, ranking: StoredRanking) -> AcquisitionRound:
    """Writes the priorities and a round that records them. To be called in a transaction."""
    set_priorities(study=version.study, priorities=ranking.priorities)
    return record_round(version, ranking)


def record_round(version: ModelVersion, ranking: StoredRanking) -> AcquisitionRound:
    """A round that the priorities of `ranking` begin."""
    return AcquisitionRound.objects.create(
        study=version.study,
        model_version=version,
        strategy=ranking.strategy,
        strategy_version=ranking.strategy_version,
        parameters=ranking.parameters,
        candidates=ranking.candidates,
        selected=ranking.selected,
    )


def _name(version: ModelVersion) -> str:
    return f"rankings/{version.study_id}/v{version.number}.safetensors"


def _to_bytes(ranking: StoredRanking) -> bytes:
    about = {
        "strategy": ranking.strategy,
        "strategy_version": ranking.strategy_version,
        "parameters": json.dumps(ranking.parameters),
        "candidates": str(ranking.candidates),
        "selected": str(ranking.selected),
    }
    tensors = {
        "stimuli": np.array(list(ranking.priorities), np.int64),
        "priorities": np.array(list(ranking.priorities.values()), np.float64),
    }
    return save(tensors, about)


def _pool(
    version: ModelVersion,
    strategy: Strategy,
    layer: LastLayer,
    count: int,
    seed: int,
    refreshed: Refreshed | None,
    known: Known | None,
) -> tuple[Pool, int]:
    """The predicted stimuli of the pool, and how many of them people are still wanted to rate: only
    those are candidates. The hold-out is never acquired from."""
    stimuli, wanted, claimed, sd = _predicted_pool(version, refreshed)
    eligible = wanted > 0
    if strategy.reads is Reads.NOTHING:
        candidates, looks = np.flatnonzero(eligible), None
    else:
        drawn = draw_candidates(eligible, sd, count, seed)
        rated = np.flatnonzero(claimed > 0)
        if len(rated) > MAXIMUM_RATED:
            rng = np.random.default_rng(seed)
            rated = np.sort(rng.choice(rated, MAXIMUM_RATED, replace=False))
        candidates, looks = _looks(version, stimuli, drawn, rated, known)
    pool = make_pool(strategy, layer, stimuli, sd, candidates, looks, seed)
    return pool, int(eligible.sum())


def _predicted_pool(
    version: ModelVersion, refreshed: Refreshed | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Predicted stimuli that may be chosen, by key, the ratings that each still wants and has, and
    the posterior sd of its expected score, a root mean square over perspectives: all (M,)."""
    pool = Stimulus.objects.filter(
        study=version.study_id,
        split=Stimulus.Split.POOL,
        purpose=Stimulus.Purpose.MAIN,
        state=Stimulus.State.IN_USE,
    ).order_by("pk")
    columns = ["pk", "wanted_ratings", "claimed_ratings"]
    if refreshed is None:
        scored = pool.filter(predictions__model_version=version)
        columns.append("sd")
        pool = scored.annotate(sd=root_mean_square("predictions__posterior_sd"))
    rows = np.array(list(pool.values_list(*columns)), np.float64).reshape(-1, len(columns))
    stimuli, claimed = rows[:, 0].astype(np.int64), rows[:, 2].astype(np.int64)
    wanted = rows[:, 1].astype(np.int64) - claimed
    if refreshed is None:
        return stimuli, wanted, claimed, rows[:, 3]
    place = np.minimum(np.searchsorted(refreshed.stimuli, stimuli), len(refreshed.stimuli) - 1)
    inside = refreshed.stimuli[place] == stimuli
    sd = np.sqrt((refreshed.values[place, :, 1].astype(np.float64) ** 2).mean(axis=1))
    return stimuli[inside], wanted[inside], claimed[inside], sd[inside]


def round_size(study: Study) -> int:
    """About as many images as are rated until the ranking is made again, which is after a training
    or RATINGS_BETWEEN new ratings: one for each rating that teaches the model, one for all the
    ratings that an image wants otherwise."""
    ratings = min(study.retrain_every or RATINGS_BETWEEN, RATINGS_BETWEEN)
    teaching = study.shares.teaching
    return math.ceil(ratings * (teaching + (1 - teaching) / study.target_ratings))


def _looks(
    version: ModelVersion,
    stimuli: NDArray[np.int64],
    candidates: NDArray[np.intp],
    rated: NDArray[np.intp],
    known: Known | None,
) -> tuple[NDArray[np.intp], Looks]:
    """The candidates whose image can be read, and how they and what is rated look."""
    if known is not None:
        rows = known.rows(stimuli[candidates]), known.rows(stimuli[rated])
        if rows[0] is not None and rows[1] is not None:
            return candidates, Looks(known.values[rows[0]], known.values[rows[1]])
    keys = stimuli[np.union1d(candidates, rated)].tolist()
    found = Stimulus.objects.select_related("prompt").in_bulk(keys)
    embedded = version_model(version).embedder.embed([found[pk] for pk in keys])
    readable = np.isin(stimuli, list(embedded.vectors))
    candidates, rated = candidates[readable[candidates]], rated[readable[rated]]
    looks = (embedded.matrix(stimuli[rows].tolist()) for rows in (candidates, rated))
    return candidates, Looks(*looks)
