"""Texts that are translated when they are shown, not where they are defined; and what is a text."""

import re

#: What PostgreSQL holds in no text: NUL, and halves of surrogate pairs.
NO_TEXT = re.compile(r"[\0\ud800-\udfff]")


def gettext_noop(message: str) -> str:
    """Marks a text for the message catalogues, in modules that know nothing of Django, too."""
    return message


def storable(text: str) -> str:
    """`text` with a sign of replacement for what no text in the database can hold."""
    return NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
