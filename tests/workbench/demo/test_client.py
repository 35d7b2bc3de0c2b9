"""The HTTP clients: a rater's and an owner's, against the real server and against bad lines."""

import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from annotation.models import Explanation, Score, Study, Trial
from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from annotation.protocol.sessions import SessionState
from annotation.raters.access import link_token
from annotation.raters.services import create_raters
from tests.workbench.demo.conftest import answering
from workbench.demo.client import (
    ApiError,
    JobFailedError,
    OwnerClient,
    RaterClient,
    UnreachableError,
    token_of,
)
from workbench.demo.raters import Answer

ANSWERS = {
    name: Answer(score, {}, text)
    for name, score, text in zip(
        AIGCIQA2023_PERSPECTIVES, (4.0, 2.0, 5.0), ("", "crooked legs", ""), strict=True
    )
}


@pytest.fixture
def rater_client(open_study: Study, live_server: Any) -> RaterClient:
    (rater,) = create_raters(study=open_study, count=1, actor=None)
    return RaterClient(live_server.url, link_token(rater))


def test_a_rater_consents_sees_an_image_and_answers(
    rater_client: RaterClient, world_folder: Path
) -> None:
    questions = rater_client.start()
    offer = rater_client.claim()
    (image,) = offer.images
    drawn = {
        Image.open(path).convert("RGB").tobytes() for path in (world_folder / "images").iterdir()
    }
    assert Image.open(io.BytesIO(rater_client.image(image))).tobytes() in drawn
    following = rater_client.submit(image, ANSWERS, displayed=time.monotonic())

    assert [item.key for item in questions.perspectives] == list(AIGCIQA2023_PERSPECTIVES)
    assert offer.total == 12
    assert (following.done, following.state) == (1, SessionState.RATING)
    assert following.images[0] != image
    trial = Trial.objects.get(pk=image.trial)
    assert trial.state == Trial.State.SUBMITTED
    assert trial.displayed_at is not None
    stored = Score.objects.filter(trial=trial).values_list("perspective__key", "value")
    assert dict(stored) == {"quality": 4.0, "authenticity": 2.0, "correspondence": 5.0}
    reason = Explanation.objects.get(trial=trial, perspective__key="authenticity")
    assert reason.text == "crooked legs"


def test_a_session_is_resumed_with_the_image_that_was_in_hand(rater_client: RaterClient) -> None:
    rater_client.start()
    first = rater_client.claim()
    rater_client.start()
    assert rater_client.claim().images[0].trial == first.images[0].trial


def test_a_refusal_carries_its_status_code_and_sentence(
    open_study: Study, live_server: Any
) -> None:
    with pytest.raises(ApiError, match="does not open a study") as caught:
        RaterClient(live_server.url, "forged.1.abc").start()
    assert (caught.value.status, caught.value.code) == (401, "link_invalid")


def test_the_token_is_the_last_part_of_a_link() -> None:
    assert token_of("http://127.0.0.1:8000/rate/CODE.1.signature/") == "CODE.1.signature"


def test_a_request_without_an_answer_is_sent_again() -> None:
    slept: list[float] = []
    offer = {"trials": [], "progress": {"done": 3, "total": 3}, "state": "done"}
    line = answering(
        httpx.ConnectError("refused"), httpx.Response(503), httpx.Response(200, json=offer)
    )
    client = RaterClient("http://site", "token", transport=line, sleep=slept.append)
    assert client.claim().state is SessionState.DONE
    assert len(slept) == 2


def test_a_server_that_stays_silent_is_named() -> None:
    line = answering(*[httpx.ConnectError("refused")] * 4)
    client = RaterClient("http://site", "token", transport=line, sleep=lambda seconds: None)
    with pytest.raises(UnreachableError, match="http://site does not answer"):
        client.claim()


def test_what_must_not_be_done_twice_is_sent_once() -> None:
    line = answering(httpx.ReadTimeout("slow"))
    client = OwnerClient("http://site", "token", transport=line)
    with pytest.raises(UnreachableError):
        client.create_raters("demo", 3)


def test_a_claim_that_found_every_image_locked_is_repeated() -> None:
    def offer(*trials: dict[str, Any]) -> httpx.Response:
        body = {"trials": trials, "progress": {"done": 0, "total": 5}, "state": "rating"}
        return httpx.Response(200, json=body)

    trial = {"id": 7, "prompt": "a cat", "image": {"url": "/media/x"}}
    client = RaterClient(
        "http://site", "t", transport=answering(offer(), offer(trial)), sleep=lambda seconds: None
    )
    assert [image.trial for image in client.claim().images] == [7]


def test_an_owner_makes_opens_and_fills_a_study(
    transactional_db: None, owner_client: OwnerClient
) -> None:
    slug = owner_client.create_study(title="A study of cats")["slug"]
    changed = owner_client.change_study(slug, status="open", session_trials=7)
    raters = owner_client.create_raters(slug, 2)
    assert (slug, changed["status"], changed["session_trials"]) == ("a-study-of-cats", "open", 7)
    assert len({token_of(rater["link"]) for rater in raters}) == 2


def test_a_listing_goes_through_every_page(open_study: Study, owner_client: OwnerClient) -> None:
    rows = list(owner_client.listing("demo", "stimuli", limit=5))
    assert sorted(row["filename"] for row in rows) == [f"scene-{n:05}.jpg" for n in range(1, 13)]


def test_the_export_arrives_line_by_line(open_study: Study, owner_client: OwnerClient) -> None:
    with owner_client.export("demo") as lines:
        records = [json.loads(line) for line in lines]
    assert len(records) == 12


def test_an_export_of_a_foreign_study_is_refused(
    transactional_db: None, owner_client: OwnerClient
) -> None:
    with pytest.raises(ApiError, match="404"), owner_client.export("no-such-study"):
        pass


def _job(state: str, done: int = 0, error: str = "") -> httpx.Response:
    body = {"state": state, "stage": "embedding", "progress_done": done, "progress_total": 9}
    return httpx.Response(200, json={**body, "error": error})


def test_waiting_reports_each_step_once() -> None:
    said: list[str] = []
    line = answering(_job("queued"), _job("running", 4), _job("running", 4), _job("succeeded", 9))
    client = OwnerClient("http://site", "token", transport=line, sleep=lambda seconds: None)
    client.wait_for("demo", "training-runs", 1, seconds=60, say=said.append)
    assert said == ["training: queued", "training: embedding 4 of 9", "training: succeeded"]


def test_a_failed_job_gives_its_reason() -> None:
    line = answering(_job("failed", error="The disk is full."))
    client = OwnerClient("http://site", "token", transport=line)
    with pytest.raises(JobFailedError, match="The disk is full"):
        client.wait_for("demo", "scoring-runs", 1, seconds=60)


def test_a_job_that_nobody_does_is_given_up() -> None:
    line = answering(_job("queued"))
    client = OwnerClient("http://site", "token", transport=line)
    with pytest.raises(JobFailedError, match="see whether a worker runs"):
        client.wait_for("demo", "training-runs", 1, seconds=-1)
