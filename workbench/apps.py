"""The site's Django application: registers the system checks."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class WorkbenchConfig(AppConfig):
    name = "workbench"

    def ready(self) -> None:
        from . import checks  # noqa: F401 -- it registers itself

        if settings.SENTRY_DSN:
            from .core.error_reports import start_reporting

            start_reporting(settings.SENTRY_DSN, settings.SECRETS)


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Leaves out files that no page uses and that would take most of `collectstatic`'s time.

    One of htmx's extensions also has a comment that reads as an import of a file that is not there.
    """

    ignore_patterns = [
        *DjangoStaticFilesConfig.ignore_patterns,
        "hx-*.js",
        "redoc",
        "rest_framework",
    ]
