"""What can be wrong with what somebody asks of webhooks."""

from workbench.core.errors import MintError


class WebhookError(MintError):
    """A webhook that does not fit; the message says why."""

    code = "webhook_invalid"


class WebhookStoppedError(MintError):
    """Nothing is sent to a webhook that is paused or gone."""

    code = "webhook_stopped"
    status = 409
