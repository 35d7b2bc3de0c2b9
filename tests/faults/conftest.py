"""The S3 server of `tests.buckets`, for tests here."""

from tests.buckets import bucket, s3_endpoint, site_in_bucket

__all__ = ["bucket", "s3_endpoint", "site_in_bucket"]
