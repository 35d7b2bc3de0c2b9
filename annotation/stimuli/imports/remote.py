"""Remote sources as the settings allow them, fetched to where an import reads them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from ..remote.addresses import Allowed, is_address
from ..remote.buckets import fetch_bucket
from ..remote.https import fetch_file
from ..remote.hub import fetch_dataset


def allowed_sources() -> Allowed:
    """Nothing unless an operator lists it (IMPORT_REMOTE)."""
    return Allowed(tuple(settings.IMPORT_REMOTE), settings.IMPORT_UPLOAD_BYTES, settings.IMPORT_HUB)


def refuse_address(address: str) -> None:
    """Raises RemoteError for one that this server may not read."""
    allowed_sources().check(address.partition("@")[0])


@contextmanager
def fetched(source: str | Path | None) -> Iterator[Path | None]:
    """`source` itself if it is a path; what is at an address as a file or a folder, which goes
    again. Raises RemoteError."""
    if source is None or not is_address(str(source)):
        yield None if source is None else Path(source)
        return
    with tempfile.TemporaryDirectory(prefix="mint-remote-") as folder:
        yield fetch(str(source), Path(folder))


def fetch(address: str, folder: Path) -> Path:
    """Raises RemoteError."""
    allowed = allowed_sources()
    scheme = allowed.check(address.partition("@")[0]).scheme
    if scheme == "s3":
        return fetch_bucket(address, folder, allowed, settings.S3_OPTIONS)
    if scheme == "hf":
        return fetch_dataset(address, folder, allowed)
    return fetch_file(address, folder, allowed)
