"""The members of a study: its owner or a lab administrator adds, changes and removes them."""

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import Membership, Study
from ..models.membership import MemberRole
from .audit import record

#: Choices of what a member is made; an owner is made by `transfer_ownership` alone.
GIVEN_ROLES = [(str(role), role.label) for role in (MemberRole.MANAGER, MemberRole.VIEWER)]


class MemberError(MintError):
    """A member who cannot be added, changed or removed as asked."""

    code = "member_invalid"


def members_of(study: Study) -> QuerySet[Membership]:
    """The owner first, then by role and name."""
    order = Case(*(When(role=role, then=Value(place)) for place, role in enumerate(MemberRole)))
    found = Membership.objects.filter(study=study).select_related("user")
    return found.order_by(order, "user__username")


@transaction.atomic
def add_member(
    *, study: Study, actor: User, account: str, role: str, sees_names: bool = False
) -> Membership:
    """Raises MemberError: no such account, a member already, or not `actor`'s to give."""
    lock_members(study)
    user = User.objects.filter(username=account, is_active=True).first()
    if user is None:
        raise MemberError(
            _(
                "There is no account “%(name)s”. Write the name exactly as for signing in; a lab "
                "administrator invites people without an account."
            )
            % {"name": account}
        )
    if Membership.objects.filter(study=study, user=user).exists():
        raise MemberError(_("%(name)s is a member already.") % {"name": account})
    member = Membership(study=study, user=user)
    _give(member, actor, role, sees_names)
    _record(member, actor, "member.added")
    return member


@transaction.atomic
def change_member(
    *, study: Study, actor: User, account: str, role: str, sees_names: bool
) -> Membership:
    """Raises MemberError: not a member, the owner, or not `actor`'s to give."""
    lock_members(study)
    member = _other_than_owner(study, account)
    before = (member.role, member.sees_names)
    _give(member, actor, role, sees_names)
    if (member.role, member.sees_names) != before:
        _record(member, actor, "member.changed")
    return member


@transaction.atomic
def remove_member(*, study: Study, actor: User, account: str) -> None:
    """Raises MemberError: not a member, or the owner."""
    lock_members(study)
    _other_than_owner(study, account).delete()
    record(study=study, actor=actor, action="member.removed", account=account)


@transaction.atomic
def transfer_ownership(*, study: Study, actor: User, account: str) -> Membership:
    """Makes a member the owner; who was it becomes a manager who sees names.

    Raises MemberError: not a member, the owner already, or an account that is deactivated.
    """
    lock_members(study)
    member = _other_than_owner(study, account)
    if not member.user.is_active:
        raise MemberError(
            _("The account %(name)s is deactivated, so it cannot own a study.") % {"name": account}
        )
    owner = Membership.objects.select_related("user").get(study=study, role=MemberRole.OWNER)
    owner.role = MemberRole.MANAGER
    owner.save(update_fields=["role"])
    member.role, member.sees_names = MemberRole.OWNER, True
    member.save(update_fields=["role", "sees_names"])
    record(
        study=study, actor=actor, action="member.made_owner",
        account=account, previous=owner.user.username,
    )  # fmt: skip
    return member


def lock_members(study: Study) -> None:
    """One change of members at a time, until the transaction ends. NO KEY, as
    `protocols.current_protocol` says."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def _other_than_owner(study: Study, account: str) -> Membership:
    members = Membership.objects.filter(study=study).select_related("user")
    member = members.filter(user__username=account).first()
    if member is None:
        raise MemberError(_("%(name)s is not a member of the study.") % {"name": account})
    if member.role == MemberRole.OWNER:
        raise MemberError(
            _("A study has exactly one owner: make another member the owner instead.")
        )
    return member


def _give(member: Membership, actor: User, role: str, sees_names: bool) -> None:
    if role not in dict(GIVEN_ROLES):
        raise MemberError(_("Choose a role: manager or viewer."))
    if sees_names and role == MemberRole.VIEWER:
        raise MemberError(_("Viewers have no pages of raters, so they cannot see names."))
    shown = sees_names and not member.sees_names
    if shown and not actor.has_perm("annotation.read_identities", member.study):
        raise MemberError(_("Only somebody who sees raters’ names can show them to others."))
    member.role, member.sees_names = role, sees_names
    member.save()


def _record(member: Membership, actor: User, action: str) -> None:
    record(
        study=member.study, actor=actor, action=action, account=member.user.username,
        role=str(member.role), names=member.sees_names,
    )  # fmt: skip
