"""Found by Django through FORMAT_MODULE_PATH; numbers stay as it writes them."""

from .. import DATE, DATETIME

DATE_FORMAT = SHORT_DATE_FORMAT = DATE
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = DATETIME
