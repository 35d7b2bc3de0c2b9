"""WSGI entry point: `gunicorn workbench.wsgi:application`."""

import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

# The workbench needs no pandas. Where there is one, Arrow loads it with its first array: 30 MiB in
# each process, which no export should wait for.
with suppress(ImportError):
    import pandas  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

application = get_wsgi_application()

# Views and serializers are imported with the routes; else the first visitor of each process would
# wait a second for them.
_ = get_resolver().url_patterns
