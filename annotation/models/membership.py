"""Which accounts a study belongs to, and what each may do there."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .constraints import one_of
from .study import Study


class MemberRole(models.TextChoices):
    """What a member may do; `studies.permissions` says it in full."""

    #: Everything, raters' names and the members themselves among it.
    OWNER = "owner", _("Owner")
    #: Everything but the members, and raters' names only if the owner shows them.
    MANAGER = "manager", _("Manager")
    #: Look at the study and its model, and export it.
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    """One account's part in one study. A study has one owner."""

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    #: An account that still has a part in a study cannot be deleted.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=MemberRole.choices)
    #: Whether the member reads who the raters are.
    sees_names = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            one_of("membership", "role", MemberRole.values),
            # Viewers have no pages of raters, and owners answer for them.
            models.CheckConstraint(
                condition=~Q(role="owner", sees_names=False) & ~Q(role="viewer", sees_names=True),
                name="membership_sees_names_valid",
            ),
            models.UniqueConstraint(fields=["study", "user"], name="membership_unique"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(role="owner"), name="membership_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
