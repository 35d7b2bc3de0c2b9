"""The order in which a version would have people rate: made where it is scored, used when it is
promoted. It lies in the artifact storage, because the web server has neither model nor cache."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Avg, F
from safetensors import SafetensorError

from annotation.models import Stimulus
from annotation.stimuli.priorities import set_priorities

from ..models import AcquisitionRound, ModelVersion, Prediction
from ..predictors.store import version_model
from ..registry.artifacts import artifact_changed, publish_file, read_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Chosen to come first, where the study does not say how many ratings make a round.
DEFAULT_SHARE = 0.1
MINIMUM_CHOSEN = 32


@dataclass(frozen=True)
class StoredRanking:
    """Priorities by stimulus, and how they came about."""

    priorities: dict[int, float]
    strategy: str
    parameters: dict[str, Any]
    candidates: int
    selected: int


def publish_ranking(version: ModelVersion) -> None:
    """Ranks the pool by the predictions of `version` and stores the ranking."""
    import numpy as np
    from safetensors.numpy import save

    from .lcmd import STRATEGY, draw_candidates, rank

    seed = version.study.seed % 2**31 + version.number
    stimuli, epistemic_sd, eligible = _pool(version)
    candidates = draw_candidates(eligible, seed)
    features, readable = _posterior_features(version, stimuli[candidates].tolist())
    candidates = candidates[readable]
    count = _round_size(version, len(candidates))
    result = rank(features, candidates, epistemic_sd, count, seed)
    about = {
        "strategy": STRATEGY,
        "parameters": json.dumps({"count": count, "seed": seed}),
        "candidates": str(int(eligible.sum())),
        "selected": str(len(result.chosen)),
    }
    tensors = {"stimuli": stimuli, "priorities": np.asarray(result.priorities, np.float64)}
    publish_file(_name(version), save(tensors, about))


def read_ranking(version: ModelVersion) -> StoredRanking:
    """Raises ArtifactError where the version was not ranked, or the file was changed."""
    from safetensors.numpy import load

    data = read_file(_name(version))
    try:
        tensors = load(data)
        about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    except (SafetensorError, ValueError, KeyError) as error:
        raise artifact_changed(_name(version)) from error
    return StoredRanking(
        dict(zip(tensors["stimuli"].tolist(), tensors["priorities"].tolist(), strict=True)),
        about["strategy"],
        json.loads(about["parameters"]),
        int(about["candidates"]),
        int(about["selected"]),
    )


def apply_ranking(version: ModelVersion, ranking: StoredRanking) -> AcquisitionRound:
    """Writes the priorities, and the round that remembers it. To be called in a transaction."""
    set_priorities(study=version.study, priorities=ranking.priorities)
    return AcquisitionRound.objects.create(
        study=version.study,
        model_version=version,
        strategy=ranking.strategy,
        parameters=ranking.parameters,
        candidates=ranking.candidates,
        selected=ranking.selected,
    )


def _name(version: ModelVersion) -> str:
    return f"rankings/{version.study_id}/v{version.number}.safetensors"


def _pool(
    version: ModelVersion,
) -> "tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]":
    """Predicted stimuli of the pool: ids, epistemic sd (root mean square over perspectives), and
    whether people are still wanted to rate them. The hold-out is never acquired from."""
    import numpy as np

    rows = list(
        Prediction.objects.filter(
            model_version=version,
            stimulus__split=Stimulus.Split.POOL,
            stimulus__purpose=Stimulus.Purpose.MAIN,
        )
        .values_list("stimulus", "stimulus__claimed_ratings", "stimulus__wanted_ratings")
        .annotate(variance=Avg(F("epistemic_sd") * F("epistemic_sd")))
        .order_by("stimulus")
    )
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.sqrt(np.array([row[3] for row in rows], dtype=np.float64)),
        np.array([row[1] < row[2] for row in rows], dtype=np.bool_),
    )


def _round_size(version: ModelVersion, candidates: int) -> int:
    """As many images as are rated until the next model."""
    study = version.study
    if study.retrain_every:
        return -(-study.retrain_every // study.target_ratings)
    return max(MINIMUM_CHOSEN, round(DEFAULT_SHARE * candidates))


def _posterior_features(
    version: ModelVersion, stimuli: list[int]
) -> "tuple[NDArray[np.floating], NDArray[np.bool_]]":
    """Features of the stimuli whose image can be read, and which of them those are."""
    import numpy as np

    model = version_model(version)
    found = Stimulus.objects.select_related("prompt").in_bulk(stimuli)
    embedded = model.embedder.embed([found[pk] for pk in stimuli])
    readable = np.array([pk in embedded.vectors for pk in stimuli], dtype=np.bool_)
    if not readable.any():
        return np.empty((0, 1)), readable
    known = [pk for pk in stimuli if pk in embedded.vectors]
    return model.last_layer.posterior_features(embedded.matrix(known)), readable
