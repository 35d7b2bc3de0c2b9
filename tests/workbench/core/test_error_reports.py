"""What a collector of errors is sent, seen where it leaves the process."""

import json
import os
import subprocess
import sys

from workbench.core.error_reports import cleaned
from workbench.settings import BASE_DIR

LINK = "r7abcdefgh.1.pB4Zk1Vt0GqVbJw3yqF-8sQm7rXn2Lc_D5hTf6Ae9Ku"
_PROGRAM = f"""
import django, json, sys
django.setup()
from django.conf import settings
from django.test import Client
from sentry_sdk.transport import Transport
from workbench import views
from workbench.core.error_reports import start_reporting

class Kept(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            if item.type == "event":
                print(json.dumps(item.payload.json))

start_reporting("http://key@127.0.0.1:1/1", settings.SECRETS, transport=Kept)

def broken(name, signature):
    password = "a-local-password"
    raise ValueError("cannot open /rate/{LINK}/ with " + settings.SECRET_KEY)

views.signature_is_valid = broken
client = Client(raise_request_exception=False, HTTP_HOST="localhost")
client.cookies["sessionid"] = "a-session"
client.get("/media/a.png?s=a-signature", headers={{"Authorization": "Token mint_0123456789ab"}})
"""


def test_an_error_is_told_with_file_and_line_and_nothing_that_opens_anything() -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "workbench.settings",
        "SECRET_KEY": "the-key-of-this-site-which-nobody-else-may-know-0123456789",
        "DEBUG": "0",
    }
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    assert events, ended.stderr
    told = json.dumps(events)
    assert "workbench/views.py" in told
    assert '"lineno"' in told
    assert len(events[0]["tags"]["request"]) == 12
    for secret in ("a-local-password", LINK, "a-session", "a-signature", "mint_0123", "the-key-of"):
        assert secret not in told


def test_of_a_request_only_the_method_is_told() -> None:
    request = {"method": "POST", "url": "u", "cookies": {"a": "b"}, "headers": {"X": "y"}}
    event = {"request": {**request, "data": {"name": "Ada"}}, "user": {"id": 1}, "level": "error"}
    assert cleaned(event, []) == {"request": {"method": "POST"}, "level": "error"}


def test_of_a_request_only_its_method_is_told_and_secrets_nowhere() -> None:
    event = {
        "request": {"method": "GET", "url": f"https://lab.example/rate/{LINK}/"},
        "user": {"id": 7},
        "breadcrumbs": [LINK],
        "extra": {"lines": ["the-key", 3], "link": LINK},
    }
    assert cleaned(event, ["the-key"]) == {
        "request": {"method": "GET"},
        "extra": {"lines": ["[hidden]", 3], "link": cleaned({"link": LINK}, [])["link"]},
    }
    assert LINK not in json.dumps(cleaned({"link": LINK}, []))
