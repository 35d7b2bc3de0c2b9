"""Both private servers together, or the ones that the environment names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..core.environment import value_of
from .errors import AlreadyRunningError
from .postgres import LocalPostgres
from .redis import LocalRedis


@dataclass(frozen=True)
class ServiceUrls:
    """The addresses of PostgreSQL and Redis."""

    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


class Services:
    """A private PostgreSQL and Redis below one folder; a server that is given is used instead.

    Args:
        folder: for the data of both.
        log: folder for their logs; next to the data if not given.
        durable: False for throw-away data.
        given: environment in which DATABASE_URL and REDIS_URL may name other servers.
        share: use the servers of another process on the same folder, if it runs them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        log: Path | None = None,
        durable: bool = True,
        given: Mapping[str, str] | None = None,
        share: bool = False,
    ) -> None:
        given = given or {}
        self.database_url = value_of("DATABASE_URL", given)
        self.redis_url = value_of("REDIS_URL", given)
        self._durable = durable
        self._share = share
        self._servers: list[LocalPostgres | LocalRedis] = []
        if not self.database_url:
            self.postgres = LocalPostgres(
                folder / "postgres", log=log and log / "postgres.log", durable=durable
            )
            self._servers.append(self.postgres)
        if not self.redis_url:
            self.redis = LocalRedis(
                folder / "redis", log=log and log / "redis.log", durable=durable
            )
            self._servers.append(self.redis)

    @property
    def urls(self) -> ServiceUrls:
        return ServiceUrls(self.database_url, self.redis_url)

    @property
    def servers(self) -> list[LocalPostgres | LocalRedis]:
        """The servers that this object runs."""
        return [server for server in self._servers if server.process is not None]

    def start(self) -> ServiceUrls:
        """Start what is not given; what was started is stopped again if the other one fails."""
        try:
            for server in self._servers:
                url = self._start_or_share(server)
                if isinstance(server, LocalPostgres):
                    self.database_url = url
                else:
                    self.redis_url = url
        except BaseException:
            self.stop()
            raise
        return self.urls

    def _start_or_share(self, server: LocalPostgres | LocalRedis) -> str:
        try:
            return server.start()
        except AlreadyRunningError:
            url = server.running_url() if self._share else None
            if url is None:
                raise
            return url

    def stop(self) -> None:
        """Stop what was started; throw-away data is deleted."""
        for server in reversed(self._servers):
            if self._durable:
                server.stop()
            else:
                server.remove()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
