"""How fast the collected database is exported, and how much memory the web server takes for it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from benchmarks.machine import busy_cores
from benchmarks.results import PEER, table, write
from benchmarks.site import BenchSite, Say, bench_site

SLUG = "bench"
_MIB = 1024 * 1024


#: What a million scores may take: seconds by form, the bare COPY's time by CSV, MiB that a process
#: grows by, and milliseconds to the first byte.
AIMS = {"csv": 4.0, "jsonl": 6.0, "parquet": 6.0}
TIMES_COPY, GROWTH_MIB, FIRST_BYTE_MS = 2.0, 64, 200
FORMS = tuple(AIMS)
_COPY = "copy"


@dataclass(frozen=True)
class Plan:
    """A million scores: `raters` answered `each` of `images` images, from three perspectives."""

    images: int = 12_000
    raters: int = 334
    each: int = 1_000
    rounds: int = 3

    @property
    def scores(self) -> int:
        return 3 * self.raters * self.each


class Peak:
    """How much memory each of some processes took more, at most, that it shares with no other:
    MiB. What PostgreSQL's processes share is there before."""

    def __init__(self, processes: Callable[[], Sequence[psutil.Process]]) -> None:
        self._processes = processes
        self._before = self._now()
        #: Of the one that grew most.
        self.growth = 0.0

    def sample(self) -> None:
        for pid, size in self._now().items():
            self.growth = max(self.growth, size - self._before.setdefault(pid, size))

    def _now(self) -> dict[int, float]:
        found = {}
        for process in self._processes():
            with suppress(psutil.Error):
                found[process.pid] = process.memory_full_info().uss / _MIB
        return found


@contextmanager
def sampled(sample: Callable[[], None], seconds: float = 0.1) -> Iterator[None]:
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
    """Memory first, while the processes are new; then each form and the bare COPY in turns."""
    with bench_site(say) as site:
        fill(site, plan)
        memory = {form: grown(site, form) for form in FORMS}
        exports = [
            _bare(site) if form == _COPY else exported(site, form)
            for _round in range(plan.rounds)
            for form in (_COPY, *FORMS)
        ]
        return {"scores": plan.scores, "memory_growth_mib": memory, "exports": exports}


def fill(site: BenchSite, plan: Plan) -> None:
    site.say(f"storing {plan.scores:,} scores")
    wanted = -(-plan.raters * plan.each // plan.images)
    site.inside("study", slug=SLUG, images=plan.images, wanted=wanted)
    site.inside("crowd", slug=SLUG, number=plan.raters, each=plan.each)
    site.inside("analyze")


def grown(site: BenchSite, form: str) -> float:
    """MiB that a process takes more during a download. It is not timed: looking at all processes
    ten times a second takes a part of the cores. What workers do meanwhile does not count."""
    site.say(f"memory, {form}")
    peak = Peak(site.serving)
    with sampled(peak.sample), _download(site, form) as answer:
        for _part in answer.iter_raw():
            pass
    return round(peak.growth, 1)


def exported(site: BenchSite, form: str) -> dict[str, Any]:
    """One download, and what it took."""
    site.say(f"exporting as {form}")
    lines = size = 0
    first: float | None = None
    begun = time.perf_counter()
    with _download(site, form) as answer:
        for part in answer.iter_raw():
            first = first or time.perf_counter() - begun
            size += len(part)
            lines += part.count(b"\n")
    return {
        **_measured(form, time.perf_counter() - begun, lines, size),
        "first_byte_ms": round(1000 * (first or 0)),
    }


@contextmanager
def _download(site: BenchSite, form: str) -> Iterator[httpx.Response]:
    address = f"{site.owner.base_url}/api/v1/studies/{SLUG}/export/"
    with site.owner.http.stream("GET", address, params={"format": form, "raw": "true"}) as answer:
        answer.raise_for_status()
        yield answer


def _bare(site: BenchSite) -> dict[str, Any]:
    site.say("the same scores by a bare COPY")
    found = site.inside("copied", slug=SLUG)
    return _measured(_COPY, found["seconds"], found["lines"], found["bytes"])


def _measured(form: str, seconds: float, lines: int, size: int) -> dict[str, Any]:
    return {
        "form": form,
        "lines": lines if form != "parquet" else None,
        "mib": round(size / _MIB, 1),
        "seconds": round(seconds, 2),
    }


def compared(found: dict[str, Any]) -> dict[str, Any]:
    """The best of each form, over the best bare COPY, and the worst of what else is limited."""
    exports = found["exports"]
    best = {
        form: min(each["seconds"] for each in exports if each["form"] == form)
        for form in (_COPY, *FORMS)
    }
    ours = [each for each in exports if each["form"] != _COPY]
    return {
        "peer": dict(PEER),
        "aims": AIMS,
        "seconds": best,
        "times_bare_copy": {form: round(best[form] / best[_COPY], 2) for form in FORMS},
        "memory_growth_mib": max(found["memory_growth_mib"].values()),
        "first_byte_ms": max(each["first_byte_ms"] for each in ours),
    }


def lines_of(found: dict[str, Any], against: dict[str, Any]) -> list[str]:
    """Everything for a person."""
    headings = ["form", "lines", "MiB", "seconds", "first byte, ms"]
    keys = ["form", "lines", "mib", "seconds", "first_byte_ms"]
    peer = against["peer"]
    memory = ", ".join(f"{form} {grown:g}" for form, grown in found["memory_growth_mib"].items())
    return [
        *table(headings, [[each.get(key) for key in keys] for each in found["exports"]]),
        "",
        f"MiB that a process takes more, the first download of each form: {memory}.",
        f"CSV takes {against['times_bare_copy']['csv']} times as long as a bare COPY of the same "
        f"scores (aim: {TIMES_COPY:g}); aims for a million scores: "
        + ", ".join(f"{form} {seconds:g} s" for form, seconds in AIMS.items())
        + f", first byte {FIRST_BYTE_MS} ms, {GROWTH_MIB} MiB.",
        f"Peer, measured {peer['measured']}: {peer['name']}, "
        f"{peer['export_annotations']:,} annotations in "
        f"{peer['export_seconds'][0]}-{peer['export_seconds'][1]} s "
        f"at {peer['export_memory_mib'][0]}-{peer['export_memory_mib'][1]} MiB.",
    ]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/export.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    against = compared(found)
    path = write("export", {**found, "compared": against}, busy)
    say("\n".join(["", *lines_of(found, against), "", f"written to {path}"]))
