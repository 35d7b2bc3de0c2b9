"""Imports a folder with the checkout that it runs in, once for each line of standard input.

Run by `imports` as a script, in this checkout and in another one: it uses nothing of `benchmarks`
that has changed since 2e34361. A line is a study's slug and a manifest as JSON, the answer is the
seconds of the command and its processor time.
"""

import json
import resource
import subprocess
import sys
import time
from typing import Any

from benchmarks.site import BenchSite, bench_site


def imported(site: BenchSite, asked: dict[str, Any]) -> dict[str, float]:
    """Seconds of one import into a new study, by the clock and of the processor."""
    site.inside("study", slug=asked["slug"], images=1, wanted=1)
    command = [sys.executable, "manage.py", "import_stimuli", asked["slug"], asked["manifest"]]
    before, start = _spent(), time.perf_counter()
    subprocess.run(command, env=site.stack.environment, check=True, stdout=subprocess.DEVNULL)
    return {"seconds": time.perf_counter() - start, "processor": _spent() - before}


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Starts a site, then imports until there is no line."""
    with bench_site(lambda line: print(line, file=sys.stderr)) as site:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            print(json.dumps(imported(site, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
