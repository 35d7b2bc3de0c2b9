"""A line of the log: says where an error was, and no secret."""

import io
import json
import logging
import time
from typing import Any

import pytest
import structlog

from workbench.core.logs import ACCESS, configuration, redact

SIGNATURE = "pB4Zk1Vt0GqVbJw3yqF-8sQm7rXn2Lc_D5hTf6Ae9Ku"
KNOWN = "the-key-of-this-site-0123456789"


def formatter(which: str = "structured", *, as_json: bool) -> logging.Formatter:
    before = structlog.get_config()
    made = configuration(level="INFO", json=as_json, known=[KNOWN, ""])
    structlog.configure(**before)
    built: logging.Formatter = made["formatters"][which]["()"]()
    return built


def line(message: str, *arguments: Any, as_json: bool = False, exc_info: Any = None) -> str:
    record = logging.LogRecord(
        "some.library", logging.ERROR, __file__, 1, message, arguments, exc_info
    )
    return formatter(as_json=as_json).format(record)


def broken(password: str) -> Any:
    """The `exc_info` of an error whose frame holds a password."""
    try:
        raise LookupError(f"no such link: /rate/r7.1.{SIGNATURE}/")
    except LookupError as error:
        return type(error), error, error.__traceback__


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"Not Found: /rate/Ab3.1.{SIGNATURE}/", "Not Found: /rate/[hidden]/"),
        ("GET /rate/anything?PROLIFIC_PID=5", "GET /rate/[hidden]?PROLIFIC_PID=5"),
        (f"/rate/join/4.2.{SIGNATURE}/", "/rate/join/[hidden]/"),
        ("/rate/join/short/ 404", "/rate/join/[hidden]/ 404"),
        (
            "GET /rate/join/4.2.short/?PROLIFIC_PID=5f1&STUDY_ID=a%2Fb 200",
            "GET /rate/join/[hidden]/?[hidden] 200",
        ),
        (
            "Referer: 'https://site.example/rate/join/short/?workerId=A1&hitId=3', x",
            "Referer: 'https://site.example/rate/join/[hidden]/?[hidden]', x",
        ),
        ("/rate/join/short?rid=a#top", "/rate/join/[hidden]?[hidden]#top"),
        (f"/media/a/b.webp?s={SIGNATURE}", "/media/a/b.webp?s=[hidden]"),
        ("/media/a/b.webp?x=1&s=short", "/media/a/b.webp?x=1&s=[hidden]"),
        (
            "https://s3.example.org/b/k?X-Amz-Credential=AK%2F1&X-Amz-Date=2026&X-Amz-Signature=0f",
            "https://s3.example.org/b/k?X-Amz-Credential=[hidden]&X-Amz-Date=2026"
            "&X-Amz-Signature=[hidden]",
        ),
        (
            "?AWSAccessKeyId=AKIA1&Signature=a%2Fb&Expires=9",
            "?AWSAccessKeyId=[hidden]&Signature=[hidden]&Expires=9",
        ),
        ("token mint_" + "0af3" * 16 + " used", "token mint_[hidden] used"),
        ("/accounts/link/1-cx9z-0f3ab2/", "/accounts/link/[hidden]/"),
        ("/accounts/token/mint_0af30af30a/revoke/", "/accounts/token/[hidden]/revoke/"),
        ("Authorization: Token abc", "Authorization: Token [hidden]"),
        (
            "{'Authorization': 'Rater a.1.b', 'Accept': '*/*'}",
            "{'Authorization': [hidden], 'Accept': '*/*'}",
        ),
        (f"sent Rater a.1.{SIGNATURE}", "sent Rater [hidden]"),
        ("postgres://mint:p-w_d@db:5432/mint down", "postgres://mint:[hidden]@db:5432/mint down"),
        ("redis://:p-w_d@127.0.0.1:6379/0", "redis://:[hidden]@127.0.0.1:6379/0"),
        ("host=db password='a b' user=mint", "host=db password=[hidden] user=mint"),
        ('{"password": "a\\tb", "user": "u"}', '{"password": [hidden], "user": "u"}'),
        ("/accounts/password/reset/key/4-cx9z-0f3a/", "/accounts/password/reset/key/[hidden]/"),
        ("/accounts/confirm-email/MQ:1s:abc/", "/accounts/confirm-email/[hidden]/"),
        ("pbkdf2_sha256$1000000$salt$hash= stored", "pbkdf2_[hidden] stored"),
        ("Cookie: sessionid=k0k0k0; a=b", "Cookie: sessionid=[hidden]; a=b"),
        (
            "DETAIL: Key (session_key)=(k0k0) already exists",
            "DETAIL: Key (session_key)=([hidden]) already exists",
        ),
        (f"the key is {KNOWN}.", "the key is [hidden]."),
    ],
)
def test_a_secret_is_hidden_and_what_surrounds_it_stays(text: str, wanted: str) -> None:
    assert redact(text, [KNOWN]) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "GET /rate/plates/3.svg",
        "/static/css/base.0123456789ab.css",
        "/media/study/" + "0f" * 32 + ".webp",
        'FATAL: password authentication failed for user "mint"',
        "35 tokens read, 400 tokens: too many",
        "manage.py mint_verify",
        "2026-01-01T00:00:00Z web.1.2: 200 in 0.5 s",
        "http://127.0.0.1:8000/studies/",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_a_long_word_costs_no_more_than_its_length() -> None:
    begun = time.perf_counter()
    for filler in ("a", "token", "/rate", ":", "=", "://", "_key", "  "):
        redact(filler * 40_000)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_is_told_with_file_and_line_and_no_local_variable(as_json: bool) -> None:
    told = line("it broke", exc_info=broken("local-secret"), as_json=as_json)
    assert "test_logs.py" in told
    assert f"line {broken.__code__.co_firstlineno + 3}" in told
    assert "LookupError: no such link: /rate/[hidden]/" in told
    assert "local-secret" not in told
    assert SIGNATURE not in told


def test_json_is_one_object_in_one_line_whatever_is_said() -> None:
    said = f'a "quoted" \\ /rate/r7.1.{SIGNATURE}/\n中文'
    told = line("%s", said, as_json=True, exc_info=broken("local-secret"))
    assert "\n" not in told
    read = json.loads(told)
    assert read["event"] == 'a "quoted" \\ /rate/[hidden]/\n中文'
    assert (read["logger"], read["level"]) == ("some.library", "error")
    assert read["exception"].startswith("Traceback (most recent call last):")


@pytest.mark.parametrize("as_json", [True, False])
def test_fields_of_an_event_are_looked_at_at_any_depth(as_json: bool) -> None:
    fields = {
        "event": "sent",
        "password": "p0",
        "headers": {"Cookie": "c0", "Accept": "*/*"},
        "links": [f"/rate/r7.1.{SIGNATURE}/"],
        "error": ValueError("redis://:p1@127.0.0.1/0"),
        "count": 3,
    }
    record = logging.LogRecord("ours", logging.INFO, "", 0, fields, (), None)
    record._logger = logging.getLogger("ours")
    record._name = "info"
    told = formatter(as_json=as_json).format(record)
    assert "*/*" in told
    assert "3" in told
    for secret in ("p0", "c0", "p1", SIGNATURE):
        assert secret not in told


@pytest.mark.parametrize("as_json", [True, False])
def test_a_request_is_told_with_its_path_without_secrets(
    as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"method": "GET", "path": f"/rate/r7.1.{SIGNATURE}/", "status": 200}
    record = logging.LogRecord(ACCESS, logging.INFO, "", 0, fields, (), None)
    monkeypatch.setattr(record, "created", 1_795_910_400.25)
    told = formatter("access", as_json=as_json).format(record)
    wanted = {"method": "GET", "path": "/rate/[hidden]/", "status": 200}
    assert "\n" not in told
    if as_json:
        about = {"event": "request", "level": "info", "logger": ACCESS}
        assert json.loads(told) == wanted | about | {"timestamp": "2026-11-29T00:00:00.250000Z"}
    else:
        assert told.startswith("2026-11-29T00:00:00.250000Z [info     ] request [")
        assert told.endswith("method=GET path=/rate/[hidden]/ status=200")


def test_a_line_that_cannot_be_written_is_told_of_without_its_arguments() -> None:
    stream = io.StringIO()
    before = structlog.get_config()
    handler = configuration(level="INFO", json=True, known=[])["handlers"]["console"]["()"](stream)
    structlog.configure(**before)
    handler.handle(logging.LogRecord("ours", logging.INFO, "", 0, "%d of 3", ("p0",), None))
    assert stream.getvalue() == "ours: a line of the log is lost, <class 'TypeError'>\n"
