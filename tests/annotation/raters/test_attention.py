"""What the overview tells an owner to look at."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from annotation.models import ImportJob, Message, Study
from annotation.models.membership import MemberRole
from annotation.opinion.reliability.judging import Flag
from annotation.opinion.reliability.selectors import Standing
from annotation.raters.attention import attention_of, flagged_raters
from tests import factories
from workbench.core.jobs.heartbeats import background, say_alive
from workbench.core.jobs.models import Heartbeat

NOW = "/studies/demo/now/"
#: Port 1 is reserved and nobody listens there.
NO_REDIS = "redis://127.0.0.1:1/0"


def flag() -> Flag:
    return Flag("too_fast", 0.5, 0.1, n=10, stops=False)


def test_flagged_are_those_who_fail_a_rule_and_are_not_excluded() -> None:
    failing = Standing(flags=(flag(),))
    standings = {1: Standing(), 2: failing, 3: failing}
    assert flagged_raters(standings, excluded=[3, 4]) == {2}


def test_reports_and_failed_jobs_are_told(console: Client, study: Study) -> None:
    rater = factories.make_rater(study)
    Message.objects.create(rater=rater, sender=Message.Sender.RATER, text="The image is cut off.")
    job = ImportJob.objects.create(
        study=study, manifest_name="m.csv", state="failed", finished_at=timezone.now()
    )
    page = console.get(NOW).content.decode()
    assert "Failed: Import" in page
    assert f"/studies/demo/import/{job.pk}/" in page
    found = console.get("/api/v1/studies/demo/overview/").json()
    assert found["new_reports"] == 1
    assert [(item["kind"], item["id"]) for item in found["failed_jobs"]] == [("import", job.pk)]
    ImportJob.objects.create(study=study, manifest_name="m.csv", state="succeeded")
    assert attention_of(study).failed == [], "what failed has gone well since"


def test_a_job_without_a_worker_is_called_stuck(console: Client, study: Study) -> None:
    ImportJob.objects.create(study=study, manifest_name="m.csv", state="queued")
    assert "has not been seen lately" in console.get(NOW).content.decode()
    say_alive("beat@here", "beat")
    say_alive("celery@here", "worker", ["default", "model"])
    page = console.get(NOW).content.decode()
    assert "has not been seen lately" not in page
    assert page.count("Alive") == 3


def test_the_page_is_there_while_redis_is_away(
    console: Client, study: Study, settings: LazySettings
) -> None:
    settings.REDIS_URL = NO_REDIS
    say_alive("celery@here", "worker", ["default"])
    answer = console.get(NOW)
    assert answer.status_code == 200
    assert "Redis does not answer" in answer.content.decode()
    found = console.get("/api/v1/studies/demo/overview/").json()["background"]
    assert [(item["name"], item["workers"], item["waiting"]) for item in found["queues"]] == [
        ("default", 1, None),
        ("model", 0, None),
    ]


def test_a_viewer_sees_numbers_and_no_links_to_what_they_may_not_open(
    client: Client, study: Study
) -> None:
    viewer = factories.make_user("viewer")
    factories.make_member(study, viewer, MemberRole.VIEWER)
    rater = factories.make_rater(study)
    Message.objects.create(rater=rater, sender=Message.Sender.RATER, text="?")
    client.force_login(viewer)
    page = client.get(NOW).content.decode()
    assert "Unread reports" in page
    assert "/studies/demo/raters/" not in page


@pytest.mark.django_db
def test_a_silent_worker_is_not_alive() -> None:
    say_alive("celery@here", "worker", ["default"])
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=50))
    queue = background().queues[0]
    assert (queue.alive, queue.seen_at is not None) == (False, True)
