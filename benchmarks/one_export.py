"""Exports a study with the checkout that it runs in, once for each line of standard input.

Run by `export_turns` as a script, in this checkout and in another one: it uses nothing of
`benchmarks` that has changed since 2e34361. The first line is the study's size as JSON, each later
one a form; the answer is the seconds of the download and its size.
"""

import json
import sys
import time
from typing import Any

from benchmarks.site import BenchSite, bench_site

SLUG = "bench"


def filled(site: BenchSite, size: dict[str, int]) -> None:
    """A study of so many images, each rater's answers to `each` of them."""
    wanted = -(-size["raters"] * size["each"] // size["images"])
    site.inside("study", slug=SLUG, images=size["images"], wanted=wanted)
    site.inside("crowd", slug=SLUG, number=size["raters"], each=size["each"])
    site.inside("analyze")


def exported(site: BenchSite, form: str) -> dict[str, Any]:
    address = f"{site.owner.base_url}/api/v1/studies/{SLUG}/export/"
    begun, size = time.perf_counter(), 0
    with site.owner.http.stream("GET", address, params={"format": form}) as answer:
        answer.raise_for_status()
        for part in answer.iter_raw():
            size += len(part)
    return {"seconds": time.perf_counter() - begun, "bytes": size}


def main() -> None:
    """Starts a site and fills it, then exports until there is no line."""
    with bench_site(lambda line: print(line, file=sys.stderr)) as site:
        filled(site, json.loads(sys.stdin.readline()))
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            print(json.dumps(exported(site, json.loads(line)["form"])), flush=True)


if __name__ == "__main__":
    main()
