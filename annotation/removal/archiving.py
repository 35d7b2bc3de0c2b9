"""Putting a study away, and bringing it back."""

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext as _

from workbench.accounts.models import User

from ..models import Study
from ..studies.audit import record
from .errors import RemovalStateError

_AWAY = (Study.Status.ARCHIVED, Study.Status.DELETING)


@transaction.atomic
def archive_study(*, study: Study, actor: User | None) -> None:
    """In no list, and shown to no rater, until it is brought back; nothing is deleted."""
    # An open study comes back paused: raters come again only when its owner opens it.
    before = Case(
        When(status=Study.Status.OPEN, then=Value(Study.Status.PAUSED.value)), default=F("status")
    )
    there = Study.objects.filter(pk=study.pk).exclude(status__in=_AWAY)
    if not there.update(archived_from=before, status=Study.Status.ARCHIVED):
        raise RemovalStateError(_("The study is archived already; reload the page."))
    record(study=study, actor=actor, action="study.archived")
    study.refresh_from_db()


@transaction.atomic
def bring_back_study(*, study: Study, actor: User | None) -> None:
    """As it was before it was archived, but paused if it was open."""
    archived = Study.objects.filter(pk=study.pk, status=Study.Status.ARCHIVED)
    if not archived.update(status=F("archived_from"), archived_from=""):
        raise RemovalStateError(_("The study is not archived; reload the page."))
    record(study=study, actor=actor, action="study.brought_back")
    study.refresh_from_db()
