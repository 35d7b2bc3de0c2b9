"""Schemathesis in this process: no server, and the settings that a run is repeated by."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import schemathesis.openapi
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connections
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.transport.requests import multipart_serializer
from schemathesis.transport.wsgi import WSGI_TRANSPORT, WSGITransport

SCHEMA = "/api/v1/schema/?format=json"
_CONFIG = Path(__file__).resolve().parents[2] / "schemathesis.toml"
#: What is said of a failure, and how to send its request again.
_SHOWN = 2000


@dataclass
class Found:
    """What a run has sent, and what was wrong with the answers."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    #: Operation, check and what it found → how to see it again.
    failures: dict[tuple[str, str, str], str] = field(default_factory=dict)


def fuzz(config: Mapping[str, Any]) -> Found:
    """Runs all phases and checks, but for those that `config` switches off; its form is that of
    schemathesis.toml, which it adds to."""
    settings = SchemathesisConfig.from_dict({**tomllib.loads(_CONFIG.read_text()), **config})
    found = Found()
    with _in_process() as app:
        schema = schemathesis.openapi.from_wsgi(SCHEMA, app, config=settings)
        _collect(from_schema(schema).execute(), found)
    return found


@contextmanager
def _in_process() -> Iterator[Callable[..., Any]]:
    """The site's application, which keeps its connection to the database between requests."""
    answer, opened = get_wsgi_application(), {}
    send = WSGITransport.send

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        connection = connections["default"]
        opened[id(connection)] = connection
        return answer(environ, start_response)

    def send_in_process(self: WSGITransport, case: Any, **options: Any) -> Any:
        """Without what only a socket has, which requests without credentials come with."""
        for name in ("max_redirects", "verify", "cert", "proxies"):
            options.pop(name, None)
        return send(self, case, **options)

    WSGITransport.send = send_in_process  # type: ignore[method-assign]
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        yield app
    finally:
        WSGITransport.send = send  # type: ignore[method-assign]
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)
        # Those of schemathesis's threads, which end without closing them.
        for connection in opened.values():
            connection.inc_thread_sharing()
            connection.close()


@WSGI_TRANSPORT.serializer("multipart/form-data")
def _form(context: Any, value: Any) -> dict[str, Any]:
    """As `requests` writes it: Werkzeug's own form of an empty field is not multipart."""
    made = multipart_serializer(context, value)
    sent = requests.Request("POST", "http://localhost/", **made).prepare()
    return {"data": sent.body, "content_type": sent.headers["Content-Type"]}


def _collect(stream: Iterable[Any], found: Found) -> None:
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            _record(event.recorder, found)
        elif isinstance(event, events.NonFatalError):
            found.failures[(event.label, "error", event.info.title)] = event.info.format()[:_SHOWN]
        elif isinstance(event, events.FatalError):
            raise event.exception


def _record(recorder: Any, found: Found) -> None:
    for interaction in recorder.interactions.values():
        found.cases += 1
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure, response = check.failure_info.failure, recorder.interactions[case_id].response
            told = f"{failure.message}\n{check.failure_info.code_sample}"
            if response is not None:
                told += f"\n{response.status_code} {response.content[:_SHOWN]!r}"
            place = (str(failure.operation), check.name, str(failure.title))
            found.failures.setdefault(place, told)
