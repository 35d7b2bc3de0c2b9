"""Texts that are translated when they are shown, not where they are defined."""


def gettext_noop(message: str) -> str:
    """Marks a text for the message catalogues, in modules that know nothing of Django, too."""
    return message
