"""How one attempt to deliver went."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

#: Attempts that a delivery keeps.
KEPT = 20
#: Answers of receivers that have too much to do: the others of theirs wait, too.
_BUSY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


class Failure(StrEnum):
    #: An answer other than 2xx, and one that leads elsewhere, which is not followed.
    STATUS = "status"
    REDIRECT = "redirect"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    #: An address in a private network.
    ADDRESS = "address"
    #: A secret that cannot be read, because the site's key is another one.
    SECRET = "secret"  # noqa: S105 -- the name of a failure


@dataclass(frozen=True)
class Attempt:
    """`at`: ISO 8601. `status`: None without an answer. `asked`: seconds that the receiver wants to
    be left alone."""

    at: str
    milliseconds: int
    status: int | None = None
    failure: Failure | None = None
    asked: float = 0.0

    @property
    def delivered(self) -> bool:
        return self.failure is None

    @property
    def gone(self) -> bool:
        return self.status == HTTPStatus.GONE

    @property
    def busy(self) -> bool:
        """Whether other deliveries to this receiver would fail in the same way now."""
        return self.status in _BUSY or self.failure in (Failure.TIMEOUT, Failure.CONNECTION)

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "asked"}


def failure_of(status: int) -> Failure | None:
    if 200 <= status < 300:
        return None
    return Failure.REDIRECT if 300 <= status < 400 else Failure.STATUS
