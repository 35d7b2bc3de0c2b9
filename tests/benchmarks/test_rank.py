"""The benchmark of ranking, small."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks import one_rank, rank


class InThisProcess:
    """A build without a process of its own."""

    def ask(self, what: dict[str, Any]) -> dict[str, float]:
        return one_rank.ranked(what)


@contextmanager
def builds(*_arguments: object) -> Iterator[Any]:
    yield {"this": InThisProcess()}


@contextmanager
def build(*_arguments: object) -> Iterator[InThisProcess]:
    yield InThisProcess()


def test_pools_are_ranked_in_turns_and_a_large_one_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rank, "two_builds", builds)
    monkeypatch.setattr(rank, "Build", build)
    plan = rank.Plan(500, 8, (("this", 5), ("this", 9)), rounds=2, large=(800, 8, 5))
    found = rank.measure(plan, Path(), lambda _line: None)
    assert [(each["round"], each["chosen"]) for each in found["rankings"]] == [
        (1, 5), (1, 9), (2, 5), (2, 9),
    ]  # fmt: skip
    assert all(each["seconds"] > 0 for each in found["rankings"])
    assert found["large"]["peak_mib"] > 0
    assert "aim: 10.0 s" in rank.lines(plan, found)[-1]
