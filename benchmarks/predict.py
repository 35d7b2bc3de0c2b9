"""Predictions per second by the worker: of new images, and of images whose embeddings are known."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from benchmarks.machine import busy_cores
from benchmarks.results import table, write
from benchmarks.site import BenchSite, Say, bench_site
from workbench.demo.world import write_world

_JOB_SECONDS = 900.0


@dataclass(frozen=True)
class Plan:
    """How many images train the model, are new to it, and are known by their embeddings."""

    labelled: int = 120
    uncached: int = 480
    cached: int = 20_000


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """A small model is trained first; then it scores new images, then known ones."""
    with bench_site(say) as site, tempfile.TemporaryDirectory() as folder:
        slug = str(site.owner.create_study(title="Predictions")["slug"])
        labelled, new = _draw(site, plan, Path(folder))
        _import(site, slug, labelled)
        site.inside("labels", slug=slug, truth=str(Path(folder) / "truth.json"))
        trained = _train(site, slug)
        _import(site, slug, new)
        uncached = _score(site, slug, plan.uncached)
        say(f"adding {plan.cached:,} images whose embeddings are known")
        site.inside("pool", slug=slug, number=plan.cached)
        cached = _score(site, slug, plan.cached)
    return {
        "kind": trained["kind"],
        "runs": [{"embeddings": "new", **uncached}, {"embeddings": "known", **cached}],
    }


def _draw(site: BenchSite, plan: Plan, folder: Path) -> tuple[Path, Path]:
    """One world, whose manifest is cut in two."""
    images = plan.labelled + plan.uncached
    site.say(f"drawing {images} images")
    write_world(folder, seed=1, images=images)
    heading, *rows = (folder / "manifest.csv").read_text().splitlines(keepends=True)
    labelled, new = folder / "labelled.csv", folder / "new.csv"
    labelled.write_text(heading + "".join(rows[: plan.labelled]))
    new.write_text(heading + "".join(rows[plan.labelled :]))
    return labelled, new


def _import(site: BenchSite, slug: str, manifest: Path) -> None:
    site.say(f"importing the {manifest.stem} images")
    pictures = str(manifest.parent / "images")
    site.stack.manage("import_stimuli", slug, str(manifest), "--images", pictures)


def _train(site: BenchSite, slug: str) -> dict[str, Any]:
    site.say("training a model")
    run = site.owner.retrain(slug, promote=True)
    site.owner.wait_for(slug, "training-runs", run["id"], seconds=_JOB_SECONDS)
    scoring = next(site.owner.listing(slug, "scoring-runs"))
    site.owner.wait_for(slug, "scoring-runs", scoring["id"], seconds=_JOB_SECONDS)
    return next(site.owner.listing(slug, "models"))


def _score(site: BenchSite, slug: str, images: int) -> dict[str, Any]:
    """The scoring run of `images` new stimuli, whether we or the beat started it."""
    site.say(f"predicting {images:,} images")
    site.owner.send("POST", f"/api/v1/studies/{slug}/scoring-runs/", json={})
    runs = site.owner.listing(slug, "scoring-runs")
    run = next(run for run in runs if run["progress_total"] == images)
    site.owner.wait_for(slug, "scoring-runs", run["id"], seconds=_JOB_SECONDS)
    clocks = site.inside("scoring", run=run["id"])
    per_second = clocks["images"] / clocks["predict_seconds"]
    return {
        **{name: round(value, 2) for name, value in clocks.items()},
        "images_per_second": round(per_second, 1),
        "predictions_per_second": round(per_second * len(AIGCIQA2023_PERSPECTIVES), 1),
    }


def lines(kind: str, runs: Sequence[dict[str, Any]]) -> list[str]:
    """Everything for a person."""
    headings = ["embeddings", "images", "s", "s with ranking", "images/s", "predictions/s"]
    keys = ["embeddings", "images", "predict_seconds", "all_seconds", "images_per_second"]
    keys += ["predictions_per_second"]
    return [
        *table(headings, [[run[key] for key in keys] for run in runs]),
        "",
        f"Model: {kind}. A prediction is a mean and two standard deviations for one perspective;",
        "each image has three. With ranking: until priorities are written, too.",
    ]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/predict.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    path = write("predict", found, busy)
    say("\n".join(["", *lines(found["kind"], found["runs"]), "", f"written to {path}"]))
