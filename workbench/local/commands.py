"""What `python -m workbench.local` does."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ..core.environment import value_of, with_values
from .errors import LocalServerError
from .interrupt import interrupted_by_signals, undisturbed
from .preflight import wait_for
from .process import end_with_parent
from .services import Services, ServiceUrls
from .stack import Stack, data_folder, secret_key


def say(line: str) -> None:
    print(f"· {line}", flush=True)


def demo(port: int) -> int:
    """Run everything with a demo study until SIGINT or SIGTERM; returns the exit status."""
    data = data_folder()
    print(f"MINT Workbench on port {port}; data and logs in {data}", flush=True)
    stack = Stack(data, port=port, given=os.environ, say=say)
    try:
        with interrupted_by_signals(), stack:
            stack.manage("demo_seed", show=True)
            print(f"\nReady: {stack.base_url}/   Press Ctrl-C to stop.\n", flush=True)
            stack.supervisor.forever()
    except KeyboardInterrupt:
        print("Everything has stopped; the data is kept.", flush=True)
    return 0


def run(command: Sequence[str], throw_away: bool) -> int:
    """Run a command with the servers' addresses in its environment; returns its exit status.

    Without `throw_away` it works on the demo's data, even while the demo runs.
    """
    with _data(throw_away) as data:
        services = Services(
            data / "services",
            log=data / "log",
            durable=not throw_away,
            given={} if throw_away else os.environ,
            share=not throw_away,
        )
        try:
            with interrupted_by_signals():
                urls = services.start()
                environment = _environment(urls, data)
            return _run_to_end(command, environment)
        finally:
            with undisturbed():
                services.stop()


def wait(seconds: float) -> int:
    """Return when the servers that the environment names answer."""
    urls = ServiceUrls(value_of("DATABASE_URL"), value_of("REDIS_URL"))
    missing = [name for name, value in urls.environment().items() if not value]
    if missing:
        raise LocalServerError(
            f"{' and '.join(missing)} not set; give the address of the server to wait for"
        )
    wait_for(urls, say, seconds=seconds)
    return 0


def remove() -> int:
    """Delete the local data; refused while something runs on it."""
    data = data_folder()
    services = Services(data / "services", durable=False)
    services.stop()  # throw-away data is deleted, even if it is elsewhere
    shutil.rmtree(data, ignore_errors=True)
    say(f"deleted {data}")
    return 0


@contextmanager
def _data(throw_away: bool) -> Iterator[Path]:
    if not throw_away:
        yield data_folder()
        return
    folder = Path(tempfile.mkdtemp(prefix="mint-run-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(urls: ServiceUrls, data: Path) -> dict[str, str]:
    return with_values(
        {
            **urls.environment(),
            "MINT_DATA_DIR": str(data),
            "SECRET_KEY": secret_key(data),
        }
    )


def _run_to_end(command: Sequence[str], environment: dict[str, str]) -> int:
    """As a shell would: the command keeps the terminal, and a Ctrl-C there reaches it directly."""
    try:
        child = subprocess.Popen(
            command,
            env=environment,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- calls one function of libc
        )
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        return 127

    def pass_on(number: int, frame: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    # A terminal sends it to the child as well; `kill -INT` to us alone must reach it, too.
    signal.signal(
        signal.SIGINT, lambda number, frame: None if sys.stdin.isatty() else pass_on(number, frame)
    )
    code = child.wait()
    return code if code >= 0 else 128 - code
