"""The parameters of an address: what nobody reads is refused.

A filter whose name is mistyped would otherwise find all rows, and who asked would take them for
those that fit.
"""

from collections.abc import Collection
from difflib import get_close_matches

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError


def refuse_unread(given: QueryDict, read: Collection[str]) -> None:
    """Raises ValidationError for names that are not among those that are read, and for those that
    are given several times, of which one alone would count."""
    problems = {name: [_unread(name, read)] for name in given if name not in read}
    twice = [name for name, values in given.lists() if name in read and len(values) > 1]
    problems |= {name: [_("Give this once.")] for name in twice}
    if problems:
        raise ValidationError(problems)


def _unread(name: str, read: Collection[str]) -> str:
    said = _("There is no such parameter here.")
    meant = get_close_matches(name, read, n=1)
    return said + " " + _("Did you mean “%(name)s”?") % {"name": meant[0]} if meant else said
