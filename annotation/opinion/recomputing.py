"""What is computed of all answers: its readers wait if that is quick; else a worker computes it
again and they get what is there."""

import redis.exceptions
from django.core.cache import cache

from workbench.core.jobs.queue import enqueue

#: What took less is computed while its reader waits.
QUICK_SECONDS = 0.5


def ask_worker(task: str, study: int, seconds: int, *more: str) -> None:
    """Requests the task for a study, at most once per so many seconds, whoever asks.

    task: by name, because it imports those who ask for it. more: what else it is to be given.
    """
    try:
        first = cache.add(":".join(("asked", task, str(study), *more)), 1, seconds)
    except redis.exceptions.RedisError:
        # Then no worker can be asked either.
        return
    if first:
        enqueue(task, study, *more)
