"""What cannot be judged, by name."""

from workbench.core.errors import MintError


class JudgingError(MintError):
    """Scores or predictions that nothing can be judged by: the message names the first one."""

    code = "judging"
    status = 400
