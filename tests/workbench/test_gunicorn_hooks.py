"""What a web process does before it answers."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workbench import gunicorn_hooks
from workbench.core import room


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
    monkeypatch.setattr("workbench.core.room._room", None)
    monkeypatch.setattr("workbench.core.jobs.heartbeats.keep_saying_alive", lambda *_said: None)
    monkeypatch.setattr("workbench.gunicorn_hooks.sys.setswitchinterval", acts.append)
    # Of the process that runs the tests.
    monkeypatch.setattr("workbench.gunicorn_hooks.gc.freeze", lambda: None)
    return acts


def worker(age: int) -> Any:
    """Workers are numbered as they start."""
    return SimpleNamespace(age=age, cfg=SimpleNamespace(workers=2, threads=8))


def test_the_first_workers_are_ready_for_pages_before_they_answer(done: list[Any]) -> None:
    for age in (1, 2):
        gunicorn_hooks.post_worker_init(worker(age))
    assert done == [gunicorn_hooks._SWITCH, "renderer"] * 2
    assert room._room is not None
    assert room._room.others.places == 5


def test_workers_that_replace_others_answer_first_and_never_start_it_at_once(
    done: list[Any],
) -> None:
    for age in (3, 4):
        gunicorn_hooks.post_worker_init(worker(age))
    _switch, first, _same, second = done
    assert first > 0
    assert second > 0
    assert first != second


def test_what_a_killed_server_left_is_deleted_and_what_another_one_uses_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "mint-measured-being-made").mkdir()
    first, held = gunicorn_hooks._folder_to_measure(tmp_path)
    second, other = gunicorn_hooks._folder_to_measure(tmp_path)
    assert first.exists()
    held.close()  # as the system does for who is killed
    third, last = gunicorn_hooks._folder_to_measure(tmp_path)
    assert not first.exists()
    assert {path.name for path in tmp_path.iterdir()} == {
        "mint-measured-being-made",
        second.name,
        third.name,
    }
    other.close()
    last.close()
