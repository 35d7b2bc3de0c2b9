"""The benchmarks themselves, small: a real site, a real load, figures that agree."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks import (
    claims,
    console,
    export,
    export_turns,
    imports,
    one_build,
    one_import,
    opinion,
    rating,
    turns,
)
from benchmarks.builds import Build
from benchmarks.site import BenchSite, InsideError, bench_site

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(300)

#: More than a window of a second can use on any machine; each claim leases a block of ten.
CLAIMERS = 600
IMAGES = 4 * CLAIMERS * 10 // 3

Silent = Callable[[str], None]
Share = Callable[[ModuleType], None]


@pytest.fixture(scope="module")
def silent() -> Silent:
    return lambda _line: None


@pytest.fixture(scope="module")
def one_site(silent: Silent) -> Iterator[BenchSite]:
    """A site takes long to start; the benchmarks' studies have names of their own."""
    with bench_site(silent) as site:
        yield site


@pytest.fixture
def share_site(
    one_site: BenchSite, monkeypatch: pytest.MonkeyPatch
) -> Callable[[ModuleType], None]:
    """Has a benchmark use the one site instead of its own."""

    @contextmanager
    def shared(_say: Silent) -> Iterator[BenchSite]:
        yield one_site

    return lambda benchmark: monkeypatch.setattr(benchmark, "bench_site", shared)


def test_ratings_are_measured_at_each_level(silent: Silent, share_site: Share) -> None:
    share_site(rating)
    plan = rating.Plan(
        browsers=(1, 8), seconds=0.6, claim_seconds=0.8, warm_up=0.2, open_images=IMAGES,
        claimers=CLAIMERS, stored_images=20, stored_by=3,
    )  # fmt: skip
    levels = rating.measure(plan, silent)["levels"]
    assert [(level["browsers"], level["stored"]) for level in levels] == [
        (1, 0), (8, 0), (1, 60), (8, 60),
    ]  # fmt: skip
    for level in levels:
        assert level["claim"]["count"] > 0
        # A rating is a submit; the last one of a browser may have been cut off.
        assert 0 <= level["submit"]["count"] - level["rating"]["count"] <= level["browsers"]
    assert rating.lines(levels, rating.compared(levels))[0].startswith("stored")


class OnOneSite:
    """A build's script without a process and a site of its own, which take a minute to start."""

    def __init__(self, site: BenchSite, act: Callable[[BenchSite, Any], dict[str, Any]]) -> None:
        self.ask = partial(act, site)


def twice(
    site: BenchSite, act: Callable[[BenchSite, Any], dict[str, Any]]
) -> Callable[..., AbstractContextManager[dict[str, OnOneSite]]]:
    """In the place of `two_builds`: this build as both."""
    both = {"other": OnOneSite(site, act), "this": OnOneSite(site, act)}
    return lambda *_checkout_script_and_first: nullcontext(both)


def test_two_builds_take_turns(
    silent: Silent, one_site: BenchSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "two_builds", twice(one_site, one_build.window))
    monkeypatch.setattr(one_build, "SLUG", "bench-turns")
    one_site.inside("study", slug="bench-turns", images=IMAGES, wanted=10)
    plan = turns.Plan(
        browsers=2, rounds=2, seconds=0.5, warm_up=0.1, images=IMAGES, claimers=CLAIMERS,
        claim_seconds=0.4,
    )  # fmt: skip
    found = turns.measure(plan, ROOT, silent)
    windows = [(1, "other"), (1, "this"), (2, "other"), (2, "this")]
    for kind in ("ratings", "claims"):
        assert [(item["round"], item["build"]) for item in found[kind]] == windows
        assert all(item["per_second"] > 0 for item in found[kind])
    # The same build twice: as quick, as far as so short a window can tell.
    against = turns.compared(found)
    assert 0.2 < against["times_ratings_per_second"] < 5
    assert "2 · this" in "\n".join(turns.lines(found, against))


def test_a_build_is_a_process_of_its_checkout_that_answers_lines(tmp_path: Path) -> None:
    (tmp_path / "known_here.py").write_text("NAME = 'the other checkout'")
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys, known_here\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        "    if asked == 'end': sys.exit('ended')\n"
        "    print(json.dumps({'asked': asked, 'from': known_here.NAME}), flush=True)\n"
    )
    with Build(tmp_path, str(script), {"first": 1}) as build:
        assert build.ask({"n": 2}) == {"asked": {"n": 2}, "from": "the other checkout"}
        with pytest.raises(InsideError, match=r"script\.py ended early"):
            build.ask("end")  # type: ignore[arg-type]  # whatever ends it


def test_the_median_of_the_rounds_counts() -> None:
    rates = {("this", 1): 20.0, ("other", 1): 10.0, ("this", 2): 90.0, ("other", 2): 10.0,
             ("this", 3): 10.0, ("other", 3): 10.0}  # fmt: skip
    keys = ("per_second", "submit_p95_ms", "p95_ms", "web_ms", "database_ms")
    rows = [
        {"build": build, "round": number, **dict.fromkeys(keys, rate)}
        for (build, number), rate in rates.items()
    ]
    against = turns.compared({"ratings": rows, "claims": rows})
    assert against["times_ratings_per_second"] == 2.0


def test_an_export_carries_all_that_was_stored(silent: Silent, share_site: Share) -> None:
    share_site(export)
    plan = export.Plan(images=6, raters=4, each=5, rounds=1)
    found = export.measure(plan, silent)
    # A line per image, and one per rater, image and perspective; CSV has a heading.
    scores = 4 * 5 * 3
    assert plan.scores == scores
    assert [(each["form"], each["lines"]) for each in found["exports"]] == [
        ("copy", scores), ("csv", 1 + 6 + scores), ("jsonl", 6 + scores), ("parquet", None),
    ]  # fmt: skip
    against = export.compared(found)
    assert against["times_bare_copy"]["csv"] > 0
    assert "bare COPY" in "\n".join(export.lines_of(found, against))


def test_the_export_of_two_builds_is_compared_round_by_round() -> None:
    seconds = {("other", 1): 40.0, ("this", 1): 4.0, ("other", 2): 30.0, ("this", 2): 5.0}
    found = [
        {"build": build, "round": number, "form": form, "seconds": value}
        for (build, number), value in seconds.items()
        for form in export_turns.FORMS
    ]
    assert export_turns.times_as_fast(found, "csv") == 8.0
    assert "1 · jsonl · other" in "\n".join(export_turns.lines(found))


def test_claims_are_measured_in_both_sizes(silent: Silent, share_site: Share) -> None:
    share_site(claims)
    plan = claims.Plan(sizes=(750, 3_000), claimers=CLAIMERS, rounds=1, seconds=0.9, warm_up=0.1)
    found = claims.measure(plan, silent)
    assert [item["stimuli"] for item in found["rounds"]] == [750, 3_000]
    against = claims.compared(found)
    assert against["p95_ratio"] > 0
    assert not against["sorts"]
    assert any("stimulus_by_priority" in line for line in found["plans"][3_000])


def test_every_page_of_the_console_is_measured(silent: Silent, share_site: Share) -> None:
    share_site(console)
    found = console.measure(
        console.Plan(images=300, raters=20, each=45, times=2, versions=1), silent
    )
    pages = {item["page"]: item for item in found["pages"]}
    assert len(pages) == 36
    assert all(0 < item["p50_ms"] <= item["p95_ms"] for item in pages.values())
    # 20 raters' rows of the CSV, each with a link of its own.
    assert pages["raters, CSV"]["kib"] > 20 * 0.1
    text = "\n".join(console.lines(found))
    assert "300 images, 20 raters" in text


_BROWSER = """
import json
from benchmarks import browser
plan = browser.Plan(trials=4, side=256, key_ms=20, memory_every=2)
print(json.dumps(browser.measure(plan, lambda _line: None)))
"""


@pytest.mark.browser
def test_a_session_in_a_browser_is_measured() -> None:
    # In a process of its own: after another test's browser, this one would have its event loop.
    ran = subprocess.run(
        [sys.executable, "-c", _BROWSER], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["painted"]["count"] == 4
    assert found["layout_shift"] == 0
    # Each trial brings the display copy of an image, and little else.
    assert 0 < found["transfer_kib"] < 200
    assert [item["trial"] for item in found["memory"]] == [0, 2, 4]
    assert all(item["heap_mib"] > 0 for item in found["memory"])


def test_two_builds_import_in_turns(
    silent: Silent, one_site: BenchSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "two_builds", twice(one_site, one_import.imported))
    found = imports.measure(imports.Plan(images=6, side=64, rounds=2), ROOT, silent)
    assert [(each["build"], each["round"]) for each in found] == [
        ("other", 1), ("this", 1), ("other", 2), ("this", 2),
    ]  # fmt: skip
    assert all(each["seconds"] > 0 and each["processor"] > 0 for each in found)
    assert "2 · this" in "\n".join(imports.lines(found))


def test_how_many_times_as_fast_is_the_median_of_the_rounds() -> None:
    times = [("other", 1, 6.0), ("this", 1, 3.0), ("other", 2, 9.0), ("this", 2, 3.0)]
    rows = [{"build": build, "round": n, "seconds": taken} for build, n, taken in times]
    assert imports.times_as_fast(rows, "seconds") == 2.5


def test_methods_of_opinion_scores_are_measured_in_processes_of_their_own(
    silent: Silent,
) -> None:
    plan = opinion.Plan(
        dense=(40, 8), sparse=(80, 20, 5), sparse_methods=("p910",), peer=False, repeats=1
    )
    facts = opinion.measure(plan, silent)
    assert list(facts["cases"]) == ["dense p910", "sparse p910"]
    for case in facts["cases"].values():
        assert case["seconds"] > 0
        assert case["peak_mib"] >= case["peak_mib_before"] > 0
        assert 1 < case["mean"] < 5
    assert "times_faster_than_sureal" not in facts
