"""The tables of the site itself."""

from .core.jobs.models import Heartbeat

__all__ = ["Heartbeat"]
