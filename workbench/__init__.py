"""The site: settings, routes, the Celery application, accounts, local services, the demo world.

Where only the model's libraries are installed, as for the benchmarks of a GPU, there is no Celery
and nothing that needs it.
"""

from importlib.util import find_spec

if find_spec("celery") is not None:
    from .celery import app as celery_app  # noqa: F401 -- Celery's tasks belong to it
