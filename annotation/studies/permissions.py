"""Who may do what to a study: its owner and lab administrators everything, others nothing.

An account without the view permission is told that the study does not exist.
"""

from typing import TYPE_CHECKING

import rules

if TYPE_CHECKING:
    from workbench.accounts.models import User

    from ..models import Study


@rules.predicate
def owns_study(user: "User", study: "Study | None") -> bool:
    return study is not None and study.owner_id == user.pk


manages_study = owns_study | rules.is_staff

rules.add_perm("annotation.create_study", rules.is_authenticated)
rules.add_perm("annotation.view_study", manages_study)
rules.add_perm("annotation.change_study", manages_study)
rules.add_perm("annotation.export_study", manages_study)
