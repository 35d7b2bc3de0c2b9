"""Conditional requests (RFC 9110, section 13): what did not change is not sent again, and a change
is refused if somebody else was first."""

from hashlib import sha256

from django.http import HttpResponseNotModified
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.core.errors import MintError

#: What an answer depends on, in addition to its address.
_VARY = ("Authorization", "Cookie", "Accept-Language")
_KEPT = ("ETag", "Vary", "Cache-Control")


class ChangedError(MintError):
    """What a request wants to change is no longer what its sender read."""

    code = "changed"
    status = 412


def add_etag(response: Response) -> None:
    """To a rendered answer."""
    response.headers["ETag"] = etag_of(response)
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, _VARY)


def not_modified(request: Request, response: Response) -> HttpResponseNotModified | None:
    """The answer to a client that has this one already."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    etag = response.headers["ETag"]
    if "*" not in known and etag not in (item.removeprefix("W/") for item in known):
        return None
    return HttpResponseNotModified(headers={name: response.headers[name] for name in _KEPT})


def refuse_changed(request: Request, now: Response) -> None:
    """Raises ChangedError unless the rendered answer is one that `If-Match` names."""
    known = parse_etags(request.headers["If-Match"])
    if "*" not in known and etag_of(now) not in known:
        raise ChangedError(
            _("It has changed since you read it. Read it again, and send your change once more.")
        )


def etag_of(response: Response) -> str:
    return f'"{sha256(response.content).hexdigest()[:32]}"'
