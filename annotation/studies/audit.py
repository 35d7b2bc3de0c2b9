"""The audit trail: who did what to a study, or with their account.

`recorded` is sent with `entry`, inside the transaction of the act: what a receiver writes is there
if the act is, and not otherwise.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.dispatch import Signal, receiver

from workbench.accounts.acts import acted
from workbench.accounts.models import User
from workbench.core.jobs.kinds import kind_of
from workbench.core.jobs.leases import ended
from workbench.core.jobs.models import Job

from ..models import AuditEntry, Study
from .acts import ACTS

recorded = Signal()


def record(
    *, study: Study | None, actor: "User | AnonymousUser | None", action: str, **detail: Any
) -> AuditEntry:
    """Appends an act, `noun.verb`; `actor` None is the workbench itself. `detail` is JSON.

    Call it inside the transaction of the act, so that neither exists without the other.
    """
    person = actor if actor is not None and actor.is_authenticated else None
    entry = AuditEntry.objects.create(study=study, actor=person, action=action, detail=detail)
    recorded.send(sender=AuditEntry, entry=entry)
    return entry


@receiver(acted)
def _account_acted(actor: User | None, action: str, detail: dict[str, Any], **_rest: Any) -> None:
    """What an account does outside any study."""
    record(study=None, actor=actor, action=action, **detail)


@receiver(ended)
def _job_ended(job: Job, **_rest: Any) -> None:
    """How a job ended that was not cancelled, which is an act of its own. Kinds without words are
    told otherwise, or to nobody."""
    action = f"{kind_of(job)}.{job.state}"
    if action in ACTS:
        study: Study = job.study  # type: ignore[attr-defined] # of every kind, not of their base
        record(study=study, actor=None, action=action, **job.trail_detail())
