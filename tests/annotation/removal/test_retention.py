"""Who raters are is deleted when the period of their study is over, and not a day before."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import AuditEntry, Participant, Rater, RaterIdentity, RatingSession, Study
from annotation.removal.retention import forget_names
from annotation.studies.acts import said
from tests.factories import make_rater, make_session, make_study
from workbench.accounts.models import User

DAYS = 30


@pytest.fixture
def promising(study: Study) -> Study:
    study.identity_days = DAYS
    study.save()
    return study


def known_rater(study: Study, *, days_ago: float, state: str = "") -> Rater:
    """Invited before the period; their only session, if any, ended `days_ago`."""
    rater = make_rater(study)
    Rater.objects.filter(pk=rater.pk).update(created_at=timezone.now() - timedelta(days=99))
    RaterIdentity.objects.create(rater=rater, name=f"rater {rater.pk}")
    if state:
        then = timezone.now() - timedelta(days=days_ago)
        over = None if state in ("rating", "paused") else then
        make_session(rater, state=state, consented_at=then, begun_at=then, ended_at=over)
    return rater


@pytest.mark.parametrize(
    ("state", "days_ago", "deleted"),
    [
        ("", 0, True),
        ("done", DAYS + 0.1, True),
        ("withdrawn", DAYS + 0.1, True),
        ("done", DAYS - 0.1, False),
        ("rating", DAYS + 9, False),
        ("paused", DAYS + 9, False),
    ],
)
def test_the_period_begins_with_the_end_of_the_last_session(
    promising: Study, state: str, days_ago: float, deleted: bool
) -> None:
    rater = known_rater(promising, days_ago=days_ago, state=state)
    assert forget_names() == int(deleted)
    assert RaterIdentity.objects.filter(rater=rater).exists() != deleted
    assert Rater.objects.filter(pk=rater.pk, erased_at=None).exists()
    assert RatingSession.objects.filter(rater=rater).exists() == bool(state)


def test_who_was_invited_within_the_period_is_still_awaited(promising: Study) -> None:
    RaterIdentity.objects.create(rater=make_rater(promising), name="new")
    assert forget_names() == 0


def test_a_platforms_number_goes_too_and_the_act_names_nobody(promising: Study) -> None:
    rater = known_rater(promising, days_ago=40, state="done")
    Participant.objects.create(rater=rater, study=promising, identifier="5f2")
    assert (forget_names(), forget_names()) == (1, 0)
    assert not Participant.objects.exists()
    entry = AuditEntry.objects.get(action="raters.names_deleted")
    assert said(entry) == "Deleted who raters are, 30 days after their last session: 1"


def test_other_studies_keep_what_they_have(study: Study, owner: User) -> None:
    known_rater(study, days_ago=400, state="done")
    known_rater(make_study(owner, "other"), days_ago=400, state="done")
    assert forget_names() == 0


def test_it_is_a_setting_of_page_and_api(client: Client, study: Study, owner: User) -> None:
    client.force_login(owner)
    page = client.get("/studies/demo/settings/").content.decode()
    assert "until their name is deleted" in page
    changed = client.patch(
        "/api/v1/studies/demo/", {"identity_days": 90}, content_type="application/json"
    )
    assert changed.json()["identity_days"] == 90
    refused = client.patch(
        "/api/v1/studies/demo/", {"identity_days": -1}, content_type="application/json"
    )
    assert refused.status_code == 400
