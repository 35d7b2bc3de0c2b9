"""What can go wrong, by name. All are ClientError."""

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Anything that this client raises on purpose."""


class UnreachableError(ClientError):
    """No answer came, or only a proxy's, also after several tries."""


class JobFailedError(ClientError):
    """The server's work failed or was cancelled; `job` is what the server says of it."""

    def __init__(self, words: str, job: Mapping[str, Any]) -> None:
        super().__init__(words)
        self.job = job


class WaitedTooLongError(ClientError):
    """The server's work goes on, but not the waiting for it."""


class DamagedError(ClientError):
    """A download is not what the server has."""


class MissingPackageError(ClientError):
    """A table needs pandas, which `pip install "mint-workbench-client[pandas]"` brings."""


class ApiError(ClientError):
    """The server refused a request, in the words of RFC 9457.

    `status`: of HTTP; `code`: tells problems of one status apart and stays the same; `detail`: for
    people, says how to fix it; `errors`: by field, what is wrong with what was sent.
    """

    def __init__(self, request: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "error"))
        self.detail = str(problem.get("detail") or problem.get("title") or "no reason given")
        self.errors: Mapping[str, Any] = problem.get("errors") or {}
        super().__init__(f"{request} was answered {status} ({self.code}): {self.detail}")


class InvalidError(ApiError):
    """400, 415 or 422: what was sent does not fit."""


class NotAuthenticatedError(ApiError):
    """401: the token is missing, wrong or has expired."""


class NotAllowedError(ApiError):
    """403: the token's scopes, or the account's role in the study, do not allow it."""


class NotFoundError(ApiError):
    """404: it is not there, or not for this account."""


class ConflictError(ApiError):
    """409: the state that it is in does not allow it."""


class ChangedError(ApiError):
    """412: somebody has changed it since it was read."""


class TooLargeError(ApiError):
    """413: more than the server takes at once."""


class TooOftenError(ApiError):
    """429: too many requests, and the server does not say that waiting a little helps."""


class ServerError(ApiError):
    """5xx: the server's fault."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidError,
    401: NotAuthenticatedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    412: ChangedError,
    413: TooLargeError,
    415: InvalidError,
    422: InvalidError,
    429: TooOftenError,
}


def error_of(request: str, status: int, problem: Mapping[str, Any]) -> ApiError:
    """The error that a response of 400 or more stands for; `request`: its method and path."""
    usual = ServerError if status >= 500 else ApiError
    return _BY_STATUS.get(status, usual)(request, status, problem)
