#!/usr/bin/env bash
# While vl-convert draws, no other Python thread of the process runs.
#
# Guess, before it was run: the renderer is compiled code (Rust) with a JavaScript engine of its own, so it releases
# Python's lock and another thread goes on.
#
# Seen: vl-convert-python 1.9.0.post1: a thread that notes the time every 5 ms notes nothing for nearly all of the time
# that a plot of 2,000 points takes, and for all of the first plot's, which starts the engine.
#
# Who meets it: web servers that draw plots in a thread: while an owner looks at a plot, every other request of that
# process waits, raters' answers among them. Start the engine before a process accepts requests, draw few marks, or draw
# in another process.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check vl-convert-python==1.9.0.post1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import threading
import time

import vl_convert

STEP = 0.005


def plot(points):
    return {
        "data": {"values": [{"x": place, "y": place * place % 97} for place in range(points)]},
        "mark": "point",
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
        },
    }


def longest_silence(work):
    """Share of the time of `work` that is the longest pause of another thread; the seconds."""
    noted, over = [time.perf_counter()], threading.Event()

    def note():
        while not over.wait(STEP):
            noted.append(time.perf_counter())

    thread = threading.Thread(target=note)
    thread.start()
    time.sleep(0.1)
    start = time.perf_counter()
    work()
    taken = time.perf_counter() - start
    over.set()
    thread.join()
    noted.append(time.perf_counter())
    pause = max(after - before for before, after in zip(noted, noted[1:]))
    return pause / taken, taken


for name, work in (
    ("sleep, for comparison", lambda: time.sleep(0.5)),
    ("first plot", lambda: vl_convert.vegalite_to_svg(plot(3), vl_version="6.4")),
    ("plot of 2,000 points", lambda: vl_convert.vegalite_to_svg(plot(2000), vl_version="6.4")),
):
    share, seconds = longest_silence(work)
    print(f"{name}: {seconds:.2f} s, another thread silent for {share:.0%} of it")
    assert share < 0.3 if "sleep" in name else share > 0.7, (name, share)
PYTHON
echo "still so"
