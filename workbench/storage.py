"""File storage: signed local URLs for images, hashed names for static files."""

import time
from urllib.parse import quote

from django.core import signing
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_SALT = "media"
#: A signature is good for one to two periods, and constant within one so that browsers can cache.
#: So long can somebody who was excluded still open an image whose address they have.
_PERIOD_SECONDS = 3600


class SignedFileSystemStorage(FileSystemStorage):
    """Local files whose URLs carry an expiring signature, as an S3 presigned URL does.

    Raters are strangers: knowing one image's address must not open the collection.
    """

    def url(self, name: str | None) -> str:
        period = int(time.time()) // _PERIOD_SECONDS
        return f"{super().url(name)}?s={quote(_signature(name or '', period))}"


def signature_is_valid(name: str, signature: str) -> bool:
    """Whether `signature` opens `name` now."""
    now = int(time.time()) // _PERIOD_SECONDS
    # The separator would shift what is name, period and signature.
    return ":" not in signature and any(
        _signed(f"{name}:{period}:{signature}") for period in (now, now - 1)
    )


def _signed(text: str) -> bool:
    """By the site's key or an earlier one: a page in a browser outlives a change of keys."""
    try:
        signing.Signer(salt=_SALT).unsign(text)
    except signing.BadSignature:
        return False
    return True


def _signature(name: str, period: int) -> str:
    return signing.Signer(salt=_SALT).signature(f"{name}:{period}")


#: An import or export of another module, at the start of a line. Django's own expression also takes
#: a type in a comment for one (`import("./x.js")`), and modules that name each other's types would
#: never settle.
_MODULE = (
    r"""(?m)^(?P<matched>(?P<head>import\s*|(?:import|export)\b[^"';]*\bfrom\s*)"""
    r""""(?P<url>\.[^"]+)";)"""
)


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed static files; rewrites the imports of ES modules too."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("*.js", ((_MODULE, '%(head)s"%(url)s";'),)),
    )
    #: A pass settles the names of modules whose imports are settled: at least one for each level.
    max_post_process_passes = 20
