"""Runs the rows, each in a process of its own, which is ended when its share of the time is up.

What a row finds is written at once, a JSON line for each figure, so that a run that is cut still
tells. A later run with the same file goes on where it ended: rows that were measured stay, the
others are run. A file of other code, libraries, or another device starts over.
"""

import json
import multiprocessing
import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.rows import Figure, Row, attempted, skipped

Say = Callable[[str], None]
_CONTEXT = multiprocessing.get_context("forkserver")
#: A row is not begun with fewer seconds left: it would find nothing.
_TOO_FEW = 5.0


@dataclass
class Record:
    """What has been found, in memory and in a file of JSON lines that begins with `about`."""

    path: Path
    about: Mapping[str, Any]
    figures: dict[str, list[Figure]] = field(default_factory=lambda: defaultdict(list))
    #: Rows that a later run need not measure again.
    done: set[str] = field(default_factory=set)
    continued: bool = False

    @classmethod
    def open(cls, path: Path, about: Mapping[str, Any], *, fresh: bool = False) -> "Record":
        """What earlier runs left in `path`, if they were of the same things, or an empty one."""
        record = cls(path, about)
        lines = [] if fresh else _lines(path)
        if lines and lines[0] == about:
            record.continued = True
            for line in lines[1:]:
                record._take(**line)
        else:
            lines = [about]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return record

    def begin(self, row: str) -> None:
        """Its figures of an earlier run, which it did not end, are replaced."""
        self._write(row=row, state="begun")

    def add(self, row: str, figure: Figure) -> None:
        self._write(row=row, figure=figure)

    def end(self, row: str) -> None:
        if not any(figure.get("again") for figure in self.figures[row]):
            self._write(row=row, state="done")

    def _write(self, **line: Any) -> None:
        self._take(**line)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _take(self, row: str, state: str = "", figure: Figure | None = None) -> None:
        if state == "begun":
            self.figures[row] = []
        elif state == "done":
            self.done.add(row)
        elif figure is not None:
            self.figures[row].append(figure)


def run_rows(
    rows: Sequence[Row], bench: Bench, record: Record, minutes: float, say: Say, *, apart: bool
) -> None:
    """All that `minutes` suffice for and `record` lacks; `apart`: each in its own process.

    If there is more time than the rows' shares, all of them grow; if there is less, the last rows
    go without.
    """
    left = [row for row in rows if row.name not in record.done]
    if apart:
        _load()
    ends = time.monotonic() + 60 * minutes
    larger = max(1.0, minutes / max(sum(row.minutes for row in left), 1e-9))
    for row in left:
        seconds = min(60 * row.minutes * larger, ends - time.monotonic())
        say(f"\n{row.title()} ({row.name}, {max(seconds, 0):.0f} s at most)")
        if seconds < _TOO_FEW and record.figures[row.name]:
            say("  the time is up; what an earlier run found is kept")
            continue
        known = Bench(bench.device, bench.folder, dict(record.figures))
        record.begin(row.name)
        for figure in _figures(row, known, seconds, apart=apart):
            record.add(row.name, figure)
            say(f"  {figure['what']}: {said(figure)}")
        record.end(row.name)


def said(figure: Figure) -> str:
    """Its values in words, or why there are none."""
    if "skipped" in figure:
        return str(figure["skipped"])
    values = ((key, value) for key, value in figure.items() if key not in ("what", "skipped"))
    return " · ".join(_value(key, value) for key, value in values)


def figures_here(row: Row, bench: Bench) -> Iterable[Figure]:
    """A row's figures as they are found, in this process; last of them why there are no more."""
    if bench.free() < row.gib:
        why = f"{bench.free():.0f} GiB of the GPU are free, {row.gib:.0f} are needed"
        return [skipped(why)]
    return attempted(lambda: row.measure(bench))


def _figures(row: Row, bench: Bench, seconds: float, *, apart: bool) -> Iterable[Figure]:
    if seconds < _TOO_FEW:
        yield skipped("the time was up before it", again=True)
    elif apart:
        yield from _figures_apart(row, bench, seconds)
    else:
        yield from figures_here(row, bench)


def _figures_apart(row: Row, bench: Bench, seconds: float) -> Iterable[Figure]:
    """As `figures_here`, from a process that is killed after so many seconds."""
    ends = time.monotonic() + seconds
    receives, sends = _CONTEXT.Pipe(duplex=False)
    given = (row.address(), bench, sends)
    process = _CONTEXT.Process(target=_send_figures, args=given, daemon=True)
    process.start()
    sends.close()
    try:
        while True:
            if not receives.poll(max(0.0, ends - time.monotonic())):
                yield skipped(f"ended after {seconds:.0f} s, its share", again=True)
                return
            yield receives.recv()
    except EOFError:
        process.join()
        if process.exitcode:
            yield skipped(f"its process ended ({_exit(process.exitcode)})", again=True)
    finally:
        process.kill()
        process.join()
        receives.close()


def _load() -> None:
    """Has the libraries loaded once, by the process from which those of the rows are forked, so
    that no row's share is spent on it."""
    _CONTEXT.set_forkserver_preload(["benchmarks.gpu.all_rows"])
    process = _CONTEXT.Process(target=_nothing)
    process.start()
    process.join()


def _nothing() -> None:
    pass


def _send_figures(address: tuple[str, str], bench: Bench, sends: Connection) -> None:
    module, name = address
    with sends:
        for figure in figures_here(getattr(import_module(module), name), bench):
            sends.send(figure)


def _exit(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def _lines(path: Path) -> list[Any]:
    """Those that were written completely."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break  # the last one, cut short
    return found


#: How values are shown, by the last part of their names.
_UNITS = {
    "images_per_second": "{:,.0f} images/s",
    "tokens_per_second": "{:,.0f} tokens/s",
    "steps_per_second": "{:.2f} steps/s",
    "share_of_ceiling": "{:.3f} of the ceiling",
    "share_of_bandwidth": "{:.3f} of what the bandwidth allows",
    "tflops": "{:,.0f} TFLOP/s",
    "gflops_per_image": "{:,.1f} GFLOP an image",
    "most_images_per_second": "at most {:,.0f} images/s",
    "most_tokens_per_second": "at most {:,.0f} tokens/s",
    "gb_per_second": "{:,.0f} GB/s",
    "gib": "{:,.1f} GiB of weights",
    "peak_gib": "{:,.1f} GiB at most",
    "ms": "{:,.2f} ms",
    "p50_ms": "{:,.1f} ms (median)",
    "p95_ms": "{:,.1f} ms (p95)",
    "seconds": "{:,.2f} s",
    "seconds_a_step": "{:,.3f} s a step",
    "first_seconds": "{:,.1f} s the first time",
    "times": "{:.2f} ×",
    "share": "{:.2f} of the time",
    "difference": "{:.2%} of what differs between images",
    "largest": "at most {:.1e} off",
    "tolerance": "{:.1e} allowed",
    "verdict": "{}",
    "kib_per_image": "{:,.0f} KiB an image",
}


def _value(key: str, value: Any) -> str:
    return _UNITS.get(key, key.replace("_", " ") + " {}").format(value)


def about(device: torch.device, version: str) -> dict[str, Any]:
    """What makes figures comparable: the device, the libraries and the code."""
    import transformers

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "processor"
    return {
        "device": name,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "code": version,
    }
