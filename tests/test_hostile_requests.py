"""Requests that no page makes: each endpoint of the API refuses them by name, in JSON."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from annotation.models import Rater, Study
from annotation.raters.access import link_token
from tests.factories import make_stimuli
from tests.test_permissions_table import TABLE, World, world
from workbench.accounts.models import ApiToken, User

__all__ = ["world"]

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
API = sorted(name for name in TABLE if name.startswith(("api-", "rating-")))
PAGES = ("api-tokens", "api-token-revoke", "rating-plate")
ENDPOINTS = [name for name in API if name not in PAGES]

_EMPTY = {"data": b"{}", "content_type": "application/json"}
NO_BODY = {"get": {}, "post": _EMPTY, "put": _EMPTY}
BODIES: dict[str, bytes] = {
    "deep arrays": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": b'{"client": ' + b"[" * 5000 + b"]" * 5000 + b', "consent": true}',
    "a float beyond range": b'{"client": {"x": 1e999}, "consent": true}',
    "an integer beyond range": b'{"client": {"x": 1' + b"0" * 400 + b'}, "consent": true}',
    "very many digits": b'{"up_to": ' + b"1" * 5000 + b"}",
    "NaN": b'{"client": {"x": NaN}, "consent": true}',
    "NUL in a key": b'{"client": {"a\\u0000": 1}, "consent": true}',
    "NUL in a key of a form": b'{"explanation_form": {"fields": [{"a\\u0000": 1}]}}',
    "NUL in a value": b'{"title": "a\\u0000", "text": "a\\u0000", "name": "a\\u0000"}',
    "half a pair": b'{"title": "\\ud800", "text": "\\ud800", "name": "\\ud800"}',
    "not UTF-8": b"\xff\xfe{}",
    "not closed": b'{"title": "a"',
}


def address_of(route: str, world: World) -> str:
    return reverse(route, args=[world.argument(name) for name in TABLE[route][1]])


def methods_of(address: str) -> list[str]:
    view = resolve(address).func.view_class  # type: ignore[attr-defined] # of class-based views
    return [name for name in ("post", "put", "patch") if hasattr(view, name)]


@pytest.fixture
def send(world: World, owner: User, administrator: User, client: Client) -> Callable[..., Any]:
    """As whoever may: the study's owner, its rater, or an administrator's token."""
    client.force_login(owner)
    _row, secret = ApiToken.objects.create(user=administrator, name="people", scopes=["people"])
    make_stimuli(world.study, range(10, 13))
    client.raise_request_exception = False

    def sending(route: str, method: str, address: str = "", **more: Any) -> Any:
        headers = {}
        if route.startswith("rating-"):
            # One of the endpoints replaces it.
            token = link_token(Rater.objects.get(pk=world.rater.pk))
            headers = {"Authorization": f"Rater {token}"}
        if route.startswith(("api-people", "api-person")):
            headers = {"Authorization": f"Token {secret}"}
        return getattr(client, method)(address or address_of(route, world), headers=headers, **more)

    return sending


def check_refusal(answer: Any, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    assert told["code"]


def reads_its_body(send: Callable[..., Any], route: str, method: str) -> bool:
    answer = send(route, method, data=b"{", content_type="application/json")
    assert answer.status_code < 500, answer.content
    return bool(answer.status_code == 400 and "JSON parse error" in answer.content.decode())


@pytest.mark.parametrize("route", ENDPOINTS)
def test_a_body_that_cannot_be_kept_is_refused(
    route: str, world: World, send: Callable[..., Any]
) -> None:
    for method in methods_of(address_of(route, world)):
        reads = reads_its_body(send, route, method)
        for what, body in BODIES.items():
            answer = send(route, method, data=body, content_type="application/json")
            if reads:
                check_refusal(answer, 400)
                assert answer.json()["code"] in {"parse_error", "json_limit", "answer_invalid"}, (
                    what
                )
            else:
                # Asked for nothing, or only for a form with an image; or the session comes first.
                assert answer.status_code < 500, (what, answer.content)


def test_those_that_read_a_body_are_known(world: World, send: Callable[..., Any]) -> None:
    found = {
        (route, method)
        for route in ENDPOINTS
        for method in methods_of(address_of(route, world))
        if reads_its_body(send, route, method)
    }
    assert found == {
        ("api-people", "post"),
        ("api-person", "patch"),
        ("api-studies", "post"),
        ("api-study", "patch"),
        ("api-step", "post"),
        ("api-import-retry", "post"),
        ("api-stimuli-purpose", "post"),
        ("api-raters", "post"),
        ("api-identities", "post"),
        ("api-shared-link", "put"),
        ("api-rater-erasure", "post"),
        ("api-rater-status", "post"),
        ("api-messages", "post"),
        ("api-stimulus-state", "post"),
        ("api-study-duplicate", "post"),
        ("api-study-deletion", "post"),
        ("api-releases", "post"),
        ("api-training-runs", "post"),
        ("api-predictors", "post"),
        ("api-scoring-runs", "post"),
        ("api-rest", "post"),
        ("api-explaining-runs", "post"),
        ("api-datasets", "post"),
        ("api-mappings", "post"),
        ("api-members", "post"),
        ("api-member", "put"),
        ("api-scale-links", "post"),
        ("api-scale-link-removal", "post"),
        ("api-webhooks", "post"),
        ("api-webhook", "patch"),
        ("rating-session", "post"),
        ("rating-report", "post"),
        ("rating-messages-read", "post"),
        ("rating-skip", "post"),
        ("rating-submit", "post"),
    }


@pytest.mark.parametrize("route", ENDPOINTS)
def test_too_large_a_body_is_413(
    route: str, world: World, send: Callable[..., Any], settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024
    for method in methods_of(address_of(route, world)):
        reads = reads_its_body(send, route, method)
        answer = send(route, method, data=b" " * 2048, content_type="application/json")
        if reads:
            check_refusal(answer, 413)
            assert answer.json()["code"] == "too_large"
        # A form is read only by those who look for a CSRF token, or an image, in it.
        form = send(route, method, data=b"a=" + b"x" * 2048, content_type=FORM)
        assert form.headers.get("Content-Type", "application/json").endswith("json")
        assert form.status_code in ({413, 415} if reads else {200, 204, 404, 409, 413, 415})


@pytest.mark.parametrize("route", ENDPOINTS)
def test_numbers_beyond_the_databases_name_nothing(
    route: str, world: World, send: Callable[..., Any]
) -> None:
    """In the address and in the query."""
    method, names, _statuses = TABLE[route]
    for place, _name in enumerate(names):
        for number in ("9223372036854775808", "1" + "0" * 20, "1" * 5000):
            given = [world.argument(name) for name in names]
            given[place] = number
            try:
                address = reverse(route, args=given)
            except (ValueError, NoReverseMatch):
                continue  # Python refuses to read so many digits; or it is no UUID
            check_refusal(send(route, method, address, **NO_BODY[method]), 400, 404)
    if method != "get":
        return
    for query in ("limit", "offset", "model", "stimulus", "release"):
        for number in ("100000000000000000000", "-1", "1" * 5000):
            answer = send(route, method, query_params={query: number})
            assert answer.status_code < 500, (query, number)


@pytest.mark.parametrize("route", sorted(name for name in TABLE if name != "rate"))
def test_nul_names_nothing(route: str, world: World, send: Callable[..., Any]) -> None:
    """In any part of any address, of pages too; and in a query or a form it is no text."""
    method, names, _statuses = TABLE[route]
    address = address_of(route, world)
    for name in names:
        value = world.argument(name)
        broken = re.sub(
            rf"(?<=[/.]){re.escape(value)}", lambda found: f"{found[0]}%00", address, count=1
        )
        assert broken != address
        assert send(route, method, broken).status_code == 404
    for query in ("limit", "text", "generator", "code", "language", "page"):
        assert send(route, "get", f"{address}?{query}=%00").status_code in {400, 405}
    if address.startswith("/studies/") and method == "post":
        form = {"name": "a\0", "predictor": "a\0", "status": "a\0", "reason": "a\0", "text": "a\0"}
        body = "&".join(f"{key}=a%00" for key in form)
        answer = send(route, "post", data=body, content_type=FORM)
        assert answer.status_code == 400


@pytest.mark.parametrize("code", ["%00", "A%00", "%EF%BC%A1", "x" * 300])
def test_a_code_that_nobody_has_is_404(code: str, send: Callable[..., Any], study: Study) -> None:
    for address in (
        f"/api/v1/studies/demo/raters/{code}/link/",
        f"/studies/demo/raters/{code}/link/",
        f"/studies/demo/raters/{code}/status/",
    ):
        assert send("api-raters", "post", address).status_code == 404


def test_a_list_has_at_most_a_thousand_rows(send: Callable[..., Any], study: Study) -> None:
    Rater.objects.bulk_create(Rater(study=study) for _ in range(1001))
    answer = send("api-raters", "get", query_params={"limit": "100000000000000000000"}).json()
    assert len(answer["results"]) == 1000
    assert len(send("api-raters", "get", answer["next"]).json()["results"]) == 2


@pytest.mark.parametrize("field", ["slug", "created_at", "beauty"])
def test_what_cannot_be_set_is_refused(send: Callable[..., Any], study: Study, field: str) -> None:
    body = {"title": "Changed", field: "other"}
    answer = send("api-study", "patch", data=body, content_type="application/json")
    check_refusal(answer, 400)
    assert list(answer.json()["errors"]) == [field]
    assert list(Study.objects.values_list("slug", "title")) == [("demo", "Demo")]


def test_no_endpoint_ignores_a_field(world: World, send: Callable[..., Any]) -> None:
    for route in ENDPOINTS:
        if route.startswith("rating-"):
            continue
        for method in methods_of(address_of(route, world)):
            if reads_its_body(send, route, method):
                body = {"beauty": 1}
                answer = send(route, method, data=body, content_type="application/json")
                check_refusal(answer, 400)
                assert answer.json()["errors"]["beauty"] == ["There is no such field."]


@pytest.mark.parametrize(
    "path", ["nothing/", "studies/demo/nothing/", "rating/nothing/", "rating/trials/x/submit/"]
)
def test_what_is_not_there_is_told_in_json(
    send: Callable[..., Any], study: Study, path: str
) -> None:
    answer = send("api-study", "get", f"/api/v1/{path}")
    check_refusal(answer, 404)
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not found.",
        "code": "not_found",
    }


def test_a_method_that_is_not_there_is_told_in_json(send: Callable[..., Any]) -> None:
    answer = send("api-studies", "put")
    check_refusal(answer, 405)
    assert (answer.json()["code"], answer.headers["Allow"]) == (
        "method_not_allowed",
        "GET, POST, HEAD, OPTIONS",
    )


def test_an_error_of_ours_is_told_in_json(
    send: Callable[..., Any], study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("annotation.studies.api.find_study", fail)
    monkeypatch.setattr("annotation.rating.api.views.session_json", fail)
    for route in ("api-study", "rating-session"):
        answer = send(route, "get")
        check_refusal(answer, 500)
        assert answer.json()["code"] == "error"
        assert "secret" not in answer.content.decode()


def test_pages_stay_pages(send: Callable[..., Any]) -> None:
    for address in ("/nothing/", "/studies/nothing/%00/", "/nothing%5C%1B%01"):
        answer = send("home", "get", address)
        assert answer.status_code == 404
        assert "<h1>Not found</h1>" in answer.content.decode()


def test_the_sites_own_limit_is_two_mebibytes() -> None:
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 2 * 2**20
