"""Reading a bucket's objects below a prefix, from the object storage that the server uses."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ..importing.names import safe_name
from .addresses import Allowed
from .errors import RemoteError, refused, too_large, unreachable

MOST_FILES = 100_000


def fetch_bucket(address: str, folder: Path, allowed: Allowed, options: Mapping[str, Any]) -> Path:
    """The object at `s3://BUCKET/KEY` as a file, or all objects below it as a folder. options: the
    storage's `endpoint_url`, `access_key` and `secret_key`. Raises RemoteError."""
    # Only here: it takes a second to import.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    parts = allowed.check(address)
    bucket, prefix = parts.hostname or "", parts.path.lstrip("/")
    client = boto3.client(
        "s3",
        endpoint_url=options.get("endpoint_url"),
        aws_access_key_id=options.get("access_key"),
        aws_secret_access_key=options.get("secret_key"),
        config=Config(connect_timeout=10, read_timeout=30, retries={"max_attempts": 2}),
    )
    try:
        found = list(_below(client, bucket, prefix, address, allowed.most_bytes))
        for key, name in found:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, key, str(place))
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        raise refused(address, status) from error
    except BotoCoreError as error:
        raise unreachable(address, error) from error
    if not found:
        raise refused(address, 404)
    return folder / found[0][1] if len(found) == 1 and found[0][0] == prefix else folder


def _below(
    client: Any, bucket: str, prefix: str, address: str, most_bytes: int
) -> Iterator[tuple[str, str]]:
    """Key and name of each object: that of the key itself, or those in the folder of that name."""
    left, number = most_bytes, 0
    start = prefix.rstrip("/")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start):
        for item in page.get("Contents", ()):
            key: str = item["Key"]
            rest = key[len(start) :]
            if key.endswith("/") or not (rest == "" or rest.startswith("/") or not start):
                continue
            left, number = left - item["Size"], number + 1
            if left < 0 or number > MOST_FILES:
                raise too_large(address, most_bytes)
            yield key, _named(rest.strip("/") or key.rsplit("/", 1)[-1], address)


def _named(name: str, address: str) -> str:
    try:
        return safe_name(name)
    except Problem as error:
        raise RemoteError(
            gettext_noop('%(address)s holds "%(name)s", whose name points outside it'),
            gettext_noop("rename it"),
            address=address,
            name=error.params["name"],
        ) from error
