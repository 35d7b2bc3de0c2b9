"""One number leads from what a person saw to the lines of the log."""

import re
from typing import Any

import pytest
import structlog
from celery import shared_task
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from workbench.celery import name_the_request
from workbench.core.request_numbers import HEADER, NumberRequests, current_number, take_over

_NUMBER = re.compile(r"[0-9a-f]{12}")
seen: list[str] = []


@shared_task(name="tests.says_its_request")
def says_its_request() -> None:
    seen.append(str(structlog.contextvars.get_contextvars()))


def test_each_answer_has_a_number_of_its_own_and_a_clients_is_not_taken(client: Client) -> None:
    first = client.get("/health/live", headers={HEADER: "made-up\nline"})[HEADER]
    second = client.get("/health/live")[HEADER]
    assert _NUMBER.fullmatch(first)
    assert _NUMBER.fullmatch(second)
    assert first != second
    assert current_number() == ""


def test_what_no_page_needs_is_forbidden_to_its_scripts(client: Client) -> None:
    policy = client.get("/accounts/login/")["Permissions-Policy"]
    assert "camera=()" in policy
    assert "geolocation=()" in policy


@pytest.mark.django_db
def test_lines_of_the_log_have_the_number_of_the_answer() -> None:
    noted: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        noted.append(current_number())
        return HttpResponse()

    answer = NumberRequests(view)(RequestFactory().get("/"))
    assert noted == [answer[HEADER]]


@pytest.mark.django_db
def test_the_page_of_an_error_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **named: Any) -> None:
        raise ValueError("broken on purpose")

    monkeypatch.setattr("workbench.views.signature_is_valid", broken)
    answer = Client(raise_request_exception=False).get("/media/a.png?s=b")
    assert answer.status_code == 500
    assert f"<code>{answer[HEADER]}</code>" in answer.content.decode()


def test_a_task_says_which_request_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(request="0123456789ab"):
        name_the_request(headers=headers)
    assert headers == {"mint_request": "0123456789ab"}
    seen.clear()
    take_over(headers, task="tests.says_its_request", task_id="1")
    says_its_request.run()
    structlog.contextvars.clear_contextvars()
    assert "0123456789ab" in seen[0]
    assert "tests.says_its_request" in seen[0]
