"""Texts that are translated where they are shown, not where they stand."""


def gettext_noop(message: str) -> str:
    """Marks a text for translation, in modules that know nothing of Django."""
    return message
