"""Folders of the server are nobody's business but its administrators': the log has them."""

import re
import tempfile
from collections.abc import Iterator

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)


def without_folders(text: str) -> str:
    """`text`, with paths below the site's own folders shortened to what is below them. What is left
    out goes to the log."""
    shorter = text
    for folder in sorted(set(_folders()), key=len, reverse=True):
        # Not in the midst of another path or address.
        there = rf"(?<![\w/.:-]){re.escape(folder)}"
        shorter = re.sub(rf"{there}/", "", shorter)
        shorter = re.sub(rf"{there}(?![\w-])", "…", shorter)
    if shorter != text:
        log.warning("told without its folders", text=text)
    return shorter


def _folders() -> Iterator[str]:
    yield from map(str, (settings.DATA_DIR, settings.MEDIA_ROOT, settings.STATIC_ROOT))
    yield from (str(settings.BASE_DIR), tempfile.gettempdir())
