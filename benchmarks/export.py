"""How fast the collected database is exported, and how much memory the web server takes for it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.machine import busy_cores
from benchmarks.results import PEER, table, write
from benchmarks.site import BenchSite, Say, bench_site

SLUG = "bench"
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """As many answers as the peer had: by 28 raters, to 2,400 images."""

    images: int = 2_400
    by: int = 28

    @property
    def stored(self) -> int:
        return self.images * self.by


class Peak:
    """The most memory that some processes held at once, sampled; MiB."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self._processes = processes
        self.before = self.most = self._now()

    @property
    def growth(self) -> float:
        return self.most - self.before

    def sample(self) -> None:
        self.most = max(self.most, self._now())

    def _now(self) -> float:
        return sum(process.memory_info().rss for process in self._processes) / _MIB


@contextmanager
def sampled(sample: Callable[[], None], seconds: float = 0.02) -> Iterator[None]:
    """Calls `sample` every so often until the block ends."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(seconds):
            sample()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Each form twice: the first request of a web server also loads what exports need."""
    with bench_site(say) as site:
        site.inside("study", slug=SLUG, images=0, wanted=1)
        say(f"storing {plan.stored:,} answers")
        site.inside("ratings", slug=SLUG, images=plan.images, by=plan.by)
        site.inside("analyze")
        return {"exports": [_export(site, plan, form) for form in ("jsonl", "csv") * 2]}


def _export(site: BenchSite, plan: Plan, form: str) -> dict[str, Any]:
    site.say(f"exporting as {form}")
    peak = Peak(site.web())
    lines = size = 0
    begun = time.perf_counter()
    address = f"{site.owner.base_url}/api/v1/studies/{SLUG}/export/"
    with (
        sampled(peak.sample),
        site.owner.http.stream("GET", address, params={"format": form}) as answer,
    ):
        answer.raise_for_status()
        for part in answer.iter_raw():
            size += len(part)
            lines += part.count(b"\n")
    seconds = time.perf_counter() - begun
    return {
        "form": form,
        "answers": plan.stored,
        "lines": lines,
        "mib": round(size / _MIB, 1),
        "seconds": round(seconds, 2),
        "answers_per_second": round(plan.stored / seconds, 1),
        "lines_per_second": round(lines / seconds, 1),
        "memory_before_mib": round(peak.before, 1),
        "memory_growth_mib": round(peak.growth, 1),
    }


def compared(exports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The peer's figures, and how many times faster and smaller our JSON Lines are."""
    ours = [found for found in exports if found["form"] == "jsonl"]
    slowest = max(found["seconds"] for found in ours)
    largest = max(found["memory_growth_mib"] for found in ours)
    return {
        "peer": dict(PEER),
        "times_faster_than_peers_best": round(min(PEER["export_seconds"]) / slowest, 1),
        "memory_growth_mib": largest,
    }


def lines_of(exports: Sequence[dict[str, Any]], against: dict[str, Any]) -> list[str]:
    """Everything for a person."""
    headings = [
        "form",
        "answers",
        "lines",
        "MiB",
        "seconds",
        "answers/s",
        "lines/s",
        "+ MiB memory",
    ]
    keys = ["form", "answers", "lines", "mib", "seconds", "answers_per_second"]
    keys += ["lines_per_second", "memory_growth_mib"]
    peer = against["peer"]
    return [
        *table(headings, [[found[key] for key in keys] for found in exports]),
        "",
        "An answer is one rater's answer to one image: three scores and their reasons.",
        f"{against['times_faster_than_peers_best']} times as fast as the peer's best.",
        f"Peer, measured {peer['measured']}: {peer['name']}, "
        f"{peer['export_annotations']:,} annotations in "
        f"{peer['export_seconds'][0]}-{peer['export_seconds'][1]} s "
        f"at {peer['export_memory_mib'][0]}-{peer['export_memory_mib'][1]} MiB.",
    ]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/export.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    against = compared(found["exports"])
    path = write("export", {**found, "compared": against}, busy)
    say("\n".join(["", *lines_of(found["exports"], against), "", f"written to {path}"]))
