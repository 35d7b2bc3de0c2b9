"""The order in which a version would have people rate: made when it is scored, used when it is
promoted. It is kept in the artifact storage, because the web server has neither model nor cache."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import F
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from annotation.models import Stimulus
from annotation.stimuli.priorities import set_priorities

from ..models import AcquisitionRound, ModelVersion, Prediction
from ..predictors.store import version_model
from ..registry.artifacts import artifact_changed, publish_file, read_file
from ..registry.selectors import root_mean_square
from .base import MAXIMUM_CANDIDATES, Pool, draw_candidates, rank
from .registry import STRATEGIES

#: Chosen to come first, if the study does not say how many ratings make a round.
DEFAULT_SHARE = 0.1
MINIMUM_CHOSEN = 32


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
    strategy = STRATEGIES[version.predictor.strategy]
    seed = version.study.seed % 2**31 + version.number
    pool, eligible = _pool(version, seed, reads_features=strategy.reads_features)
    count = _round_size(version, len(pool.candidates))
    found = rank(strategy, pool, count, seed)
    ranking = StoredRanking(
        dict(zip(pool.stimuli.tolist(), found.priorities.tolist(), strict=True)),
        strategy.name,
        strategy.version,
        {"count": count, "seed": seed},
        eligible,
        len(found.chosen),
    )
    publish_file(_name(version), _to_bytes(ranking))
    return ranking


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


def _pool(version: ModelVersion, seed: int, *, reads_features: bool) -> tuple[Pool, int]:
    """The predicted stimuli of the pool, and how many of them people are still wanted to rate: only
    those are candidates. The hold-out is never acquired from."""
    rows = list(
        Prediction.objects.filter(
            model_version=version,
            stimulus__split=Stimulus.Split.POOL,
            stimulus__purpose=Stimulus.Purpose.MAIN,
            stimulus__state=Stimulus.State.IN_USE,
        )
        .values_list("stimulus")
        .annotate(
            wanted=F("stimulus__wanted_ratings") - F("stimulus__claimed_ratings"),
            sd=root_mean_square("posterior_sd"),
        )
        .order_by("stimulus")
    )
    stimuli = np.array([row[0] for row in rows], dtype=np.int64)
    eligible = np.array([row[1] > 0 for row in rows], dtype=np.bool_)
    most = MAXIMUM_CANDIDATES if reads_features else None
    candidates = draw_candidates(eligible, seed, most)
    features: NDArray[np.floating] = np.empty((len(candidates), 0))
    if reads_features:
        features, readable = _posterior_features(version, stimuli[candidates].tolist())
        candidates = candidates[readable]
    sd = np.array([row[2] for row in rows], dtype=np.float64)
    return Pool(stimuli, sd, candidates, features), int(eligible.sum())


def _round_size(version: ModelVersion, candidates: int) -> int:
    """As many images as are rated until the next model."""
    study = version.study
    if study.retrain_every:
        return -(-study.retrain_every // study.target_ratings)
    return max(MINIMUM_CHOSEN, round(DEFAULT_SHARE * candidates))


def _posterior_features(
    version: ModelVersion, stimuli: list[int]
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Features of the stimuli whose image can be read, and which of them those are."""
    model = version_model(version)
    found = Stimulus.objects.select_related("prompt").in_bulk(stimuli)
    embedded = model.embedder.embed([found[pk] for pk in stimuli])
    readable = np.array([pk in embedded.vectors for pk in stimuli], dtype=np.bool_)
    if not readable.any():
        return np.empty((0, 1)), readable
    known = [pk for pk in stimuli if pk in embedded.vectors]
    return model.last_layer.posterior_features(embedded.matrix(known)), readable
