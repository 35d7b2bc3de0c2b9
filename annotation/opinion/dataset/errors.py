"""What can be wrong with a dataset release."""

from workbench.core.errors import MintError


class DatasetError(MintError):
    """A dataset release that cannot be made; the message says why."""

    code = "dataset_invalid"


class DatasetActiveError(DatasetError):
    """The study has a dataset release under way."""

    code = "dataset_active"
    status = 409


class DatasetOverError(DatasetError):
    """A dataset release that is over cannot be cancelled."""

    code = "dataset_over"
    status = 409
