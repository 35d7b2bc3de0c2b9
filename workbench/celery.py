"""The Celery application.

Two queues: `default` (imports, housekeeping; any CPU worker) and `model` (scoring, training;
where the weights are). Reliability rests on rows in PostgreSQL, not on the broker: see
docs/decisions/001.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

app = Celery("workbench")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["annotation"], related_name="importing_tasks")
