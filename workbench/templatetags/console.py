"""What the console's templates share: icons, moments in time, and the manner of our forms."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.forms import BoundField
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from ..docs_site import help_address

register = template.Library()

#: A capitalised word that is not the first; API and QR are not lower-cased.
_LATER_WORD = re.compile(r"(?<=[\w)][ -])[A-Z](?=[a-z])")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of `img/icons.svg`, next to a text that says the same."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True, name="help_address")
def help_of_page(context: Mapping[str, Any]) -> str:
    """Of the documentation about the page that is shown; empty without any."""
    return help_address(str(context.get("tab") or context.get("section") or ""))


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago, with the moment itself when pointed at; a dash for never."""
    if moment is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        date_format(localtime(moment), "DATETIME_FORMAT"),
        naturaltime(moment),
    )


@register.filter
def sentence_case(text: str) -> str:
    """The packages' headings as ours are written: “Change Password” → “Change password”."""
    return _LATER_WORD.sub(lambda found: found[0].lower(), str(text))


@register.filter
def plainly(field: BoundField) -> BoundField:
    """The field without the placeholder that repeats its label."""
    field.field.widget.attrs.pop("placeholder", None)
    return field


@register.filter
def keeps_passkeys(request: HttpRequest) -> bool:
    """Whether browsers keep passkeys for this site as it was opened: they belong to a name, and a
    numeric address is none (Web Authentication, level 2, section 5.1.3)."""
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False
