"""The demo study: made once, over HTTP, and only looked at afterwards.

The worker's part, training and scoring, is done here while the seed waits for it.
"""

import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from annotation.models import RatingSession, Study, Trial
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import exported
from annotation.opinion.reliability.selectors import reliability_of
from annotation.protocol.sessions import SessionState
from modelops.models import ModelVersion, ScoringRun, TrainingRun
from modelops.runs import scoring
from modelops.runs.training import run_training
from tests.annotation.opinion.export.reading import means_and_mos
from tests.factories import make_session, make_study, make_user
from workbench.accounts.models import ApiToken, User
from workbench.core.jobs import leases
from workbench.demo.client import JobFailedError, OwnerClient, RaterClient
from workbench.demo.seed import SLUG, Plan, Seeder, SeedError, summary

SMALL = Plan(raters=4, holdout_ratings=2, rated=24, visitor_trials=5)


def _work(client: OwnerClient, slug: str, kind: str, pk: int, **options: Any) -> dict[str, Any]:
    """Does what a worker does, instead of waiting for one."""
    if kind == "training-runs":
        fence = leases.claim(TrainingRun, pk)
        assert fence is not None
        run_training(
            run=TrainingRun.objects.get(pk=pk), fence=fence, report=lambda stage, done, total: None
        )
    else:
        for chunk in ScoringRun.objects.get(pk=pk).chunks.order_by("index"):
            scoring.score_chunk(chunk_id=chunk.pk)
    return {}


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.MODEL_DEVICE = "cpu"
    monkeypatch.setattr(OwnerClient, "wait_for", _work)


@pytest.fixture
def seeder(transactional_db: None, live_server: Any, worker: None, tmp_path: Path) -> Seeder:
    return Seeder(tmp_path, live_server.url, io.StringIO(), SMALL)


def test_the_crowd_fills_the_hold_out_and_leaves_images_to_the_visitor() -> None:
    """Of 66 images 13 are held out: 13 · 8 + 32 · 3 = 200 trials that count, 16.7 of each of 12
    raters. A tenth of a session are checks, so 16.7 / 0.9 = 18.5, and 3 that stabilise."""
    plan = Plan()
    assert plan.main_trials == 200
    assert plan.session_trials == 22
    assert plan.crowd_share == pytest.approx(104 / 200)


@pytest.mark.slow
def test_the_demo_has_ratings_a_model_in_use_and_images_that_nobody_rated(seeder: Seeder) -> None:
    seeded = seeder.run()
    study = Study.objects.get(slug=SLUG)
    assert study.stimuli.filter(purpose="main").count() == SMALL.images
    assert study.stimuli.filter(purpose="practice").count() == 6
    assert study.stimuli.filter(purpose="gold").count() == 6
    longest = max(study.stimuli.values_list("prompt__text", flat=True), key=len)
    assert len(longest) > 500
    assert (study.session_trials, study.holdout_share) == (5, 0.2)
    assert RatingSession.objects.filter(state=SessionState.DONE).count() == 4
    answered = Trial.objects.filter(state=Trial.State.SUBMITTED)
    after_practice = answered.exclude(role=Trial.Role.PRACTICE)
    assert after_practice.count() == 4 * SMALL.session_trials
    assert answered.filter(role=Trial.Role.PRACTICE).count() == 4 * 5
    assert after_practice.filter(role=Trial.Role.GOLD).exists()
    # Nobody is told that they hurry, or answers at random: the first look is at good raters.
    flags = [flag.rule for one in reliability_of(study).values() for flag in one.flags]
    assert "too_fast" not in flags
    assert "straight_lining" not in flags
    assert ModelVersion.objects.get(study=study).state == ModelVersion.State.ACTIVE
    assert study.stimuli.filter(claimed_ratings=0, priority__gt=0).exists()
    assert not ApiToken.objects.exists()
    tables = [
        b"".join(exported(study, FORMATS[name], raw=True)).decode() for name in ("csv", "images")
    ]
    means, mos = means_and_mos(*tables)
    assert len(means) > SMALL.rated
    assert mos == pytest.approx(means)
    with RaterClient.from_link(f"{seeder.base_url}{seeded.rater_path}") as visitor:
        visitor.start()
        assert visitor.claim().images


@pytest.mark.slow
def test_a_second_start_changes_nothing(seeder: Seeder) -> None:
    first = seeder.run()
    counts = [Trial.objects.count(), Study.objects.count(), User.objects.count()]
    out = io.StringIO()
    again = Seeder(seeder.data, seeder.base_url, out, SMALL).run()
    assert again == first
    assert [Trial.objects.count(), Study.objects.count(), User.objects.count()] == counts
    assert out.getvalue() == ""


@pytest.mark.slow
def test_what_was_broken_off_is_taken_up(seeder: Seeder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(client: OwnerClient, *args: Any, **options: Any) -> dict[str, Any]:
        raise JobFailedError("the worker is gone")

    with monkeypatch.context() as broken:
        broken.setattr(OwnerClient, "wait_for", fail)
        with pytest.raises(JobFailedError):
            seeder.run()
    trials = Trial.objects.count()
    assert not ModelVersion.objects.exists()
    seeder.run()
    assert ModelVersion.objects.get().state == ModelVersion.State.ACTIVE
    assert Trial.objects.count() == trials
    assert TrainingRun.objects.count() == 1


def _only_the_account(seeder: Seeder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seeder, "_fill", lambda *args: None)


def test_the_owner_can_sign_in_with_the_kept_password(
    seeder: Seeder, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    _only_the_account(seeder, monkeypatch)
    seeded = seeder.run()
    kept = seeder.data / "secrets" / "owner_password"
    assert kept.read_text().strip() == seeded.password
    assert kept.stat().st_mode & 0o777 == 0o600
    assert client.login(username="owner", password=seeded.password)
    assert any(str(seeded.password) in line for line in summary(seeded, seeder.base_url))


def test_a_password_that_the_owner_changed_is_not_printed(
    seeder: Seeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_the_account(seeder, monkeypatch)
    before = seeder.run().password
    owner = User.objects.get(username="owner")
    owner.set_password("my own words")
    owner.save(update_fields=["password"])
    seeded = seeder.run()
    assert seeded.password is None
    text = "\n".join(summary(seeded, seeder.base_url))
    assert str(before) not in text
    assert "the one that you set" in text


def test_a_finished_visitor_is_followed_by_another_link(
    seeder: Seeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_the_account(seeder, monkeypatch)
    first = seeder.run().rater_path
    assert seeder.run().rater_path == first
    make_session(
        Study.objects.get(slug=SLUG).raters.get(),
        state=SessionState.DONE,
        consented_at="2026-01-01T00:00Z",
        ended_at="2026-01-01T00:10Z",
    )
    assert seeder.run().rater_path != first


def test_somebody_elses_study_of_that_name_is_left_alone(seeder: Seeder) -> None:
    make_study(make_user("stranger"), slug=SLUG)
    with pytest.raises(SeedError, match="belongs to stranger"):
        seeder.run()
