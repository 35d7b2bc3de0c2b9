"""Certificates of a version: one for each perspective, by the hold-out's ratings of now."""

from collections.abc import Mapping

import numpy as np

from annotation.opinion.recomputing import Recomputed, ask_worker, recomputed, renew
from annotation.opinion.votes import PerspectiveVotes
from workbench.core.statements import one_view

from ..judging.certificate import Certificate, certify
from ..models import ModelVersion, Prediction
from .agreement import measured_stamp
from .ceiling import holdout_votes, prompts_of
from .holdout import holdout_labels

#: Perspective's key → its certificate, on the scale of its question.
Certificates = Mapping[str, Certificate]

#: The task that computes them.
RENEW = "modelops.tasks.renew_certificates"
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 30
#: Up to so many labelled hold-out images a first reader waits.
_SMALL = 1000


def certificates_of(version: ModelVersion) -> Recomputed[Certificates]:
    """As ratings and predictions are now, or were a moment ago."""
    return recomputed(
        _key(version),
        measured_stamp(version),
        lambda: _certificates(version),
        small=lambda: len(holdout_labels(version.study).stimuli) <= _SMALL,
        ask=lambda: ask_worker(RENEW, version.pk, seconds=_ASK_SECONDS),
    )


def certificates_now(version: ModelVersion) -> Certificates:
    """As ratings and predictions are now: for a decision, which waits for them."""
    found = certificates_of(version)
    if found.current and found.result is not None:
        return found.result
    return _certificates(version)


def renew_certificates(version: ModelVersion) -> None:
    """For a worker."""
    renew(_key(version), measured_stamp(version), lambda: _certificates(version))


def _key(version: ModelVersion) -> str:
    return f"certificates:1:{version.pk}"


def _certificates(version: ModelVersion) -> Certificates:
    with one_view():
        parts = holdout_votes(version.study)
        return {part.perspective.key: _certificate(version, part) for part in parts}


def _certificate(version: ModelVersion, part: PerspectiveVotes) -> Certificate:
    rows = Prediction.objects.filter(
        model_version=version, perspective=part.perspective, stimulus__in=part.stimuli.tolist()
    )
    means = dict(rows.values_list("stimulus", "mean"))
    unit = np.array([means.get(int(key), np.nan) for key in part.stimuli], dtype=np.float64)
    scale = part.perspective.settings.scale
    # What stands for a rating stays on the scale, as pages show it.
    expected = scale.minimum + scale.width * np.clip(unit, 0, 1)
    return certify(part.votes, expected, prompts_of(part))
