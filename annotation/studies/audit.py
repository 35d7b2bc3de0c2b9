"""The audit trail: who did what to a study, or with their account."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.dispatch import receiver

from workbench.accounts.acts import acted
from workbench.accounts.models import User

from ..models import AuditEntry, Study


def record(
    *, study: Study | None, actor: "User | AnonymousUser | None", action: str, **detail: Any
) -> AuditEntry:
    """Appends an act, `noun.verb`; `actor` None is the workbench itself. `detail` is JSON.

    Call it inside the transaction of the act, so that neither exists without the other.
    """
    person = actor if actor is not None and actor.is_authenticated else None
    return AuditEntry.objects.create(study=study, actor=person, action=action, detail=detail)


@receiver(acted)
def _account_acted(actor: User | None, action: str, detail: dict[str, Any], **_rest: Any) -> None:
    """What an account does outside any study."""
    record(study=None, actor=actor, action=action, **detail)
