"""This build and another one, each with a site of its own, measured in turns.

A machine's speed changes within minutes, so figures of two runs say little about two builds.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .site import InsideError

_HERE = Path(__file__).parent.parent


class Build:
    """A checkout's process that answers a line of JSON with one; a context manager."""

    def __init__(self, checkout: Path, script: str, first: Mapping[str, Any] | None) -> None:
        """script: in `benchmarks`, run in the checkout; first: a line before it is ready."""
        command = [sys.executable, "-P", str(Path(__file__).parent / script)]
        env = {**os.environ, "PYTHONPATH": str(checkout)}
        self._process = subprocess.Popen(
            command, cwd=checkout, env=env, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if first is None:
            self._answer()
        else:
            self.ask(first)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def ask(self, what: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `what`; raises InsideError if the process has ended."""
        assert self._process.stdin is not None  # a pipe
        self._process.stdin.write(json.dumps(what) + "\n")
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # a pipe
        line = self._process.stdout.readline()
        if not line:
            raise InsideError(f"{' '.join(map(str, self._process.args))} ended early")  # type: ignore[arg-type]
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def two_builds(
    other: Path, script: str, first: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Build]]:
    """The `other` checkout's build and `this` one, ready."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Build(checkout, script, first))
            for name, checkout in (("other", other.absolute()), ("this", _HERE))
        }
