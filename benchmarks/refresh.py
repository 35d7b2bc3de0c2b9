"""Predictions and priorities of a large study after every 30 ratings: seconds of work.

`python -m workbench.local run --throw-away -- python -m benchmarks.refresh [--images N] [--width D]
[--turns T]`, or `make bench-refresh`. The work is the worker's whole job
(`acquisition.refreshing.refresh_ranking`), from reading labels to the last row written: seconds on
the clock, and of this process's processors. Embeddings are random ones in the cache; the last layer
is fitted to the first labels, and its predictions are stored as a scoring leaves them. The first
refresh of a version is told apart: it begins at those, in a worker that has just been started.
"""

import argparse
import sys
import time
from typing import Any

import django

django.setup()

import numpy as np
from django.core.management import call_command
from django.utils import timezone

from annotation.models import Score, Study
from annotation.opinion.copying import copy_in
from annotation.opinion.releases import renew_live
from benchmarks import inside
from benchmarks.machine import busy_cores
from benchmarks.results import table, write
from modelops.acquisition import refreshing
from modelops.acquisition.embeddings import embeddings_of
from modelops.learning.bayes import LastLayer, fit_last_layer
from modelops.learning.many import predict_many
from modelops.models import (
    Head,
    ModelVersion,
    Prediction,
    Predictor,
    ScoringChunk,
    ScoringRun,
    TrainingRun,
)
from modelops.predictors import embedding, store
from modelops.predictors.embedding import StimulusEmbedder
from modelops.predictors.store import version_model
from modelops.registry import current
from modelops.registry.labelled import labelled_stimuli
from modelops.registry.snapshots import read_snapshot, take_snapshot

SLUG, _SHA256 = "bench-refresh", "0" * 64
_BATCH = 1024  # as a GPU embeds them

#: Seconds of work.
AIM = 3.0

#: Columns of a prediction, and images of a chunk.
_PARTS = ("mean", "posterior_sd", "misfit_sd", "rater_sd")
_CHUNK = 256


class _Model:
    """What a refresh uses of `store.VersionModel`."""

    def __init__(self) -> None:
        self.embedder = StimulusEmbedder(_SHA256, _no_backbone)
        self.last_layer: LastLayer | None = None


def _no_backbone() -> Any:
    raise RuntimeError("an embedding is missing in the cache")


def make_study(images: int, width: int, labelled: int) -> ModelVersion:
    """A study of `images` with predictions, of which `labelled` have one rating."""
    inside.owner()
    inside.study(SLUG, images, 5)
    inside.crowd(SLUG, number=3, each=labelled // 3)
    study = Study.objects.get(slug=SLUG)
    _embed(study, width)
    renew_live(study)
    version = _version(study)
    _score(version)
    inside.analyze()
    # As in a new worker: nothing of the cache is open or in memory.
    embedding._opened.cache_clear()
    return version


def _embed(study: Study, width: int) -> None:
    rng = np.random.default_rng(1)
    cache = StimulusEmbedder(_SHA256, _no_backbone).cache
    stimuli = list(study.stimuli.select_related("prompt").order_by("pk"))
    for start in range(0, len(stimuli), _BATCH):
        part = stimuli[start : start + _BATCH]
        looks = rng.standard_normal((len(part), width), dtype=np.float32)
        keys = [(item.picture_sha256, item.prompt.text_sha256) for item in part]
        cache.put_many(dict(zip(keys, looks, strict=True)))


def _version(study: Study) -> ModelVersion:
    """A version in use whose last layer is fitted to the labels that there are."""
    predictor = Predictor.objects.create(
        study=study, name="bench", backbone="tiny", strategy="lcmd", leading=True
    )
    snapshot = take_snapshot(study)
    labels = labelled_stimuli(study, read_snapshot(snapshot), "pool")
    run = TrainingRun.objects.create(
        study=study, predictor=predictor, snapshot=snapshot, trigger="command", state="succeeded"
    )
    version = ModelVersion.objects.create(
        study=study, predictor=predictor, number=1, state="active", kind="tiny", artifact="bench",
        artifact_sha256=_SHA256, backbone_sha256=_SHA256, snapshot=snapshot, training_run=run,
        promoted_at=timezone.now(),
    )  # fmt: skip
    for place, row in enumerate(study.perspectives.order_by("position")):
        Head.objects.create(study=study, model_version=version, perspective=row, place=place, n=0)
    model = _Model()
    matrix = model.embedder.embed(labels.stimuli).matrix(labels.keys)
    model.last_layer = fit_last_layer(matrix, labels.labels)
    store._kept["bench", _SHA256, _SHA256] = model  # type: ignore[assignment]
    return version


def _score(version: ModelVersion) -> None:
    """Predictions of all images, as the last layer makes them, and the chunks that say by which
    embeddings."""
    known = embeddings_of(version, version.study.stimuli.all())
    if known is None:
        raise RuntimeError("the embeddings are not in the cache")
    said = predict_many(version_model(version).last_layer, known.values)
    parts = np.stack([said.mean, said.posterior_sd, said.misfit_sd, said.rater_sd], axis=2)
    heads = list(version.heads.order_by("place").values_list("perspective", "place"))
    columns = ["model_version_id", "stimulus_id", "perspective_id", *_PARTS]
    copy_in(
        Prediction,
        columns,
        (
            (stimulus, perspective, *parts[row, place].tolist())
            for row, stimulus in enumerate(known.stimuli.tolist())
            for perspective, place in heads
        ),
        owner=[version.pk],
    )
    run = ScoringRun.objects.create(
        study=version.study, model_version=version, state="succeeded", finished_at=timezone.now()
    )
    stimuli, looks = known.stimuli.tolist(), known.looks.tolist()
    ScoringChunk.objects.bulk_create(
        ScoringChunk(
            run=run,
            index=index,
            state="done",
            stimulus_ids=stimuli[start : start + _CHUNK],
            looks=looks[start : start + _CHUNK],
        )
        for index, start in enumerate(range(0, len(stimuli), _CHUNK))
    )


def rate_more(study: Study, ratings: int) -> None:
    """One rating each of so many images that nobody has rated."""
    rows = study.stimuli.filter(claimed_ratings=0).order_by("-priority", "pk")
    stimuli = list(rows[:ratings])
    (rater,) = inside._raters(study, 1)
    trials = inside._trials([rater], stimuli)
    Score.objects.bulk_create(
        Score(trial=trial, perspective=row, value=1 + (trial.pk + place) % 5)
        for trial in trials
        for place, row in enumerate(study.perspectives.all())
    )
    study.stimuli.filter(pk__in=[item.pk for item in stimuli]).update(claimed_ratings=1)
    renew_live(study)


def measure(images: int, width: int, labelled: int, turns: int) -> list[dict[str, float]]:
    """Seconds on the clock and of processors, of each refresh."""
    call_command("migrate", verbosity=0)
    version = make_study(images, width, labelled)
    found = []
    for _turn in range(turns):
        rate_more(version.study, current.RATINGS_BETWEEN)
        fresh = ModelVersion.objects.select_related("study", "predictor").get(pk=version.pk)
        clock, processor = time.perf_counter(), time.process_time()
        refreshing.refresh_ranking(fresh)
        found.append(
            {
                "seconds": round(time.perf_counter() - clock, 2),
                "processor_seconds": round(time.process_time() - processor, 2),
            }
        )
        fresh.refresh_from_db()
        if not fresh.refreshed_sha256:
            raise RuntimeError("the predictions were not refreshed")
    return found


def main(arguments: list[str]) -> int:
    """Measures, writes results/refresh.json, prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refresh", description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--labelled", type=int, default=1_000, help="images, of one rating each")
    parser.add_argument("--turns", type=int, default=4)
    asked = parser.parse_args(arguments)
    busy = busy_cores()
    rows = measure(asked.images, asked.width, asked.labelled, asked.turns)
    about = {"images": asked.images, "width": asked.width, "aim": AIM, "refreshes": rows}
    path = write("refresh", about, busy)
    lines = table(
        ["refresh", "seconds", "processor seconds"],
        [[turn, row["seconds"], row["processor_seconds"]] for turn, row in enumerate(rows, 1)],
    )
    print("\n".join([*lines, f"{asked.images:,} images, {asked.width} features. Aim: {AIM} s."]))
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
