"""The Celery application.

Two queues: `default` (imports, housekeeping; any CPU worker) and `model` (scoring, training;
where the weights are). Reliability depends on rows in PostgreSQL, not on the broker: see
docs/decisions/001.
"""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import (
    before_task_publish,
    heartbeat_sent,
    setup_logging,
    task_prerun,
    worker_init,
)

from .core.request_numbers import TASK_HEADER, current_number, take_over

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")
# Read when NumPy and torch are loaded, so set here, which every process runs first. Threads that
# spin while they wait starve each other when several processes share few cores. Measured on two
# busy ones: a last layer from 300 labels 4.2 s, or 0.12 s with one BLAS thread; an image's
# embedding 37 ms, or 5 ms with waiting threads asleep (2.9 and 3.4 ms if nothing else runs).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

app = Celery("workbench")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["workbench.core.jobs"])
app.autodiscover_tasks(
    [f"annotation.{room}" for room in ("stimuli", "rating", "opinion", "removal", "webhooks")]
)


@setup_logging.connect
def use_the_sites_log(**given: Any) -> None:
    """Celery would give its loggers a handler and a form of their own, which hide no secrets."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@before_task_publish.connect
def name_the_request(headers: dict[str, Any], **given: Any) -> None:
    """A task's lines in the log lead back to the request that asked for it."""
    if number := current_number():
        headers[TASK_HEADER] = number


@task_prerun.connect
def take_over_the_request(task_id: str, task: Any, **given: Any) -> None:
    take_over(vars(task.request), task=task.name, task_id=task_id)


@worker_init.connect
def leave_no_transaction_open(**given: Any) -> None:
    """A worker that stands still holds no rows for longer than this, whatever it was doing; of jobs
    with a lease `jobs.holders` makes it shorter."""
    from django.db.backends.signals import connection_created

    connection_created.connect(_bound_silence)


def _bound_silence(connection: Any, **given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '5min'")


@heartbeat_sent.connect
def say_that_the_worker_lives(sender: Any, **given: Any) -> None:
    """In the worker's main process, so also while its children are busy."""
    from .core.jobs.heartbeats import worker_pulse

    worker = sender.eventer
    worker_pulse.beat(worker.hostname, worker.app.amqp.queues.consume_from)
