"""Nobody who looks at opinion scores waits for a worker that stands still while it writes them."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import OpinionRelease, Stimulus, Study
from annotation.opinion.labels import count_labels, labels_of
from annotation.opinion.numbering import ReleaseBusyError, only_writer
from annotation.opinion.releases import RENEW, live_release, make_release
from tests.conftest import Sent
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

#: Of waiting: 200 ms, and what a busy machine needs for the rest.
MOST_SECONDS = 2.0


@pytest.fixture
def stimulus(study: Study) -> Stimulus:
    return make_stimuli(study, 1)[0]


@pytest.fixture
def frozen_writer(study: Study) -> Iterator[None]:
    """Another process holds the lock for as long as the test lasts."""
    holds, over = threading.Event(), threading.Event()

    def hold() -> None:
        with only_writer(study):
            holds.set()
            over.wait(60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(10)
    yield
    over.set()
    thread.join()


@pytest.fixture
def stale(study: Study, stimulus: Stimulus) -> OpinionRelease:
    cache.clear()
    rate(stimulus, make_rater(study), (1, 1, 1))
    release = live_release(study)
    rate(stimulus, make_rater(study), (5, 5, 5))
    return release


def test_readers_get_the_stale_scores_and_a_worker_is_asked(
    study: Study, stale: OpinionRelease, frozen_writer: None, sent: Sent
) -> None:
    begun = time.monotonic()
    assert live_release(study).computed_at == stale.computed_at
    assert [label.mos for label in labels_of(study)] == [0.0, 0.0, 0.0]
    assert count_labels(study).ratings == 1
    assert time.monotonic() - begun < 3 * MOST_SECONDS
    assert sent == [(RENEW, (study.pk,))]


def test_a_release_is_not_made_meanwhile_and_the_api_says_so(
    study: Study, owner: User, stale: OpinionRelease, frozen_writer: None
) -> None:
    with pytest.raises(ReleaseBusyError, match="try again"):
        make_release(study, name="now", actor=owner)
    api = APIClient()
    api.force_authenticate(owner)
    begun = time.monotonic()
    answer = api.post("/api/v1/studies/demo/releases/", {"name": "now"}, format="json")
    assert time.monotonic() - begun < MOST_SECONDS
    assert (answer.status_code, answer.json()["code"]) == (503, "release_busy")


def test_an_export_and_its_document_are_made_without_the_lock(
    study: Study, owner: User, stale: OpinionRelease, frozen_writer: None
) -> None:
    api = APIClient()
    api.force_authenticate(owner)
    begun = time.monotonic()
    document = api.get("/api/v1/studies/demo/export/study.json").json()
    assert document["opinion_scores"]["ratings"] == 2
    for form in ("nested", "images"):
        answer = api.get(f"/api/v1/studies/demo/export/?format={form}")
        assert b"mos" in b"".join(answer.streaming_content)  # type: ignore[attr-defined] # streamed
    assert time.monotonic() - begun < MOST_SECONDS


@pytest.mark.parametrize("page", ["", "export/", "model/", "raters/"])
def test_pages_open(
    client: Client,
    study: Study,
    owner: User,
    stale: OpinionRelease,
    frozen_writer: None,
    page: str,
) -> None:
    client.force_login(owner)
    begun = time.monotonic()
    assert client.get(f"/studies/demo/{page}").status_code == 200
    assert time.monotonic() - begun < 2 * MOST_SECONDS


def test_the_first_release_is_refused_soon(
    study: Study, stimulus: Stimulus, frozen_writer: None
) -> None:
    begun = time.monotonic()
    with pytest.raises(ReleaseBusyError):
        live_release(study)
    assert time.monotonic() - begun < MOST_SECONDS
