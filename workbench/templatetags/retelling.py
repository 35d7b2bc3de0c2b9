"""What a worker has stored, as its reader reads it."""

from django import template

from ..core import retelling

register = template.Library()
#: `retelling.retold`.
register.filter("retold", retelling.retold)
