"""Measures the checkout that it runs in, a window for each line of standard input.

Run by `turns` as a script, in this checkout and in another one: it uses nothing of `benchmarks`
that has changed since 2e34361. A line is a window as JSON, the answer is what was measured in it.
"""

import json
import sys
from typing import Any

from benchmarks.site import BenchSite, bench_site, processor_seconds

SLUG = "bench"


def window(site: BenchSite, asked: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds of every request by kind, and the processor seconds of server and database."""
    tokens = site.inside("raters", slug=SLUG, number=asked["raters"])["tokens"]
    times = {"warm_up": asked["warm_up"], "seconds": asked["seconds"]}
    before = _spent(site)
    measured = site.load(tokens, asked["browsers"], asked["workload"], **times)
    share = times["seconds"] / sum(times.values())
    spent = {name: (now - before[name]) * share for name, now in _spent(site).items()}
    return {"milliseconds": measured.milliseconds, "spent": spent}


def _spent(site: BenchSite) -> dict[str, float]:
    return {
        "web": processor_seconds(site.web()),
        "database": processor_seconds(site.database()),
    }


def main() -> None:
    """Fills a study of the size that the first line gives, then measures until there is no line."""
    with bench_site(lambda line: print(line, file=sys.stderr)) as site:
        site.inside("study", slug=SLUG, **json.loads(sys.stdin.readline()))
        site.inside("analyze")
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            print(json.dumps(window(site, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
