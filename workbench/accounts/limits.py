"""How often one account may begin what costs the site much, counted over an hour.

Counts stand in the cache: in Redis, or while it is away in each process for itself.
"""

from django.core.cache import cache
from django.utils.translation import gettext as _

from ..core.errors import MintError
from .models import User

_HOUR = 3600
#: Far above what a person needs; scripts that loop without end stop here.
PER_HOUR = {"export": 240, "import": 120, "training": 60}


class TooOftenError(MintError):
    """The account has begun as many as it may within the hour."""

    code = "too_often"
    status = 429


def count_use(account: User, what: str) -> None:
    """Counts one of PER_HOUR. Raises TooOftenError, and then nothing may be begun."""
    key = f"accounts.uses.{what}.{account.pk}"
    cache.add(key, 0, timeout=_HOUR)
    try:
        uses = cache.incr(key)
    except ValueError:
        # The hour ended between the two calls.
        return
    if uses > PER_HOUR[what]:
        raise TooOftenError(
            _("Your account has asked for this %(count)s times within an hour. Wait a while.")
            % {"count": PER_HOUR[what]}
        )
