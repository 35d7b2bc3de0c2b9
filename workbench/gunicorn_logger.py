"""gunicorn's logger: `--logger-class workbench.gunicorn_logger.Logger`.

Its access and error log are events like all others and pass the formatter that hides secrets;
gunicorn's own access log would write the whole address, which opens an image or a rater's session.
"""

import logging
import logging.config
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import gunicorn.glogging

from .core.request_numbers import KEY

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")


class Logger(gunicorn.glogging.Logger):
    """Events like all others of the site, at the site's level."""

    def setup(self, cfg: Any) -> None:
        from django.conf import settings

        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.NOTSET)
        logging.config.dictConfig(settings.LOGGING)

    def access(
        self, resp: Any, req: Any, environ: Mapping[str, Any], request_time: timedelta
    ) -> None:
        """One event per request, without the query: it carries signatures and people's numbers.

        The address is as it was sent, still encoded, so that it cannot begin a line of its own.
        """
        status = resp.status
        self.access_log.info(
            {
                "method": environ["REQUEST_METHOD"],
                "path": environ["RAW_URI"].partition("?")[0],
                "status": int(status.split(None, 1)[0] if isinstance(status, str) else status),
                "milliseconds": round(request_time / timedelta(milliseconds=1), 1),
                # A file that the kernel sends is not counted.
                **({"request": environ[KEY]} if KEY in environ else {}),
                "bytes": resp.sent or getattr(resp, "response_length", None) or 0,
            }
        )
