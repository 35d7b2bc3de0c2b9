"""What a log line looks like, and what it never says.

Every line of web server, worker, beat and commands passes one formatter, and there one function,
`redact`: a log is read by more people than may rate, sign in or open the database.
"""

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from json import dumps
from typing import Any, TextIO

import structlog

HIDDEN = "[hidden]"
#: The logger of requests; what it is given is a dict with their `path` and other fields.
ACCESS = "gunicorn.access"

#: What precedes a secret is group 1 and stays. Literal beginnings keep the search cheap, and no
#: expression starts with a repetition: an endless word costs as much as many short ones.
_SECRETS = [
    re.compile(expression, re.ASCII)
    for expression in (
        # A rater's own link and a study's shared one, whether or not they are good.
        r"(/rate/(?:join/)?)(?!plates/|join/)[^\s/?#\"'<>]+",
        # What a crowd platform says of whom it sends.
        r"(/rate/join/[^\s?#\"'<>]*\?)[^\s#\"'<>]+",
        # The keys in an address that was sent or handed over, and in that of a token to revoke.
        r"(/(?:password/reset/key|confirm-email|accounts/(?:token|link))/)[^\s/?#\"'<>]+",
        # user:password@host
        r"(://[^\s:/@\"']*:)[^\s@/\"']+(?=@)",
        # API tokens, and stored passwords.
        r"(mint_)[0-9a-f]{10,}",
        r"(pbkdf2_)[\w$+/=.-]+",
        # An Authorization header without its name.
        r"((?i:rater|token|bearer|basic)\s+)[\w.~+/=:-]{20,}",
        # An HMAC-SHA256 in base64, as Django signs links, image addresses and cookies.
        r"([.:=])[\w-]{43}(?![\w-])",
        r"([?&]s=)[^\s&#\"'<>]+",
    )
]
#: NAME=value and "name": value: presigned addresses, headers, connection strings.
_ASSIGNED = re.compile(
    r"((?i:password|passwd|secret|secret_?key|token|signature|credential|authorization"
    r"|api_?key|access_?key(?:_?id)?|sessionid|session_key)[\"')]*\s*[=:]\s*\(?"
    r"(?:(?i:rater|token|bearer|basic)\s+)?)(?:\"[^\"]*\"|'[^']*'|[^\s\"'&,;(){}\[\]]+)"
)
_SECRET_NAME = re.compile(r"(?i)(password|secret|token|signature|authorization|cookie|_key)$")
#: Set by ourselves, for every event.
_OURS = frozenset(("level", "logger", "timestamp"))


def redact(text: str, known: Sequence[str] = ()) -> str:
    """`text` without links, signatures, tokens and passwords.

    Args:
        known: secrets of this site, hidden wherever they stand.
    """
    for secret in known:
        text = text.replace(secret, HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(_hide, text)
    if "=" in text or ":" in text:
        text = _ASSIGNED.sub(_hide, text)
    return text


def _hide(found: re.Match[str]) -> str:
    return found[1] + HIDDEN


def configuration(*, level: str, json: bool, known: Sequence[str]) -> dict[str, Any]:
    """For `logging.config.dictConfig`; structlog's events are led into it from now on.

    Args:
        level: the least severe level that is written.
        json: one JSON object per line, instead of text.
        known: secrets of this site; empty ones do not count.
    """
    steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    structlog.configure(
        processors=[*steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    secrets = [secret for secret in known if secret]
    propagating = {"handlers": [], "level": "NOTSET", "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {"()": partial(_formatter, steps, json, secrets)},
            "access": {"()": partial(_AccessFormatter, json, secrets)},
        },
        "handlers": {
            "console": {"()": _Handler, "formatter": "structured"},
            "access": {"()": _Handler, "formatter": "access"},
        },
        "loggers": {
            # Django gives these two handlers of their own.
            "django": propagating,
            "django.server": propagating,
            # At INFO it writes each address that it asks, with the passwords of webhooks in them.
            "httpx": {**propagating, "level": "WARNING"},
            ACCESS: {"handlers": ["access"], "level": level, "propagate": False},
        },
        "root": {"handlers": ["console"], "level": level},
    }


class _Handler(logging.StreamHandler[TextIO]):
    """To standard error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """A line that cannot be written, told without the arguments that logging would show."""
        self.stream.write(f"{record.name}: a line of the log is lost, {sys.exc_info()[0]}\n")


class _AccessFormatter(logging.Formatter):
    """The same line as every other event's, in a fiftieth of the time: each rating writes one."""

    def __init__(self, json: bool, known: Sequence[str]) -> None:
        super().__init__()
        self._json, self._known = json, known

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = dict(record.msg)  # type: ignore[arg-type] # see `ACCESS`
        fields["path"] = redact(str(fields["path"]), self._known)
        when = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if self._json:
            about = {"event": "request", "logger": record.name, "level": "info", "timestamp": when}
            return dumps(fields | about, ensure_ascii=False)
        told = " ".join(f"{name}={value}" for name, value in fields.items())
        return f"{when} [info     ] request [{record.name}] {told}"


def _formatter(
    steps: Sequence[structlog.typing.Processor], json: bool, known: Sequence[str]
) -> structlog.stdlib.ProcessorFormatter:
    """Tracebacks are plain text in both forms: local variables hold passwords."""

    def hide_secrets(
        logger: object, method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {name: _without(name, value, known) for name, value in event.items()}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=steps,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if json
            else structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
    )


def _without(name: str, value: object, known: Sequence[str]) -> object:
    """The value of an event's field without secrets; what is no JSON becomes text."""
    if value is None or isinstance(value, bool | int | float) or name in _OURS:
        return value
    if _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, str):
        return redact(value, known)
    if isinstance(value, Mapping):
        return {str(key): _without(str(key), one, known) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without("", one, known) for one in value]
    return redact(repr(value), known)
