from django.contrib.auth.models import AnonymousUser

from annotation.models import AuditEntry, Study
from annotation.studies import audit
from workbench.accounts.models import User


def test_an_act_is_recorded_with_who_and_what(study: Study, owner: User) -> None:
    audit.record(study=study, actor=owner, action="model.promoted", number=3)
    entry = AuditEntry.objects.get()
    assert (entry.study, entry.actor) == (study, owner)
    assert (entry.action, entry.detail) == ("model.promoted", {"number": 3})


def test_the_workbench_itself_and_visitors_are_nobody(study: Study) -> None:
    audit.record(study=study, actor=None, action="training.requested")
    audit.record(study=study, actor=AnonymousUser(), action="training.requested")
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {None}
