"""Celery's scheduler, which says that it lives (`jobs.heartbeats`)."""

import socket
from typing import Any

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """As Celery's; `tick` is called at least as often as its most frequent task is due."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from .heartbeats import Pulse
        from .models import ProgramKind

        self._pulse = Pulse(ProgramKind.BEAT)
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        self._pulse.beat(f"beat@{socket.gethostname()}")
        return super().tick(*args, **kwargs)
