"""The owner's pages of a large study: how long does each take to load?

Every page is requested by a signed-in browser, one after the other; the first time is measured
separately, because what is computed for all raters together is computed then.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.machine import busy_cores
from benchmarks.results import percentile, table, write
from benchmarks.site import BenchSite, Say, bench_site, processor_seconds
from workbench.demo.client import ApiError

SLUG = "bench-console"
#: Milliseconds that people hardly notice; a page that takes longer is marked.
AIM_MS = 300
#: A page whose opinion scores a worker is making; the others are measured when they are there.
_BEING_MADE = 'id="being-made"'
#: What is said while a worker computes what the page shows.
_COMPUTED = "in a moment."
#: A training, or a scoring of all images.
_JOB_SECONDS = 1800.0


@dataclass(frozen=True)
class Plan:
    """How large the study is, and how often each page is asked for."""

    images: int = 100_000
    raters: int = 1_000
    #: Images that each rater has answered: three ratings per image.
    each: int = 300
    times: int = 10
    versions: int = 2


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Milliseconds of every page."""
    with bench_site(say) as site:
        say(f"storing {plan.images:,} images and {plan.raters * plan.each:,} answers")
        site.inside("study", slug=SLUG, images=plan.images, wanted=5)
        site.inside("spread", slug=SLUG)
        site.inside("priorities", slug=SLUG)
        site.inside("crowd", slug=SLUG, number=plan.raters, each=plan.each)
        site.inside("analyze")
        _train(site, plan)
        found = site.inside("addresses", slug=SLUG)
        cookies = {"sessionid": site.inside("session")["cookie"]}
        with httpx.Client(base_url=site.stack.base_url, cookies=cookies, timeout=120) as browser:
            _warm(browser, site, plan.versions)
            pages = [
                {"page": name, **_times(browser, path, plan.times, site)}
                for name, path in paths(found, plan).items()
            ]
    return {"images": plan.images, "raters": plan.raters, "pages": pages}


def _train(site: BenchSite, plan: Plan) -> None:
    """Two versions that have predicted everything, the second one in use."""
    site.say("storing embeddings")
    site.inside("embeddings", slug=SLUG)
    for number in range(1, plan.versions + 1):
        site.say(f"training version {number}, and predicting all images")
        run = _retrained(site)
        site.owner.wait_for(SLUG, "training-runs", run["id"], seconds=_JOB_SECONDS)
        scoring = next(site.owner.listing(SLUG, "scoring-runs"))
        site.owner.wait_for(SLUG, "scoring-runs", scoring["id"], seconds=_JOB_SECONDS)
        site.owner.promote(SLUG, number, reason="the benchmark's")
    site.inside("later", slug=SLUG)
    site.inside("analyze")


def _retrained(site: BenchSite) -> dict[str, Any]:
    """A training, once a worker has computed the scores that it learns."""
    begun = time.monotonic()
    while True:
        try:
            return site.owner.retrain(SLUG, promote=False)
        except ApiError as error:
            if error.code != "release_busy" or time.monotonic() - begun > _JOB_SECONDS:
                raise
        time.sleep(2)


def paths(found: dict[str, Any], plan: Plan) -> dict[str, str]:
    """Name and address of every page that shows a study."""
    study = f"/studies/{SLUG}"
    return {
        "studies": "/studies/",
        "overview": f"{study}/",
        "overview, scores": f"{study}/scores/",
        "overview, model": f"{study}/model/summary/",
        "images": f"{study}/images/",
        "images, last page": f"{study}/images/?page={plan.images // 48}",
        "images, searched": f"{study}/images/?text=-0001",
        "images, least sure": f"{study}/images/?sort=uncertain&page=1000",
        "images, unrated": f"{study}/images/?state=unrated",
        "one image": f"{study}/images/{found['stimulus']}/",
        "raters": f"{study}/raters/",
        "raters, live part": f"{study}/raters/live/",
        "raters, coverage": f"{study}/raters/coverage/",
        "raters, CSV": f"{study}/raters.csv",
        "one rater": f"{study}/raters/{found['rater']}/",
        "results, scores": f"{study}/results/",
        "results, generators": f"{study}/results/generators/",
        "results, agreement": f"{study}/results/agreement/",
        "results, raters": f"{study}/results/raters/",
        "results, explanations": f"{study}/results/explanations/",
        **_model_paths(f"{study}/model", plan.versions),
        "run": f"{study}/model/runs/training/{found['training']}/",
        "round": f"{study}/model/rounds/{found['round']}/",
        "round, API": f"/api/v1{study}/rounds/{found['round']}/",
        "export": f"{study}/export/",
        "settings": f"{study}/settings/",
    }


def _model_paths(model: str, newest: int) -> dict[str, str]:
    plot, drawn = f"/studies/{SLUG}/results", ("learning", "calibration", "drift")
    agreement = {
        f"{name}, plot": f"{plot}/model-agreement/plots/{name}.svg?version={newest}"
        for name in drawn
    }
    return {
        "model": f"{model}/",
        "queue": f"{model}/queue/",
        "queue, last page": f"{model}/queue/?page=20",
        "queue, API": f"/api/v1/studies/{SLUG}/queue/",
        "model agreement": f"{model}/versions/{newest}/agreement/",
        "model agreement, CSV": f"{model}/versions/{newest}/agreement.csv",
        "version card": f"{model}/versions/{newest}/card/",
        "versions side by side": f"{model}/compare/",
        **agreement,
    }


def _warm(browser: httpx.Client, site: BenchSite, newest: int) -> None:
    """Waits until workers have computed what the model's pages show."""
    begun = time.monotonic()
    for path in (f"/studies/{SLUG}/model/versions/{newest}/agreement/", f"/studies/{SLUG}/model/"):
        while _COMPUTED in browser.get(path).text:
            if time.monotonic() - begun > _JOB_SECONDS:
                site.say(f"{path} is still being computed; what is there is measured")
                return
            time.sleep(2)


def _times(browser: httpx.Client, path: str, times: int, site: BenchSite) -> dict[str, float]:
    taken, server = [], site.serving()
    for turn in range(times + 1):
        if turn == 1:
            spent = processor_seconds(server)
        begun = time.perf_counter()
        answer = browser.get(path)
        taken.append(1000 * (time.perf_counter() - begun))
        answer.raise_for_status()
        while turn == 0 and _BEING_MADE in answer.text:
            time.sleep(1)
            answer = browser.get(path)
    spent = 1000 * (processor_seconds(server) - spent) / times
    site.say(
        f"{path} {taken[0]:.0f}, then {percentile(taken[1:], 50):.0f}; {spent:.0f} ms of cores"
    )
    return {
        "first_ms": round(taken[0], 1),
        "p50_ms": round(percentile(taken[1:], 50), 1),
        "p95_ms": round(percentile(taken[1:], 95), 1),
        "cores_ms": round(spent, 1),
        "kib": round(len(answer.content) / 1024, 1),
    }


def lines(found: dict[str, Any]) -> Sequence[str]:
    """Everything for a person."""
    rows = [
        [item["page"] + (" *" if item["p95_ms"] > AIM_MS else "")]
        + [item[key] for key in ("first_ms", "p50_ms", "p95_ms", "cores_ms", "kib")]
        for item in found["pages"]
    ]
    return [
        *table(["page", "first ms", "p50 ms", "p95 ms", "cores ms", "KiB"], rows),
        "",
        f"{found['images']:,} images, {found['raters']:,} raters. * slower than {AIM_MS} ms.",
        "Cores: processor time of a request, of the web server and the database together.",
    ]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/console.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    path = write("console", found, busy)
    say("\n".join(["", *lines(found), "", f"written to {path}"]))
