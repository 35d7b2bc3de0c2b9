"""What can be wrong with taking something out, and what both ask for: a reason."""

from django.utils.translation import gettext as _

from workbench.core.errors import MintError

from ..protocol.answers import storable_text
from ..protocol.errors import ProtocolError
from ..raters.services import REASON_LIMIT


class RemovalError(MintError):
    """Something that cannot be taken out, or put back, as asked; the message says why."""

    code = "removal_invalid"


class RemovalStateError(RemovalError):
    """Something that does not follow from the state that the thing is in by now."""

    code = "removal_state"
    status = 409


def checked_reason(reason: str, *, required: bool) -> str:
    """The reason without surrounding blanks. Raises RemovalError if it is missing, too long, or no
    text that the database holds."""
    reason = reason.strip()
    if required and not reason:
        raise RemovalError(_("Say why: the reason is kept."))
    if len(reason) > REASON_LIMIT:
        raise RemovalError(
            _("The reason has %(length)d characters; the limit is %(limit)d.")
            % {"length": len(reason), "limit": REASON_LIMIT}
        )
    try:
        storable_text(reason, "reason")
    except ProtocolError as error:
        raise RemovalError(str(error)) from error
    return reason
