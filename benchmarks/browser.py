"""What a rater's browser does: a long session in a real Chromium, by keyboard, at a practised pace.

Measured from within the page and by Chromium's own counters: from Enter to the next image painted,
layout shift, the main thread's work, bytes, and memory over the session. Server and browser share
the machine.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.machine import busy_cores
from benchmarks.results import percentile, table, write
from benchmarks.site import BenchSite, Say, bench_site
from workbench.demo.world import write_world

SLUG = "bench"
_KIB = 1024
_MIB = 1024 * 1024

#: From the press of Enter until the form is open again and two frames have begun: the frame that
#: shows the next image is on the screen by then. It is late by a frame at most, never early.
_RECORDER = """
window.bench = {painted: [], shift: 0};
addEventListener("keydown", (event) => {
  if (event.key === "Enter") bench.pressed = performance.now();
}, true);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) bench.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
addEventListener("DOMContentLoaded", () => {
  const controls = document.querySelector("#controls");
  new MutationObserver(() => {
    if (controls.disabled || bench.pressed === undefined) return;
    const pressed = bench.pressed;
    bench.pressed = undefined;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      bench.painted.push(performance.now() - pressed);
    }));
  }).observe(controls, {attributes: true, attributeFilter: ["disabled"]});
});
"""


@dataclass(frozen=True)
class Plan:
    """How long the session is, and how fast its rater."""

    trials: int = 300
    #: Drawn images are enlarged to this, as generators make them.
    side: int = 1024
    #: Seconds between two keys; four make a trial.
    key_ms: int = 150
    #: Memory is read every so many trials, after a collection.
    memory_every: int = 50


class Session:
    """One rater's page, and Chromium's counters."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.counters: CDPSession = page.context.new_cdp_session(page)
        self.counters.send("Performance.enable")
        self.counters.send("Network.enable")
        self.received = 0
        self.counters.on("Network.loadingFinished", self._receive)

    def _receive(self, event: dict[str, Any]) -> None:
        self.received += int(event["encodedDataLength"])

    def begin(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_role("checkbox").check()
        self.page.get_by_role("button", name="Start").click()
        self.page.get_by_role("button", name="Show me the first image").click()
        self.wait_for(1)

    def wait_for(self, number: int) -> None:
        self.page.wait_for_function(
            "number => document.querySelector('#progress-text').textContent"
            ".includes(`Image ${number} of`) && !document.querySelector('#controls').disabled",
            arg=number,
        )

    def rate(self, number: int, key_ms: int) -> None:
        for key in ("4", "2", "5", "Enter"):
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(key_ms)
        self.wait_for(number + 1)

    def main_thread(self) -> float:
        """Seconds of tasks on the page's main thread so far."""
        return self._metric("TaskDuration")

    def memory(self) -> dict[str, float]:
        """After a collection: MiB of scripts' objects, and the document's nodes and listeners."""
        self.counters.send("HeapProfiler.collectGarbage")
        return {
            "heap_mib": round(self._metric("JSHeapUsedSize") / _MIB, 2),
            "nodes": int(self._metric("Nodes")),
            "listeners": int(self._metric("JSEventListeners")),
        }

    def _metric(self, name: str) -> float:
        metrics = self.counters.send("Performance.getMetrics")["metrics"]
        return float(next(item["value"] for item in metrics if item["name"] == name))


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """One session of `plan.trials` images."""
    with bench_site(say) as site:
        kib = _study(site, plan)
        (rater,) = site.owner.create_raters(SLUG, 1)
        with chromium() as page:
            page.add_init_script(_RECORDER)
            say(f"rating {plan.trials} images in Chromium")
            session = Session(page)
            session.begin(rater["link"])
            found = _rate(session, plan)
    return {"trials": plan.trials, "image_kib": kib, "side": plan.side, **found}


def _rate(session: Session, plan: Plan) -> dict[str, Any]:
    memory = [{"trial": 0, **session.memory()}]
    received, worked = session.received, session.main_thread()
    for number in range(1, plan.trials + 1):
        session.rate(number, plan.key_ms)
        if number % plan.memory_every == 0:
            memory.append({"trial": number, **session.memory()})
    painted: list[float] = session.page.evaluate("bench.painted")
    return {
        "painted": {
            "count": len(painted),
            **{f"p{p}_ms": round(percentile(painted, p), 1) for p in (50, 95, 99)},
        },
        "layout_shift": session.page.evaluate("bench.shift"),
        "main_thread_ms": round(1000 * (session.main_thread() - worked) / plan.trials, 1),
        "transfer_kib": round((session.received - received) / _KIB / plan.trials, 1),
        "memory": memory,
    }


def _study(site: BenchSite, plan: Plan) -> float:
    """A study of drawn images, as large as generators make them; their mean size in KiB."""
    images = plan.trials + 20
    site.say(f"drawing {images} images")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_world(folder, seed=1, images=images)
        for path in (folder / "images").iterdir():
            with Image.open(path) as image:
                large = image.convert("RGB").resize((plan.side, plan.side))
            large.save(path)
        site.inside("study", slug=SLUG, images=0, wanted=3, session_trials=images)
        manifest, pictures = str(folder / "manifest.csv"), str(folder / "images")
        site.stack.manage("import_stimuli", SLUG, manifest, "--images", pictures)
        sizes = [path.stat().st_size for path in (folder / "images").iterdir()]
    return round(sum(sizes) / len(sizes) / _KIB, 1)


@contextmanager
def chromium() -> Iterator[Page]:
    """Debian's Chromium, or Playwright's own, at a laptop's size."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*arguments, "--disable-gpu"]
        )
        # A context of its own, so that a second tab can be opened next to it.
        yield browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        browser.close()


def lines(found: dict[str, Any]) -> Sequence[str]:
    """Everything for a person."""
    painted = found["painted"]
    return [
        f"{found['trials']} images of {found['side']} × {found['side']}, "
        f"{found['image_kib']:,} KiB each.",
        f"From Enter to the next image painted: p50 {painted['p50_ms']} ms, "
        f"p95 {painted['p95_ms']} ms, p99 {painted['p99_ms']} ms (aim: 50 ms).",
        f"Layout shift: {found['layout_shift']}. Main thread: {found['main_thread_ms']} ms per "
        f"trial. Transfer: {found['transfer_kib']:,} KiB per trial.",
        "",
        *table(
            ["after trial", "heap MiB", "nodes", "listeners"],
            [
                [str(item["trial"]), item["heap_mib"], item["nodes"], item["listeners"]]
                for item in found["memory"]
            ],
        ),
    ]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/browser.json, prints the table."""
    busy = busy_cores()
    found = measure(plan, say)
    path = write("browser", found, busy)
    say("\n".join(["", *lines(found), "", f"written to {path}"]))
