"""What the constraints leave open; what they refuse is in tests/constraints."""

from django.db import connection
from django.utils import timezone

from annotation.models import AuditEntry, Rater, RatingSession, Stimulus, Study, Trial
from annotation.studies import audit
from tests.factories import make_rater, make_session, make_stimulus, make_study
from workbench.accounts.models import User


def make_trial(rater: Rater, stimulus: Stimulus, position: int, state: str) -> Trial:
    now = timezone.now()
    return Trial.objects.create(
        session=RatingSession.objects.filter(rater=rater).first() or make_session(rater),
        rater=rater,
        stimulus=stimulus,
        position=position,
        draw="priority",
        state=state,
        leased_at=now,
        lease_expires_at=now,
    )


def test_an_expired_trial_leaves_the_stimulus_open_to_the_same_rater(
    study: Study, rater: Rater
) -> None:
    stimulus = make_stimulus(study, 1)
    make_trial(rater, stimulus, 0, "expired")
    assert make_trial(rater, stimulus, 1, "leased").pk


def test_a_trial_is_of_its_raters_study(study: Study, rater: Rater) -> None:
    trial = make_trial(rater, make_stimulus(study, 1), 0, "leased")
    assert Trial.objects.values_list("study", flat=True).get(pk=trial.pk) == study.pk


def test_raters_and_their_trials_are_deleted_together(study: Study, rater: Rater) -> None:
    make_trial(rater, make_stimulus(study, 1), 0, "leased")
    rater.delete()
    connection.check_constraints()
    assert not Trial.objects.exists()


def test_the_audit_trail_outlives_the_study_and_the_person(owner: User, outsider: User) -> None:
    study = make_study(outsider, "short-lived")
    kept = audit.record(study=study, actor=outsider, action="study.created", title="Short-lived")
    study.delete()
    outsider.delete()
    connection.check_constraints()
    entry = AuditEntry.objects.get(pk=kept.pk)
    assert (entry.study, entry.actor) == (None, None)
    assert (entry.action, entry.detail) == ("study.created", {"title": "Short-lived"})
    assert entry.created_at == kept.created_at


def test_identity_is_a_table_of_its_own(study: Study) -> None:
    fields = {field.name for field in make_rater(study)._meta.get_fields() if field.concrete}
    assert not {"name", "email"} & fields
