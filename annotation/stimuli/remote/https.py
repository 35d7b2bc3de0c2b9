"""Reading a file by HTTPS: bounded, and only where an operator allows it, after a redirect too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urljoin

import httpcore

from workbench.core.texts import gettext_noop

from .addresses import Allowed, port_of, split_address
from .connecting import CheckedBackend, Resolve, resolved
from .errors import RemoteError, refused, too_large, unreachable

_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
#: Seconds without a byte, and in all.
_TIMEOUTS = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 10.0}
_LONGEST_SECONDS = 3_600
_HEADERS = [(b"Accept-Encoding", b"identity"), (b"User-Agent", b"mint-workbench")]


def fetch_file(
    address: str, folder: Path, allowed: Allowed, *, resolve: Resolve = resolved
) -> Path:
    """The file at `address`, in `folder` under its own name. Raises RemoteError."""
    target = folder / file_name(address)
    with target.open("wb") as file:
        write_to(file, address, allowed, resolve=resolve)
    return target


def write_to(
    file: IO[bytes], address: str, allowed: Allowed, *, resolve: Resolve = resolved
) -> int:
    """Writes what is at `address`; how many bytes. Raises RemoteError."""
    written, end = 0, time.monotonic() + _LONGEST_SECONDS
    with _opened(address, allowed, resolve) as response:
        if int(_header(response, b"content-length") or 0) > allowed.most_bytes:
            raise too_large(address, allowed.most_bytes)
        for chunk in response.iter_stream():
            written += len(chunk)
            if written > allowed.most_bytes:
                raise too_large(address, allowed.most_bytes)
            if time.monotonic() > end:
                raise unreachable(address, "timeout")
            file.write(chunk)
    return written


def file_name(address: str) -> str:
    name = PurePosixPath(unquote(split_address(address).path)).name
    return name.replace("/", "_").replace("\\", "_")[-100:] or "file"


@contextmanager
def _opened(address: str, allowed: Allowed, resolve: Resolve) -> Iterator[Any]:
    """The answer, after redirects to where it is allowed."""
    place = address
    for _turn in range(_MOST_REDIRECTS + 1):
        with _asked(place, allowed, resolve) as response:
            if response.status not in _REDIRECTS:
                if response.status != 200:
                    raise refused(place, response.status)
                yield response
                return
            place = urljoin(place, _header(response, b"location"))
    raise RemoteError(
        gettext_noop("%(address)s redirects more than %(most)d times"),
        gettext_noop("give the address that it leads to"),
        address=address,
        most=_MOST_REDIRECTS,
    )


@contextmanager
def _asked(address: str, allowed: Allowed, resolve: Resolve) -> Iterator[Any]:
    parts = allowed.check(address)
    if parts.scheme not in ("http", "https"):
        raise refused(address, 404)

    def own(host: str, port: int) -> bool:
        return port == port_of(parts) and allowed.names(parts.scheme, host, port)

    backend = CheckedBackend(own, resolve)
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend) as pool,
            pool.stream(
                "GET", address, headers=_HEADERS, extensions={"timeout": _TIMEOUTS}
            ) as response,
        ):
            yield response
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise unreachable(address, error) from error


def _header(response: Any, name: bytes) -> str:
    found = next((value for key, value in response.headers if key.lower() == name), b"")
    return str(found.decode("latin-1"))
