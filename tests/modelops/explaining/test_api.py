import io
from types import SimpleNamespace
from typing import Any

import pytest
import redis.exceptions
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from modelops.explaining import assessing
from modelops.explaining.api import AssessThrottle
from modelops.models import Assessment, ModelVersion, PredictedExplanation
from modelops.predictors.store import version_model
from modelops.runs import sweeping
from tests.conftest import Sent
from tests.factories import png
from tests.modelops.conftest import Train
from tests.modelops.explained import explain_all, quick_language
from workbench.accounts.models import User

__all__ = ["quick_language"]

URL = "/api/v1/studies/demo"
ASSESS = "modelops.tasks.assess"


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker answers when the request begins to wait for it."""

    def work(assessment: Assessment, seconds: float) -> None:
        assessing.assess(assessment_id=assessment.pk)
        assessment.refresh_from_db()

    monkeypatch.setattr(assessing, "wait_for", work)


def upload(api: APIClient, data: bytes = png(7), prompt: str = "a red circle", **more: Any) -> Any:
    image = SimpleUploadedFile("mine.png", data, "image/png")
    return api.post(f"{URL}/assessments/", {"image": image, "prompt": prompt, "model": 1, **more})


def test_explanations_are_listed_by_stimulus_and_version(
    api: APIClient, scored: ModelVersion, labelled: list[Stimulus]
) -> None:
    authenticity = scored.study.perspectives.get(key="authenticity")
    for stimulus in labelled[:3]:
        for perspective in (None, authenticity):
            PredictedExplanation.objects.create(
                stimulus=stimulus,
                model_version=scored,
                perspective=perspective,
                text="The image is highly distorted.",
                phrases={"authenticity_distortion": 1},
            )
    assert api.get(f"{URL}/explanations/").status_code == 404  # no version is active
    body = api.get(f"{URL}/explanations/?model=1&count=true").json()
    assert body["count"] == 3
    assert body["results"][0]["explanations"] == {
        name: {
            "text": "The image is highly distorted.",
            "phrases": {"authenticity_distortion": 1},
        }
        for name in ("authenticity", "overall")
    }
    one = api.get(f"{URL}/explanations/?model=1&stimulus={labelled[1].pk}").json()
    assert [row["stimulus"] for row in one["results"]] == [labelled[1].pk]


def test_explaining_with_a_version_that_cannot_is_a_conflict(
    api: APIClient, scored: ModelVersion
) -> None:
    answer = api.post(f"{URL}/explaining-runs/", {"model": 1}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_explain")


def test_an_uploaded_image_gets_scores_and_explanations(
    api: APIClient,
    labelled: list[Stimulus],
    train: Train,
    quick_language: None,
    at_once: None,
) -> None:
    explain_all()
    version = train(explanation_epochs=1)
    run = api.post(f"{URL}/explaining-runs/", {"model": 1}, format="json")
    assert (run.status_code, run.json()["progress_total"]) == (201, 40)
    assert api.get(f"{URL}/models/").json()["results"][0]["explanation_metrics"]["accuracy"] >= 0

    stimulus = Stimulus.objects.select_related("prompt").get(pk=labelled[3].pk)
    data = stimulus.image.read()
    answer = upload(api, data, stimulus.prompt.text)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert set(body["explanations"]) == {"quality", "authenticity", "correspondence", "overall"}
    # The same as the study's own image is predicted.
    model = version_model(version)
    expected = model.last_layer.predict(model.embedder.embed([stimulus]).matrix([stimulus.pk]))
    found = body["scores"]["correspondence"]
    # On the study's scale, 1 to 5: four times as wide as the model's.
    assert (found["minimum"], found["maximum"]) == (1, 5)
    assert found["mean"] == pytest.approx(1 + 4 * expected.mean[0, 2], abs=4e-3)
    assert found["posterior_sd"] == pytest.approx(4 * expected.posterior_sd[0, 2], abs=4e-3)
    assert found["misfit_sd"] == pytest.approx(4 * expected.misfit_sd[0, 2], abs=4e-3)
    assert found["rater_sd"] == pytest.approx(4 * expected.rater_sd[0, 2], abs=4e-3)
    # One question alone has the same answer; what is no question is refused.
    one = upload(api, data, stimulus.prompt.text, questions=["authenticity"])
    assert one.status_code == 201, one.content
    assert one.json()["explanations"] == {"authenticity": body["explanations"]["authenticity"]}
    none = upload(api, data, stimulus.prompt.text, questions=["beauty"])
    assert (none.status_code, list(none.json()["errors"])) == (400, ["questions"])
    Assessment.objects.exclude(pk=body["id"]).delete()
    # The image is forgotten; the result can be asked for again.
    assert Assessment.objects.get().image is None
    assert api.get(f"{URL}/assessments/{body['id']}/").json() == body


def test_a_version_without_explanations_answers_scores_alone(
    api: APIClient, scored: ModelVersion, at_once: None
) -> None:
    body = upload(api).json()
    assert set(body["scores"]) == {"quality", "authenticity", "correspondence"}
    assert body["explanations"] == {}
    assert Stimulus.objects.count() == 40


def test_a_slow_worker_is_waited_for_elsewhere(
    api: APIClient,
    scored: ModelVersion,
    sent: Sent,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(assessing, "WAIT_SECONDS", 0)
    with django_capture_on_commit_callbacks(execute=True):
        answer = upload(api)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert sent == [(ASSESS, (answer.json()["id"],))]
    address = f"http://testserver{URL}/assessments/{answer.json()['id']}/"
    assert answer.json()["url"] == answer.headers["Location"] == address
    assert answer.headers["Retry-After"] == "1"
    assessing.assess(assessment_id=answer.json()["id"])
    later = api.get(answer.json()["url"]).json()
    assert later["state"] == "succeeded"
    assert set(later["scores"]) == {"quality", "authenticity", "correspondence"}


def test_what_the_worker_finds_out_about_an_image_is_its_senders_to_fix(
    api: APIClient, scored: ModelVersion, at_once: None
) -> None:
    answer = upload(api, png(1, (512, 512))[:-200])
    assert (answer.status_code, answer.json()["code"]) == (400, "image_refused")
    assert "is damaged" in answer.json()["detail"]
    assert Assessment.objects.get().image is None


def test_who_is_not_next_does_not_wait(
    api: APIClient, scored: ModelVersion, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """28 uploads while a worker stands still: the first waits for it, nobody else does."""
    waited: list[int] = []
    monkeypatch.setattr(
        assessing, "_poll", lambda assessment, _seconds: waited.append(assessment.pk)
    )
    answers = [upload(api, png(number)) for number in range(28)]
    assert {answer.status_code for answer in answers} == {202}
    assert waited == [answers[0].json()["id"]]


def test_one_request_of_a_process_waits_at_a_time(
    scored: ModelVersion, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []

    def poll(assessment: Assessment, seconds: float) -> None:
        waited.append(assessment.pk)
        assessing.wait_for(second, seconds)

    monkeypatch.setattr(assessing, "_poll", poll)
    first, second = (Assessment.objects.create(study=study, model_version=scored) for _ in range(2))
    for _again in range(2):
        assessing.wait_for(first, 1.0)
    assert waited == [first.pk, first.pk]


def test_nobody_waits_longer_than_a_fifth_of_a_second(
    scored: ModelVersion, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: sum(slept), sleep=slept.append)
    monkeypatch.setattr(assessing, "time", clock)
    waiting = Assessment.objects.create(study=study, model_version=scored)
    assessing.wait_for(waiting, assessing.WAIT_SECONDS)
    assert waiting.is_active
    assert 0.1 < sum(slept) < 0.21


def test_a_large_image_is_not_decoded_while_somebody_waits(
    api: APIClient, scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its head says what it is; the worker says whether all of it can be read."""
    monkeypatch.setattr(assessing, "WAIT_SECONDS", 0)
    large = png(1, (4000, 3000))
    answer = upload(api, large[: len(large) // 2])
    assert answer.status_code == 202
    assessing.assess(assessment_id=answer.json()["id"])
    later = api.get(answer.json()["url"]).json()
    assert later["state"] == "failed"
    assert "truncated" in later["error"]


def animation() -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), (shade, 0, 0)) for shade in (0, 200)]
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (png(1)[:20], "is damaged"),
        (b"GIF89a", "is GIF; save it as JPEG, PNG or WebP"),
        (png(1, (8, 8)), "is 8 × 8 pixels"),
        (animation(), "is animated (2 frames)"),
    ],
)
def test_an_image_that_no_import_would_take_is_named(
    api: APIClient, scored: ModelVersion, data: bytes, says: str
) -> None:
    answer = upload(api, data)
    assert (answer.status_code, answer.json()["code"]) == (400, "image_refused")
    assert says in answer.json()["detail"]
    assert not Assessment.objects.exists()


def test_too_large_an_upload_is_refused(
    api: APIClient, scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assessing, "MAXIMUM_BYTES", 1024)
    answer = upload(api, png(1) + b"x" * 2048)
    assert answer.json()["code"] == "image_refused"
    # So large that it is not even read.
    answer = upload(api, png(1) + b"x" * 1024 * 256)
    assert answer.json()["code"] == "image_refused"
    assert "the limit is" in answer.json()["detail"]


def test_what_is_missing_is_named(api: APIClient, scored: ModelVersion) -> None:
    answer = api.post(f"{URL}/assessments/", {"prompt": "a"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["image"])
    assert upload(api, prompt="x" * 10_001).status_code == 400
    assert upload(api, model=9).json()["code"] == "no_model"


def test_uploads_are_throttled_by_account(
    api: APIClient, scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(AssessThrottle, "rate", "2/min")
    monkeypatch.setattr(assessing, "WAIT_SECONDS", 0)
    *_taken, last = answers = [upload(api) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert (last.headers["Content-Type"], last.json()["code"]) == (
        "application/problem+json",
        "throttled",
    )


def test_uploads_are_taken_while_redis_is_away(
    api: APIClient, scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise redis.exceptions.ConnectionError("refused")

    monkeypatch.setattr(AssessThrottle, "cache", SimpleNamespace(get=away, set=away))
    monkeypatch.setattr(assessing, "WAIT_SECONDS", 0)
    assert upload(api).status_code == 202


def test_a_failure_of_the_worker_is_named(
    api: APIClient, scored: ModelVersion, at_once: None
) -> None:
    ModelVersion.objects.filter(pk=scored.pk).update(artifact="models/nowhere")
    answer = upload(api)
    assert (answer.status_code, answer.json()["code"]) == (500, "assessment_failed")
    assert "models/nowhere is not in the artifact storage" in answer.json()["detail"]


def test_assessments_are_handed_on_and_forgotten(
    api: APIClient, scored: ModelVersion, study: Study
) -> None:
    lost = Assessment.objects.create(
        study=study,
        model_version=scored,
        state="running",
        attempts=5,
        image=b"x",
        lease_expires_at="2020-01-01T00:00Z",
    )
    old = Assessment.objects.create(study=study, model_version=scored, state="succeeded")
    Assessment.objects.filter(pk=old.pk).update(created_at="2020-01-01T00:00Z")
    sweeping.sweep_runs()
    lost.refresh_from_db()
    assert (lost.state, lost.image) == ("failed", None)
    answer = api.get(f"{URL}/assessments/{old.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_assessment")
