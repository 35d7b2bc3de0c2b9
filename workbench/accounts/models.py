"""The account of a study owner (`is_staff`: a lab administrator, who sees every study), and the
tokens by which scripts act for it."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken


class User(AbstractUser):  # type: ignore[django-manager-missing] # knox has no types
    """A user model of our own from the first migration on, since Django cannot swap it later."""

    #: Raised to sign the account out everywhere: sessions and password links hold the number.
    session_epoch = models.PositiveIntegerField(default=0)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's own, which every request compares with what its session holds."""
        return salted_hmac(
            "workbench.accounts.sessions",
            f"{self.password}:{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class TokenScope(models.TextChoices):
    """What a token is good for; its account's own rights limit it further."""

    READ = "read", _("Read studies, scores and models")
    EXPORT = "export", _("Export the collected database")
    MANAGE = "manage", _("Change things: settings, raters, trainings")
    PEOPLE = "people", _("See and manage the accounts of the site")


class ApiToken(AbstractAuthToken):
    """A token of the API; only its hash is stored."""

    #: What it is for, in the words of whoever made it.
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=10, choices=TokenScope.choices))
    #: Slugs of the studies that it opens; none: all that its account may see.
    studies = ArrayField(models.SlugField(max_length=80), default=list, blank=True)
    #: Accurate to a minute.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__len__gt=0)
                & Q(scopes__contained_by=[str(scope) for scope in TokenScope]),
                name="token_scopes_valid",
            ),
        ]


class KeptAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered (`accounts.repeats`).

    Only who knows the key can read `body`: a rater's link may be in it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="kept_answers")
    key_sha256 = models.CharField(max_length=64)
    request_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    #: None while the request is being answered.
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key_sha256"], name="answer_once_for_each_key"),
        ]
