"""Who gets in: a table of every rating route, and wrong, replaced and closed links."""

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from annotation.models import Rater, Study
from annotation.raters.access import link_token
from annotation.rating.api import urls
from annotation.rating.api.base import PREFIX
from tests.annotation.rating.api.client import RaterClient
from workbench.accounts.models import ApiToken, TokenScope, User

#: (method, path below /api/v1/rating/, what a rater without a session or a trial gets)
ROUTES = [
    ("get", "session/", 200),
    ("post", "session/", 400),
    ("post", "session/begin/", 409),
    ("post", "session/pause/", 409),
    ("post", "session/release/", 409),
    ("post", "session/withdraw/", 200),
    ("post", "messages/", 400),
    ("post", "messages/unread/", 200),
    ("post", "messages/read/", 400),
    ("post", "claims/", 409),
    ("post", "trials/1/renew/", 404),
    ("post", "trials/1/skip/", 400),
    ("post", "trials/1/submit/", 400),
]

SAFE = {
    "Content-Type": "application/json",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def ask(method: str, path: str, authorization: str = "", client: Client | None = None) -> int:
    send = getattr(client or Client(), method)
    headers = {"Authorization": authorization} if authorization else {}
    response = send(f"/api/v1/rating/{path}", content_type="application/json", headers=headers)
    return int(response.status_code)


def test_the_table_names_every_route() -> None:
    known = {path.replace("/1/", "/<int:pk>/") for _method, path, _status in ROUTES}
    assert known == {str(pattern.pattern) for pattern in urls.urlpatterns}
    assert get_resolver().resolve("/api/v1/rating/session/").url_name == "rating-session"


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
def test_a_route_lets_raters_in_and_nobody_else(
    rater: Rater, owner: User, method: str, path: str, status: int
) -> None:
    assert ask(method, path, f"Rater {link_token(rater)}") == status
    assert ask(method, path) == 401
    assert ask(method, path, "Rater nonsense") == 401
    _instance, token = ApiToken.objects.create(owner, name="test", scopes=list(TokenScope))
    assert ask(method, path, f"Token {token}") == 401
    signed_in = Client()
    signed_in.force_login(owner)
    assert ask(method, path, client=signed_in) == 401
    Rater.objects.update(status="excluded")
    assert ask(method, path, f"Rater {link_token(rater)}") == 403


@pytest.mark.parametrize("token", ["", "x", "a.1.b", "....", "\x00", "BCDFGHJKMN.1.forged"])
def test_a_forged_link_opens_nothing(db: None, token: str) -> None:
    client = RaterClient(token=token or " ")
    body = client.get("session/")
    assert client.status == 401
    assert body["code"] in {"link_invalid", "not_authenticated"}


def test_a_replaced_link_opens_nothing(rater: Rater) -> None:
    old = RaterClient(rater)
    Rater.objects.filter(pk=rater.pk).update(link_version=2)
    body = old.get("session/")
    assert (old.status, body["code"]) == (401, "link_replaced")
    assert body["detail"].startswith("This link has been replaced")


def test_the_rater_of_a_deleted_study_is_unknown(study: Study, rater: Rater) -> None:
    client = RaterClient(rater)
    study.delete()
    client.get("session/")
    assert client.status == 401


def test_an_excluded_rater_is_told_so(rater: Rater) -> None:
    Rater.objects.filter(pk=rater.pk).update(status="excluded")
    client = RaterClient(rater)
    assert client.get("session/") == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "code": "rater_excluded",
        "detail": "This link has been closed by the study's owner.",
    }
    assert client.status == 403


def test_every_route_is_below_the_short_cut() -> None:
    for pattern in urls.urlpatterns:
        path = reverse(str(pattern.name), args=[1] if "<int:pk>" in str(pattern.pattern) else [])
        assert path.startswith(PREFIX)


def test_an_answer_has_the_headers_of_a_site_that_is_safe(rater: Rater) -> None:
    response = Client().post(
        "/api/v1/rating/messages/unread/", headers={"Authorization": f"Rater {link_token(rater)}"}
    )
    assert response.headers["Content-Length"] == str(len(response.content))
    kept = {name: response.headers[name] for name in SAFE}
    assert kept == SAFE
    assert not response.cookies


def test_another_host_is_refused(rater: Rater) -> None:
    client = Client(headers={"Host": "evil.example", "Authorization": f"Rater {link_token(rater)}"})
    assert client.get("/api/v1/rating/session/").status_code == 400


@pytest.mark.parametrize(
    ("language", "part"),
    [("en", "has been closed"), ("zh-hans", "关闭"), ("xx", "has been closed")],
)
def test_a_problem_is_described_in_the_raters_language(
    rater: Rater, language: str, part: str
) -> None:
    Rater.objects.update(status="excluded")
    headers = {"Authorization": f"Rater {link_token(rater)}", "Accept-Language": language}
    response = Client().get("/api/v1/rating/session/", headers=headers)
    assert part in response.json()["detail"]
    assert response.headers["Content-Language"] == ("zh-hans" if language == "zh-hans" else "en")


def test_a_request_without_a_token_is_told_which_kind_to_send(db: None) -> None:
    response = Client().post("/api/v1/rating/claims/", content_type="application/json")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Rater")
    assert response.json()["code"] == "not_authenticated"


def test_another_method_is_refused_with_those_that_there_are(rater: Rater) -> None:
    headers = {"Authorization": f"Rater {link_token(rater)}"}
    for send in (Client().get, Client().options, Client().delete):
        response = send("/api/v1/rating/claims/", headers=headers)
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")
        assert response.json()["code"] == "method_not_allowed"
    assert Client().head("/api/v1/rating/session/", headers=headers).status_code == 200


def test_an_unknown_route_is_not_found(db: None) -> None:
    assert Client().post("/api/v1/rating/nothing/").status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "parse_error"),
        (b"\xff", "application/json", 400, "parse_error"),
        (b'{"a": NaN}', "application/json", 400, "parse_error"),
        (b"[" * 100_000, "application/json", 400, "answer_invalid"),
        (b" " * (3 << 20), "application/json", 413, "too_large"),
        (b"[]", "application/json", 400, "answer_invalid"),
        (b"consent=true", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"", "text/plain", 400, "consent_required"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    study: Study, rater: Rater, body: bytes, kind: str, status: int, code: str
) -> None:
    response = Client().post(
        "/api/v1/rating/session/",
        data=body,
        content_type=kind,
        headers={"Authorization": f"Rater {link_token(rater)}"},
    )
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_the_schema_describes_the_raters_token(owner: User) -> None:
    client = Client(headers={"Accept": "application/vnd.oai.openapi+json"})
    client.force_login(owner)
    schema = client.get("/api/v1/schema/").json()
    operation = schema["paths"]["/api/v1/rating/trials/{id}/submit/"]["post"]
    assert operation["security"] == [{"raterToken": []}]
    assert schema["components"]["securitySchemes"]["raterToken"]["name"] == "Authorization"
    assert {"200", "400", "401", "403", "404", "409"} <= set(operation["responses"])
