"""Requests that are sent twice with one Idempotency-Key."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.models import Rater, Study
from tests.test_hostile_requests import ENDPOINTS, address_of
from tests.test_permissions_table import World, world
from workbench.accounts.api_views import ApiView
from workbench.accounts.fingerprints import fingerprint, hash_files
from workbench.accounts.models import KeptAnswer, User

__all__ = ["world"]

pytestmark = pytest.mark.django_db

STUDIES = "/api/v1/studies/"
RATERS = "/api/v1/studies/demo/raters/"


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(owner: User, study: Study) -> APIClient:
    return client_of(owner)


def post(client: APIClient, path: str, body: Any, key: str = "a-key") -> Any:
    return client.post(path, body, format="json", headers={"Idempotency-Key": key})


def test_the_same_request_is_done_once_and_answered_alike(api: APIClient) -> None:
    first, second = (post(api, RATERS, {"count": 2}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Rater.objects.count() == 2


def test_nobody_reads_an_answer_without_its_key(api: APIClient) -> None:
    link = post(api, RATERS, {"count": 1}).json()[0]["link"]
    kept = KeptAnswer.objects.get()
    assert link.encode() not in bytes(kept.body)
    assert "a-key" not in str(vars(kept))


@pytest.mark.parametrize(("path", "body"), [(RATERS, {"count": 3}), (STUDIES, {"title": "Other"})])
def test_a_key_is_for_one_request(api: APIClient, path: str, body: Any) -> None:
    post(api, RATERS, {"count": 2})
    answer = post(api, path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Rater.objects.count() == 2


def test_a_key_is_one_accounts(api: APIClient, outsider: User) -> None:
    assert post(api, STUDIES, {"title": "Mine"}).status_code == 201
    theirs = post(client_of(outsider), STUDIES, {"title": "Mine"})
    assert theirs.json()["slug"] == "mine-2"


def test_a_request_under_way_is_not_begun_again(api: APIClient) -> None:
    post(api, RATERS, {"count": 2})
    KeptAnswer.objects.update(status=None)
    answer = post(api, RATERS, {"count": 2})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")
    assert Rater.objects.count() == 2


@pytest.mark.parametrize(
    ("status", "age"), [(201, timedelta(hours=25)), (None, timedelta(hours=1))]
)
def test_an_old_key_counts_no_more(api: APIClient, status: int | None, age: timedelta) -> None:
    """Nor one whose server was killed before it answered."""
    post(api, RATERS, {"count": 2})
    KeptAnswer.objects.update(status=status, created_at=timezone.now() - age)
    assert "Idempotency-Replayed" not in post(api, RATERS, {"count": 2}).headers
    assert Rater.objects.count() == 4


def test_what_was_refused_may_be_tried_again(api: APIClient) -> None:
    assert post(api, RATERS, {"count": 0}).status_code == 400
    assert post(api, RATERS, {"count": 2}).status_code == 201


def test_what_failed_may_be_tried_again(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_kwargs: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("annotation.raters.api.create_raters", fail)
        assert post(api, RATERS, {"count": 2}).status_code == 500
    assert post(api, RATERS, {"count": 2}).status_code == 201


def test_who_may_not_gets_no_answer_of_others(api: APIClient) -> None:
    post(api, RATERS, {"count": 2})
    assert post(APIClient(), RATERS, {"count": 2}).status_code == 401


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_what_is_no_key_is_refused(api: APIClient, key: str) -> None:
    answer = post(api, RATERS, {"count": 2}, key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")
    assert not Rater.objects.exists()


def form(boundary: str, content: bytes = b"picture", reason: str = "torn") -> str:
    """The fingerprint of a form with a file; another boundary is another body."""
    line = f"--{boundary}".encode()
    parts = [
        line, b'Content-Disposition: form-data; name="reason"', b"", reason.encode(),
        line, b'Content-Disposition: form-data; name="image"; filename="a.png"', b"", content,
        line + b"--", b"",
    ]  # fmt: skip
    kind = f"multipart/form-data; boundary={boundary}"
    request = RequestFactory().post("/", b"\r\n".join(parts), content_type=kind)
    files = hash_files(request)
    found = fingerprint(request, files)
    image: Any = request.FILES["image"]
    assert image.read() == content
    return found


def test_a_form_is_the_same_by_its_fields_and_files() -> None:
    assert form("one") == form("two")
    assert len({form("one"), form("one", b"other"), form("one", reason="blurred")}) == 3


def test_an_import_is_asked_for_once(api: APIClient, sent: Any) -> None:
    """With its files, of which each try has others of the same content."""
    path = "/api/v1/studies/demo/imports/"
    answers = []
    for _ in range(2):
        manifest = SimpleUploadedFile("m.csv", b"filename,prompt,generator\na.png,a,b\n")
        body = {"manifest": manifest, "labels_only": "true"}
        headers = {"Idempotency-Key": "upload"}
        answers.append(api.post(path, body, format="multipart", headers=headers))
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_a_broken_form_is_refused(api: APIClient) -> None:
    answer = api.post(
        "/api/v1/studies/demo/imports/",
        b"x",
        content_type="multipart/form-data; boundary=é",
        headers={"Idempotency-Key": "upload"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert not KeptAnswer.objects.exists()


def test_every_post_of_accounts_takes_a_key(world: World) -> None:
    views: list[Any] = [resolve(address_of(route, world)).func for route in ENDPOINTS]
    posts = [view.view_class for view in views if hasattr(view.view_class, "post")]
    owners = [view for view in posts if not view.__module__.startswith("annotation.rating.")]
    assert len(owners) > 20
    assert all(issubclass(view, ApiView) for view in owners)
