"""Who may do what to a study, by the role of their membership.

Owners and managers may do everything, viewers may look and export, lab administrators (`is_staff`)
may do everything in every study. Apart from that, owners and administrators choose the members;
only members with `sees_names` read who the raters are, others see codes, administrators too; and
only an owner deletes a study that has named releases. An account without the view permission is
told that the study does not exist.
"""

from typing import TYPE_CHECKING

import rules

from ..models import Membership, OpinionRelease, Study
from ..models.membership import MemberRole

if TYPE_CHECKING:
    from workbench.accounts.models import User


def _member(*roles: MemberRole) -> rules.predicates.Predicate:
    @rules.predicate
    def has_role(user: "User", study: Study | None) -> bool:
        return (
            study is not None
            and Membership.objects.filter(study=study, user=user, role__in=roles).exists()
        )

    return has_role


manages_study = rules.is_staff | _member(MemberRole.OWNER, MemberRole.MANAGER)
owns_study = _member(MemberRole.OWNER)
views_study = rules.is_staff | _member(*MemberRole)


@rules.predicate
def _sees_names(user: "User", study: Study | None) -> bool:
    return (
        study is not None
        and Membership.objects.filter(study=study, user=user, sees_names=True).exists()
    )


@rules.predicate
def _has_named_releases(_user: "User", study: Study | None) -> bool:
    named = OpinionRelease.objects.filter(study=study, state=OpinionRelease.State.NAMED)
    return study is not None and named.exists()


rules.add_perm("annotation.create_study", rules.is_authenticated)
rules.add_perm("annotation.view_study", views_study)
rules.add_perm("annotation.change_study", manages_study)
rules.add_perm("annotation.delete_study", owns_study | (manages_study & ~_has_named_releases))
rules.add_perm("annotation.export_study", views_study)
rules.add_perm("annotation.change_members", rules.is_staff | owns_study)
rules.add_perm("annotation.read_identities", _sees_names)
