"""The site: settings, routes, the Celery application, accounts, local services, the demo world."""

from .celery import app as celery_app

__all__ = ["celery_app"]
