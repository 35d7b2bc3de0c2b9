"""Unexpected errors, told to a collector that speaks Sentry's protocol, if the site names one.

What leaves is what the log may say (`core.logs`): file and line, never local variables, bodies,
cookies or headers; links, signatures and tokens hidden.
"""

from collections.abc import Sequence
from typing import Any

from .logs import redact
from .request_numbers import current_number
from .version import VERSION


def start_reporting(dsn: str, known: Sequence[str] = (), **options: Any) -> None:
    """Args: known: secrets of this site, hidden wherever they stand; options: for the library."""
    import sentry_sdk  # only where it is wanted: it looks into Django and Celery

    secrets = [secret for secret in known if secret]
    sentry_sdk.init(
        dsn=dsn,
        release=VERSION,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        # What happened before an error: addresses and statements, among them.
        max_breadcrumbs=0,
        before_send=lambda event, hint: cleaned(event, secrets),
        **options,
    )


def cleaned(event: Any, known: Sequence[str]) -> Any:
    """The event without what identifies a person or opens anything."""
    request = event.pop("request", {})
    event.pop("user", None)
    event.pop("breadcrumbs", None)
    if "method" in request:
        event["request"] = {"method": request["method"]}
    if number := current_number():
        event.setdefault("tags", {})["request"] = number
    return _redacted(event, known)


def _redacted(value: Any, known: Sequence[str]) -> Any:
    if isinstance(value, str):
        return redact(value, known)
    if isinstance(value, dict):
        return {name: _redacted(item, known) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, known) for item in value]
    return value
