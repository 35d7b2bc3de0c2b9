"""Mail to people who are invited, or who forgot their password."""

from smtplib import SMTPException

import structlog
from django.core.mail import send_mail
from django.utils.translation import gettext as _

from .models import User

log = structlog.get_logger(__name__)


def mail_link(account: User, link: str) -> bool:
    """Whether it was sent; the log says why not."""
    text = _("Open this link to choose the password of your account “%(name)s”:\n\n%(link)s\n")
    text %= {"name": account.username, "link": link}
    try:
        send_mail(_("Your account of MINT Workbench"), text, None, [account.email])
    except (OSError, SMTPException):
        log.exception("mail was not sent", template="account link")
        return False
    return True
