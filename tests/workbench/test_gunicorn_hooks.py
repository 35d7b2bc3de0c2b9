"""What a web process does before it answers."""

from types import SimpleNamespace
from typing import Any

import pytest

from workbench import gunicorn_hooks


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was done at once, and after how many seconds the rest."""
    acts: list[Any] = []

    class Timer:
        daemon = False

        def __init__(self, seconds: float, act: object) -> None:
            acts.append(seconds)

        def start(self) -> None:
            assert self.daemon

    monkeypatch.setattr("workbench.core.plots.start_renderer", lambda: acts.append("renderer"))
    monkeypatch.setattr("workbench.gunicorn_hooks.threading.Timer", Timer)
    return acts


def worker(age: int) -> Any:
    """Workers are numbered as they start."""
    return SimpleNamespace(age=age, cfg=SimpleNamespace(workers=2))


def test_the_first_workers_are_ready_for_pages_before_they_answer(done: list[Any]) -> None:
    for age in (1, 2):
        gunicorn_hooks.post_worker_init(worker(age))
    assert done == ["renderer", "renderer"]


def test_workers_that_replace_others_answer_first_and_never_start_it_at_once(
    done: list[Any],
) -> None:
    for age in (3, 4):
        gunicorn_hooks.post_worker_init(worker(age))
    first, second = done
    assert first > 0
    assert second > 0
    assert first != second
