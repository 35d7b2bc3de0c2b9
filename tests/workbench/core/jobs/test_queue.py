from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from kombu.exceptions import OperationalError

from tests.conftest import SEND_TASK, Sent
from workbench.core.jobs.queue import enqueue, enqueue_each

Commit = Callable[..., AbstractContextManager[object]]

pytestmark = pytest.mark.django_db


def test_a_task_leaves_when_the_transaction_commits(
    sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue("train", 7)
        enqueue_each("score", [(1,), (2,), (3,)])
        assert sent == []
    assert sent == [("train", (7,)), ("score", (1,)), ("score", (2,)), ("score", (3,))]


def test_a_queue_that_refuses_is_not_asked_again_for_the_rest(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Commit
) -> None:
    """With 0.6 s for each refusal, 38 chunks made a request of 24 s."""
    asked: list[tuple[int, ...]] = []

    def refuse_the_second(task: str, args: tuple[int, ...]) -> None:
        asked.append(args)
        if len(asked) == 2:
            raise OperationalError("connection refused")

    monkeypatch.setattr(SEND_TASK, refuse_the_second)
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_each("score", [(chunk,) for chunk in range(38)])
    assert asked == [(0,), (1,)]
