"""One link for many: everybody who opens it becomes a rater, until the quota is used up."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..protocol.recruitment import Recruitment
from .study import Study


def _nowhere() -> dict[str, Any]:
    return Recruitment().to_json()


class SharedLink(models.Model):
    """A study's invitation to strangers (docs/decisions/013). Who they are is stored nowhere,
    unless a crowd platform says so in the address (`Participant`)."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="shared_link")
    #: Part of the signed link; raising it makes the old link worthless.
    version = models.PositiveIntegerField(default=1)
    #: Raters that it may create, and has created, in all versions.
    quota = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)
    is_open = models.BooleanField(default=True)
    #: `protocol.recruitment.Recruitment`: what its address says of a visitor, and where it leads.
    recruitment = models.JSONField(default=_nowhere)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quota__gte=1), name="shared_link_quota_valid"),
            models.CheckConstraint(
                condition=Q(used__lte=F("quota")),
                name="shared_link_within_quota",
                violation_error_message=_("More raters than that have already joined."),
            ),
        ]

    @property
    def platform(self) -> Recruitment:
        return Recruitment.from_json(self.recruitment)
