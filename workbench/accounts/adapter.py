"""allauth's behaviour here: an administrator creates accounts, never a visitor; and its errors in
our words, which are translated with all others."""

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

log = structlog.get_logger(__name__)

_WRONG_CODE = gettext_lazy(
    "That code is not right, or no longer: an app’s code is good for half a minute, a recovery "
    "code once."
)
_TOO_OFTEN = gettext_lazy(
    "This was tried too many times in a short while. Wait a minute, then try again."
)


class ClosedSignupAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": gettext_lazy("That is not your password until now."),
        "incorrect_code": _WRONG_CODE,
        "incorrect_password": gettext_lazy("That password is not right."),
        "rate_limited": _TOO_OFTEN,
        "too_many_login_attempts": gettext_lazy(
            "Too many wrong passwords. Wait five minutes, then try again."
        ),
        "username_password_mismatch": gettext_lazy(
            "That username and password do not belong together."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that fails is told to who waits for its mail, and to the log."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("mail was not sent", template=template_prefix)
            messages.error(
                current.request,
                _("The mail could not be sent. Try again later, or ask your administrator."),
            )


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_generate_recovery_codes": gettext_lazy(
            "Set up an app or a key first: recovery codes are for when it is lost."
        ),
        "incorrect_code": _WRONG_CODE,
    }

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002 -- the parent's name
        """What a key is called unless its owner calls it otherwise."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Key %(number)s") % {"number": number}
