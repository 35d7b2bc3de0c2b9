"""Which day it is for a rater: a daily limit begins at their midnight, not at the server's."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from ..models import RatingSession

#: What the browser's name of its time zone is called among a session's viewing conditions.
ZONE = "time_zone"


def known_zone(name: object) -> ZoneInfo | None:
    """The zone of this name (IANA); None for anything else."""
    if not isinstance(name, str):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        # No such zone, no name of a file, or a folder of zones.
        return None


def zone_of(rater_id: int) -> ZoneInfo:
    """Where the rater's first session was, or else the site.

    The first, so that nobody gets another day's images by setting a clock.
    """
    told = RatingSession.objects.filter(rater_id=rater_id, client__has_key=ZONE)
    name = told.order_by("pk").values_list(f"client__{ZONE}", flat=True).first()
    return known_zone(name) or ZoneInfo(timezone.get_default_timezone_name())


def midnight(zone: ZoneInfo) -> datetime:
    """When the current day began there."""
    return timezone.localtime(None, zone).replace(hour=0, minute=0, second=0, microsecond=0)
