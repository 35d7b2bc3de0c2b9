"""How times are written: alike in every language and on every page, with their zone.

The order is that of ISO 8601, which nobody reads as another day, and the offset is written where
it is not zero: names such as CST mean several zones.
"""

from django.conf import settings

DATE = "Y-m-d"
DATETIME = r"Y-m-d H:i \U\T\C" if settings.TIME_ZONE == "UTC" else r"Y-m-d H:i \U\T\CO"
