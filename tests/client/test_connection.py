"""What the client makes of answers that break off, are late, or say no; no server is needed."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import mint_client
from mint_client import Client, Study

CONTENT = bytes(range(256)) * 4
BUILT = {
    "state": "succeeded",
    "version": "1.0.0",
    "size": len(CONTENT),
    "archive_sha256": hashlib.sha256(CONTENT).hexdigest(),
}
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Those that would have been made."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def study(answer: Answer) -> Study:
    client = Client("https://mint.test/", "mint_x", transport=httpx.MockTransport(answer))
    return client.study("demo")


def answers(*given: httpx.Response | Exception) -> tuple[Answer, list[httpx.Request]]:
    """One after the other, and what they were answers to."""
    asked: list[httpx.Request] = []
    left = iter(given)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    return answer, asked


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    body = {"status": status, "code": code, "detail": "Do this.", **more}
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, json=body, headers=headers)


def test_a_post_that_nobody_answered_is_sent_again_with_its_key(pauses: list[float]) -> None:
    answer, asked = answers(
        httpx.ReadTimeout("slow"),
        problem(409, "idempotency_key_in_use"),
        httpx.Response(503, headers={"Retry-After": "7"}),
        httpx.Response(201, json=[{"code": "R1"}]),
    )
    assert [rater["code"] for rater in study(answer).create_raters(1)] == ["R1"]
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1
    assert {request.headers["Authorization"] for request in asked} == {"Token mint_x"}
    assert pauses == [0.5, 2.0, 7.0]


def test_a_patch_is_never_sent_again() -> None:
    answer, asked = answers(httpx.ReadTimeout("slow"))
    with pytest.raises(mint_client.UnreachableError, match="does not answer"):
        study(answer).patch("", {"title": "x"}, etag='"1"')
    assert [request.headers["If-Match"] for request in asked] == ['"1"']


def test_a_file_is_sent_whole_a_second_time(tmp_path: Path) -> None:
    answer, asked = answers(httpx.ReadTimeout("slow"), httpx.Response(202, json={"id": 1}))
    (tmp_path / "images.zip").write_bytes(CONTENT)
    study(answer).import_(images=tmp_path / "images.zip", wait=False)
    assert [CONTENT in request.read() for request in asked] == [True, True]


@pytest.mark.parametrize("url", ["https://mint.test", "https://mint.test/api/v1/"])
def test_the_address_may_be_the_servers_or_the_apis(url: str) -> None:
    answer, asked = answers(*[httpx.Response(200, json={})] * 2)
    client = Client(url, "mint_x\n", transport=httpx.MockTransport(answer))
    client.study("a/b").get("overview")
    client.study("demo").get("export/study.json")
    assert [str(request.url) for request in asked] == [
        "https://mint.test/api/v1/studies/a%2Fb/overview/",
        "https://mint.test/api/v1/studies/demo/export/study.json",
    ]
    assert {request.headers["Authorization"] for request in asked} == {"Token mint_x"}


def test_what_is_no_address_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="begin it with https://"):
        Client("mint.test", "mint_x")


def test_what_has_no_method_of_its_own_is_set_removed_and_waited_for() -> None:
    answer, asked = answers(
        httpx.Response(200, json={"quota": 5}),
        httpx.Response(204),
        httpx.Response(200, json={"state": "running"}),
        httpx.Response(200, json={"state": "succeeded"}),
    )
    assert study(answer).put("shared-link/", {"quota": 5}, etag='"1"') == {"quota": 5}
    study(answer).delete("webhooks/1/")
    assert study(answer).wait("training-runs/1/") == {"state": "succeeded"}
    assert [request.method for request in asked] == ["PUT", "DELETE", "GET", "GET"]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalid", mint_client.InvalidError),
        (401, "not_authenticated", mint_client.NotAuthenticatedError),
        (403, "permission_denied", mint_client.NotAllowedError),
        (404, "not_found", mint_client.NotFoundError),
        (409, "import_active", mint_client.ConflictError),
        (412, "changed", mint_client.ChangedError),
        (413, "too_large", mint_client.TooLargeError),
        (422, "idempotency_key_reused", mint_client.InvalidError),
        (429, "too_often", mint_client.TooOftenError),
        (500, "error", mint_client.ServerError),
        (507, "disk_full", mint_client.ServerError),
    ],
)
def test_a_problem_is_raised_by_name(
    status: int, code: str, error: type[mint_client.ApiError]
) -> None:
    answer, _asked = answers(problem(status, code, errors={"count": ["Too many."]}))
    with pytest.raises(error, match="Do this") as caught:
        study(answer).post("raters/", {"count": 1})
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.errors == {"count": ["Too many."]}


def test_a_proxys_page_is_an_error_too() -> None:
    answer, _asked = answers(httpx.Response(404, html="<h1>nginx</h1>"))
    with pytest.raises(mint_client.NotFoundError, match="Not Found"):
        study(answer).read()
    answer, _asked = answers(httpx.Response(302, headers={"Location": "https://login.test/"}))
    with pytest.raises(mint_client.UnreachableError, match=r"login\.test"):
        study(answer).read()


def test_a_list_is_read_to_its_end_from_the_server_that_was_asked() -> None:
    following = "http://inner.test/api/v1/studies/demo/trials/?cursor=a%3Db&limit=1000"
    answer, asked = answers(
        httpx.Response(200, json={"next": following, "previous": None, "results": [1, 2]}),
        httpx.Response(200, json={"next": None, "previous": None, "results": [3]}),
    )
    assert list(study(answer).each("trials/", rater="R1")) == [1, 2, 3]
    assert [request.url.host for request in asked] == ["mint.test"] * 2
    assert dict(asked[1].url.params) == {"limit": "1000", "rater": "R1", "cursor": "a=b"}


def test_waiting_ends_with_the_job_or_the_time() -> None:
    answer, _asked = answers(
        httpx.Response(200, json={"state": "running"}),
        httpx.Response(200, json={"state": "failed", "refusal": "no images; add some"}),
    )
    with pytest.raises(mint_client.JobFailedError, match="no images; add some") as caught:
        study(answer).wait_for_import(3)
    assert caught.value.job["state"] == "failed"
    answer, _asked = answers(httpx.Response(200, json={"state": "queued"}))
    with pytest.raises(mint_client.WaitedTooLongError, match="import 3 is queued after 0 s"):
        study(answer).wait_for_import(3, timeout=0)


class Broken(httpx.SyncByteStream):
    """Some bytes, and then the line is gone."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self.data
        raise httpx.ReadError("gone")


def test_a_download_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    answer, asked = answers(
        httpx.Response(200, json=BUILT),
        httpx.Response(200, stream=Broken(CONTENT[:300])),
        httpx.Response(206, content=CONTENT[300:]),
    )
    got = study(answer).dataset(1).download(tmp_path)
    assert (got.name, got.read_bytes()) == ("demo-1.0.0.zip", CONTENT)
    assert asked[2].headers["Range"] == "bytes=300-"
    assert list(tmp_path.iterdir()) == [got]


def test_a_server_without_ranges_sends_all_of_it_again(tmp_path: Path) -> None:
    answer, _asked = answers(
        httpx.Response(200, json=BUILT),
        httpx.Response(200, stream=Broken(CONTENT[:300])),
        httpx.Response(200, content=CONTENT),
    )
    assert study(answer).dataset(1).download(tmp_path / "a.zip").read_bytes() == CONTENT


def test_what_came_wrong_is_not_kept(tmp_path: Path) -> None:
    answer, _asked = answers(
        httpx.Response(200, json=BUILT), httpx.Response(200, content=CONTENT[::-1])
    )
    with pytest.raises(mint_client.DamagedError, match="another hash"):
        study(answer).dataset(1).download(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_download_that_gives_up_is_gone_on_with_by_the_next(tmp_path: Path) -> None:
    gone = [httpx.ConnectError("away")] * 4
    answer, _asked = answers(
        httpx.Response(200, json=BUILT), httpx.Response(200, stream=Broken(CONTENT[:9])), *gone
    )
    with pytest.raises(mint_client.UnreachableError, match="broke off: away"):
        study(answer).dataset(1).download(tmp_path)
    answer, asked = answers(
        httpx.Response(200, json=BUILT), httpx.Response(206, content=CONTENT[9:])
    )
    assert study(answer).dataset(1).download(tmp_path).read_bytes() == CONTENT
    assert asked[1].headers["Range"] == "bytes=9-"


def test_an_import_that_refused_rows_names_the_first() -> None:
    row = {"row": 3, "line": 4, "filename": "a.png", "problem": "no image", "fix": "add it"}
    job = {"state": "failed", "refusal": "", "rejected": 2, "rejected_rows": [row]}
    answer, _asked = answers(httpx.Response(200, json=job))
    with pytest.raises(mint_client.JobFailedError, match="such as row 3: no image; add it"):
        study(answer).wait_for_import(3)
