"""Images and models in an S3 bucket, against a real server of that protocol: moto's."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from annotation.models import ImportJob, Stimulus, Study
from annotation.stimuli.imports.service import ImportOptions
from annotation.stimuli.imports.starting import request_import
from modelops.learning.recipe import Recipe
from modelops.models import ModelVersion, Prediction, TrainingRun
from modelops.runs import sweeping
from modelops.runs.predictors import ensure_predictor
from modelops.runs.retraining import request_retrain
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip
from tests.buckets import Bucket, use_bucket
from tests.factories import make_stimuli, png
from tests.faults.workers import running_worker, wait_until
from tests.modelops.labelling import label_pool, write_weights
from workbench.accounts.models import User
from workbench.operation import health


@pytest.mark.django_db
def test_an_image_is_opened_by_an_address_signed_by_version_4(
    site_in_bucket: Bucket, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    assert f"{stimulus.image.name}" in site_in_bucket.names()
    address = stimulus.image.url
    signed = {name: value for name, (value, *_rest) in parse_qs(urlsplit(address).query).items()}
    assert signed["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert "/eu-central-1/s3/aws4_request" in signed["X-Amz-Credential"]
    with urlopen(address) as image:
        assert image.read() == png(0)


@pytest.fixture
def bucket_away(settings: Settings) -> None:
    """Nobody listens there."""
    use_bucket(settings, "away", "http://127.0.0.1:1")


@pytest.mark.django_db
@pytest.mark.usefixtures("bucket_away")
def test_a_bucket_that_is_away_at_an_upload_is_a_sentence(
    client: Client, owner: User, study: Study, tmp_path: Path
) -> None:
    client.force_login(owner)
    archive = write_zip(tmp_path / "a.zip", {"90.png": picture(90)}).read_bytes()
    form = {"purpose": "main", "mapping": "own", "images": SimpleUploadedFile("a.zip", archive)}
    page = client.post(f"/studies/{study.slug}/import/", form)
    told = "The files could not be stored (the bucket away does not answer: "
    assert page.status_code == 507
    assert told in page.content.decode()
    again = {"images": SimpleUploadedFile("a.zip", archive)}
    answer = client.post(f"/api/v1/studies/{study.slug}/imports/", again)
    assert answer.status_code == 507
    assert answer.json()["code"] == "upload_not_kept"
    assert told in answer.json()["detail"]
    assert not ImportJob.objects.exists()
    assert "storage" in health.problems()


@pytest.mark.django_db
def test_a_bucket_that_does_not_exist_is_named(
    bucket: Bucket, settings: Settings, study: Study
) -> None:
    use_bucket(settings, "nobody-made-it", bucket.endpoint)
    health._bucket_client.cache_clear()
    with pytest.raises(OSError, match="the bucket nobody-made-it refuses: NoSuchBucket"):
        default_storage.save("a", ContentFile(b"a"))
    # The kind of error alone; on a busy machine the answer may not come in time.
    assert health.problems()["storage"] in ("ClientError", "no answer")
    with pytest.raises(ClientError, match="404"):
        health.VITAL["storage"]()


@pytest.mark.django_db(transaction=True)
def test_a_backup_goes_to_a_bucket_and_comes_back_whole(
    site_in_bucket: Bucket, study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    make_stimuli(study, 3)
    storages["artifacts"].save("models/1/manifest.json", ContentFile(b"{}"))
    other = "mint-backups"
    place = {"LocationConstraint": "eu-central-1"}
    site_in_bucket.client().create_bucket(Bucket=other, CreateBucketConfiguration=place)
    call_command("backup", f"s3://{other}/nightly")
    call_command("backup", f"s3://{other}/nightly")
    said = capsys.readouterr().out
    assert "10 files" in said
    assert "of which 0 were new" in said
    call_command("restore", f"s3://{other}/nightly", "--check")
    assert "is complete and unchanged" in capsys.readouterr().out


@pytest.mark.worker
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_two_hosts_share_nothing_but_database_queue_and_bucket(
    site_in_bucket: Bucket,
    study: Study,
    owner: User,
    tmp_path: Path,
    settings: Settings,
) -> None:
    """One imports, the other trains and scores; each has a folder of its own."""
    weights = write_weights(tmp_path / "weights")
    settings.MODEL_BACKBONES = [f"tiny:{weights}"]
    current_app.control.purge()
    label_pool(study, rated=24, holdout=6, unrated=2)
    log, ours = tmp_path / "workers.log", tmp_path / "web"
    settings.DATA_DIR = ours
    given = {**site_in_bucket.environment(), "MODEL_BACKBONES": f"tiny:{weights}"}
    manifest = write_manifest(tmp_path / "m.csv", [row(90)])
    images = write_zip(tmp_path / "images.zip", {"90.png": picture(90)})
    with (
        running_worker(log, {**given, "MINT_DATA_DIR": str(tmp_path / "cpu")}, "default"),
        running_worker(log, {**given, "MINT_DATA_DIR": str(tmp_path / "gpu")}, "model"),
    ):
        job = request_import(
            study=study,
            actor=owner,
            manifest=SimpleUploadedFile("m.csv", manifest.read_bytes()),
            images=SimpleUploadedFile("images.zip", images.read_bytes()),
            partial=False,
            options=ImportOptions(),
        )
        run = request_retrain(
            predictor=ensure_predictor(study=study, actor=None),
            actor=None,
            trigger=TrainingRun.Trigger.COMMAND,
            recipe=Recipe(),
        )

        def done() -> bool:
            sweeping.sweep_runs()
            job.refresh_from_db()
            run.refresh_from_db()
            assert "failed" not in (job.state, run.state), (job.refusal, run.error)
            return job.state == "succeeded" and Prediction.objects.count() >= 3 * 32

        wait_until(done, log)
    version = ModelVersion.objects.get()
    new = Stimulus.objects.get(filename="90.png")
    kept = site_in_bucket.names()
    assert new.image.name in kept
    assert f"artifacts/{version.artifact}/manifest.json" in kept
    left = {path.name for host in ("cpu", "gpu") for path in (tmp_path / host).glob("*")}
    assert left <= {"cache", "scratch"}
    assert not ours.exists()
