"""Servers for a test run."""

from pathlib import Path

from .services import Services, ServiceUrls

__all__ = ["ServiceUrls", "Services", "start_services"]


def start_services(folder: Path) -> Services:
    """A throw-away PostgreSQL and Redis; `stop()` on the result ends them and deletes their data.

    They also end when this process does, however it ends. Call it from the main thread.
    """
    services = Services(folder, durable=False)
    services.start()
    return services
