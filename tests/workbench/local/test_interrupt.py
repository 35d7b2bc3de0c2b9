"""A request to stop is heard, whenever it comes."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.local.interrupt import deferred, interrupted_by_signals, raise_if_asked, undisturbed

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_interrupts(how: signal.Signals) -> None:
    reached = []

    def work() -> None:
        with interrupted_by_signals():
            os.kill(os.getpid(), how)
            reached.append("the next line")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == []
    raise_if_asked()  # it was noticed: nothing that waits later is interrupted by it


def test_a_deferred_request_is_heard_at_the_next_look() -> None:
    reached = []

    def work() -> None:
        with interrupted_by_signals():
            with deferred():
                os.kill(os.getpid(), signal.SIGTERM)
                reached.append("the end of the deferral")
            raise_if_asked()
            reached.append("the next line")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == ["the end of the deferral"]


def test_a_request_that_nobody_looked_for_is_heard_at_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_by_signals(), deferred():
        os.kill(os.getpid(), signal.SIGTERM)


_INTERRUPTED_AT_A_FORK = """
import os, signal, subprocess
from workbench.local.interrupt import interrupted_by_signals
with interrupted_by_signals():
    os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
    subprocess.Popen(["/bin/true"], preexec_fn=lambda: None).wait()
"""


def test_a_request_whose_exception_python_drops_is_heard_all_the_same() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_AT_A_FORK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Exception ignored" in ran.stderr  # what this is about
    assert ran.stderr.rstrip().endswith("KeyboardInterrupt")
    assert ran.returncode != 0


def test_an_orderly_stop_is_not_disturbed() -> None:
    done = []
    with contextlib.suppress(KeyboardInterrupt), interrupted_by_signals():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            with undisturbed():
                raise_if_asked()
                done.append("what the stop waits for")
    with interrupted_by_signals(), undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("after the first")
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("after the second")
    assert done == ["what the stop waits for", "after the first", "after the second"]
