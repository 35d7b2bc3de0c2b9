"""Reading a file by HTTPS: bounded, and only where an operator allows it, after a redirect too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urljoin

import httpx

from workbench.core.outbound import OutboundRefusedError, outbound_client
from workbench.core.texts import gettext_noop

from .addresses import Allowed, split_address
from .errors import RemoteError, private, refused, too_large, unreachable

_MOST_REDIRECTS = 5
#: Seconds without a byte, and in all.
_TIMEOUT = httpx.Timeout(30, connect=10)
_LONGEST_SECONDS = 3_600
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "mint-workbench"}


def fetch_file(address: str, folder: Path, allowed: Allowed) -> Path:
    """The file at `address`, in `folder` under its own name. Raises RemoteError."""
    target = folder / file_name(address)
    with target.open("wb") as file:
        write_to(file, address, allowed)
    return target


def write_to(file: IO[bytes], address: str, allowed: Allowed) -> int:
    """Writes what is at `address`; how many bytes. Raises RemoteError."""
    written = 0
    with _opened(address, allowed) as response:
        if int(response.headers.get("content-length") or 0) > allowed.most_bytes:
            raise too_large(address, allowed.most_bytes)
        for chunk in response.iter_raw():
            written += len(chunk)
            if written > allowed.most_bytes:
                raise too_large(address, allowed.most_bytes)
            file.write(chunk)
    return written


def file_name(address: str) -> str:
    name = PurePosixPath(unquote(split_address(address).path)).name
    return name.replace("/", "_").replace("\\", "_")[-100:] or "file"


@contextmanager
def _opened(address: str, allowed: Allowed) -> Iterator[httpx.Response]:
    """The answer, after redirects to where it is allowed."""
    place = address
    for _turn in range(_MOST_REDIRECTS + 1):
        with _asked(place, allowed) as response:
            if not response.has_redirect_location:
                if response.status_code != 200:
                    raise refused(place, response.status_code)
                yield response
                return
            place = urljoin(place, response.headers["location"])
    raise RemoteError(
        gettext_noop("%(address)s redirects more than %(most)d times"),
        gettext_noop("give the address that it leads to"),
        address=address,
        most=_MOST_REDIRECTS,
    )


@contextmanager
def _asked(address: str, allowed: Allowed) -> Iterator[httpx.Response]:
    if allowed.check(address).scheme not in ("http", "https"):
        raise refused(address, 404)
    client = outbound_client(
        allowed=allowed, seconds=_LONGEST_SECONDS, timeout=_TIMEOUT, headers=_HEADERS
    )
    try:
        with client, client.stream("GET", address) as response:
            yield response
    except OutboundRefusedError as error:
        raise private(address) from error
    except httpx.TransportError as error:
        raise unreachable(address, error) from error
