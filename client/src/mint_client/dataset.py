"""One dataset release of a study."""

import hashlib
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx

from . import models
from .connection import Connection
from .errors import ApiError, DamagedError, UnreachableError
from .waiting import wait_for

#: Seconds before each further try of a download that broke off, in which nothing came.
_PAUSES = (1.0, 5.0, 20.0)


class Dataset:
    """A dataset release by its number. Nothing is asked of the server until a method needs it."""

    def __init__(self, connection: Connection, study: str, number: int) -> None:
        self._connection = connection
        self._path = f"studies/{quote(study, safe='')}/datasets/{number}/"
        self._name = f"{study}, dataset release {number}"
        self.study = study
        self.number = number

    def read(self) -> models.Dataset:
        """Its state, progress, size and hashes."""
        return cast(models.Dataset, self._connection.read(self._path))

    def wait(self, *, timeout: float = 3600.0) -> models.Dataset:
        """Once it is made. Raises JobFailedError, WaitedTooLongError."""
        return wait_for(self.read, self._name, timeout=timeout)

    def cancel(self) -> models.Dataset:
        """Stop the making. Raises ConflictError if it is over."""
        return cast(models.Dataset, self._connection.send("POST", f"{self._path}cancel/").json())

    def download(self, path: str | Path = ".") -> Path:
        """The archive, at `path`, or in it under its own name if `path` is a folder.

        What comes is kept in a file ending in `.part`; after an interruption, also in another
        process, the download goes on from there. The archive has the hash that the server names, or
        DamagedError is raised. Raises JobFailedError, if it is not made, and UnreachableError.
        """
        told = self.wait(timeout=0)
        target = Path(path)
        if target.is_dir():
            target /= f"{self.study}-{told['version']}.zip"
        # Its hash is in its name: what goes on is always the same archive.
        part = target.with_name(f"{target.name}.{told['archive_sha256'][:16]}.part")
        self._fetch(part, told["size"])
        if _sha256(part) != told["archive_sha256"]:
            part.unlink()
            raise DamagedError(f"{self._name}: what came has another hash; download it again")
        return part.replace(target)

    def _fetch(self, part: Path, size: int) -> None:
        """Bytes until there are `size`, in as many requests as it takes."""
        pauses = iter(_PAUSES)
        while (have := _size(part)) < size:
            try:
                self._go_on(part, have)
                reason = "it ended early"
            except (httpx.TransportError, UnreachableError) as error:
                reason = str(error)
            except ApiError as error:
                if error.status not in (502, 503, 504):
                    raise
                reason = str(error)
            if _size(part) > have:
                pauses = iter(_PAUSES)
                continue
            pause = next(pauses, None)
            if pause is None:
                raise UnreachableError(f"{self._name}: the download broke off: {reason}")
            time.sleep(pause)

    def _go_on(self, part: Path, have: int) -> None:
        """Writes what one request gives, behind what is there or, from a server that knows no
        ranges, from the beginning."""
        # Compressed on its way, it would have other bytes than the range counts.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with (
            self._connection.stream(f"{self._path}archive/", headers=headers) as response,
            part.open("ab" if response.status_code == 206 else "wb") as file,
        ):
            for piece in response.iter_bytes():
                file.write(piece)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _sha256(path: Path) -> Any:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
