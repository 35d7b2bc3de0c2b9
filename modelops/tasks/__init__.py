"""Thin tasks: the services do the work, the rows own the jobs."""

from . import housekeeping, model

__all__ = ["housekeeping", "model"]
