"""allauth's behaviour here: an administrator creates accounts, never a visitor."""

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

log = structlog.get_logger(__name__)


class ClosedSignupAdapter(DefaultAccountAdapter):
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
