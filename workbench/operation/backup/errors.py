"""What a backup or restore can be refused for; the messages are for whoever runs the command."""

from workbench.core.errors import MintError


class BackupError(MintError):
    """No backup was made, or nothing was restored, for the reason in the message."""

    code = "backup"
