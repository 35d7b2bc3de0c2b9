"""The site's key, which signs raters' links and sessions: whoever guesses it is anybody."""

from .errors import MintError

#: As Django's own check for deployment has it.
_SHORTEST, _FEWEST = 50, 5
#: Begins keys that Django's and others' templates have put into source code.
_KNOWN = ("django-insecure", "change", "secret", "insecure")


class WeakKeyError(MintError):
    """A key that can be guessed."""

    code = "weak_key"


def refuse_weak_key(key: str) -> None:
    """Raises WeakKeyError for a key that is short, monotonous or out of a template."""
    if len(key) >= _SHORTEST and len(set(key)) >= _FEWEST and not key.lower().startswith(_KNOWN):
        return
    raise WeakKeyError(
        f"SECRET_KEY can be guessed (it has {len(key)} characters, {len(set(key))} different "
        f"ones); give at least {_SHORTEST} random ones: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(60))'"
    )
