"""A private Redis from a wheel: Celery's broker and Django's cache."""

import signal
from collections.abc import Sequence
from pathlib import Path

import redis

from .programs import redis_program
from .server import LocalServer


class LocalRedis(LocalServer):
    """A private Redis; `start()` returns its REDIS_URL."""

    name = "Redis"
    stop_signals = (signal.SIGTERM, signal.SIGINT)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        self.program = redis_program(self.home, self.account)

    def _command(self) -> Sequence[str | Path]:
        return [self.program, "-"]

    def _stdin(self) -> bytes:
        """The configuration, read from standard input: a password on a command line is public."""
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{self.home}"',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            # A full queue must refuse, not forget.
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "databases": "4",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items()).encode()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
