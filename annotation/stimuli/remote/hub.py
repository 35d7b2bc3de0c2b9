"""Reading a dataset of the Hugging Face hub: its tables and images, as they are in its repository.

Source: huggingface.co/docs/hub/api, `GET /api/datasets/{owner}/{name}/tree/{revision}`.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from workbench.core.tables.kinds import is_table_name
from workbench.core.texts import gettext_noop

from ..importing.names import safe_name
from .addresses import Allowed
from .errors import RemoteError, too_large
from .https import fetch_file, write_to

_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_MOST_FILES, _MOST_LISTED = 20_000, 64 * 2**20


def fetch_dataset(address: str, folder: Path, allowed: Allowed) -> Path:
    """The tables and images of `hf:OWNER/NAME`, or of `hf:OWNER/NAME@REVISION`, as a folder. Raises
    RemoteError."""
    parts = allowed.check(address.partition("@")[0])
    name, revision = parts.path.strip("/"), address.partition("@")[2] or "main"
    hub = allowed.of_hub()
    left = allowed.most_bytes
    for number, (path, size) in enumerate(_listed(address, name, revision, hub), start=1):
        left -= size
        if left < 0 or number > _MOST_FILES:
            raise too_large(address, allowed.most_bytes)
        place = folder / safe_name(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        where = f"{allowed.hub}/datasets/{name}/resolve/{quote(revision)}/{quote(path)}"
        fetched = fetch_file(where, place.parent, replace(hub, most_bytes=max(size, 1)))
        fetched.rename(place)
    return folder


def _listed(address: str, name: str, revision: str, hub: Allowed) -> Iterator[tuple[str, int]]:
    """Path and bytes of each table and image."""
    where = f"{hub.entries[0]}/api/datasets/{name}/tree/{quote(revision)}?recursive=true"
    answer = io.BytesIO()
    write_to(answer, where, replace(hub, most_bytes=_MOST_LISTED))
    try:
        items: Any = json.loads(answer.getvalue())
        files = [(str(item["path"]), int(item["size"])) for item in items if item["type"] == "file"]
    except (ValueError, KeyError, TypeError) as error:
        raise _no_listing(address) from error
    kept = [(path, size) for path, size in files if _is_wanted(path)]
    if not kept:
        raise _no_listing(address)
    return iter(kept)


def _is_wanted(path: str) -> bool:
    return is_table_name(path) or PurePosixPath(path).suffix.lower() in _IMAGES


def _no_listing(address: str) -> RemoteError:
    return RemoteError(
        gettext_noop("%(address)s holds no tables or images that can be read"),
        gettext_noop("check the name of the dataset"),
        address=address,
    )
