"""An S3 server in this process (moto's), and the site with its files there."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

KEYS = {"access_key": "testing", "secret_key": "testing-secret"}
REGION = "eu-central-1"
_numbers = itertools.count()


@dataclass(frozen=True)
class Bucket:
    """A bucket of one test's own."""

    name: str
    endpoint: str

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEYS["access_key"],
            aws_secret_access_key=KEYS["secret_key"],
        )

    def names(self) -> list[str]:
        found = self.client().list_objects_v2(Bucket=self.name)
        return [item["Key"] for item in found.get("Contents", [])]

    def environment(self) -> dict[str, str]:
        """For processes of the site."""
        return {
            "S3_BUCKET": self.name,
            "S3_ENDPOINT_URL": self.endpoint,
            "S3_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEYS["access_key"],
            "AWS_SECRET_ACCESS_KEY": KEYS["secret_key"],
        }


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str) -> Bucket:
    made = Bucket(f"mint-{next(_numbers)}", s3_endpoint)
    place = {"LocationConstraint": REGION}
    made.client().create_bucket(Bucket=made.name, CreateBucketConfiguration=place)
    return made


@pytest.fixture
def site_in_bucket(bucket: Bucket, settings: Settings) -> Bucket:
    """This process keeps images and models there."""
    use_bucket(settings, bucket.name, bucket.endpoint)
    return bucket


def use_bucket(settings: Settings, name: str, endpoint: str) -> None:
    options = {**settings.S3_OPTIONS, "bucket_name": name, "endpoint_url": endpoint}
    options |= {"region_name": REGION, **KEYS}
    backend = "workbench.core.buckets.BucketStorage"
    settings.S3_BUCKET = name
    settings.S3_OPTIONS = options
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": backend, "OPTIONS": options},
        "artifacts": {"BACKEND": backend, "OPTIONS": {**options, "location": "artifacts"}},
    }
