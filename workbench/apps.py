"""The site's Django application: registers the system checks."""

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    name = "workbench"

    def ready(self) -> None:
        from . import checks  # noqa: F401 -- it registers itself
