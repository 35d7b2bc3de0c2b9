"""A client of the MINT Workbench's API.

>>> Client("https://mint.example.org", token).study("portraits").mos()  # doctest: +SKIP
"""

from . import models
from .client import Client
from .dataset import Dataset
from .errors import (
    ApiError,
    ChangedError,
    ClientError,
    ConflictError,
    DamagedError,
    InvalidError,
    JobFailedError,
    MissingPackageError,
    NotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
    ServerError,
    TooLargeError,
    TooOftenError,
    UnreachableError,
    WaitedTooLongError,
)
from .study import Study

__all__ = [
    "ApiError",
    "ChangedError",
    "Client",
    "ClientError",
    "ConflictError",
    "DamagedError",
    "Dataset",
    "InvalidError",
    "JobFailedError",
    "MissingPackageError",
    "NotAllowedError",
    "NotAuthenticatedError",
    "NotFoundError",
    "ServerError",
    "Study",
    "TooLargeError",
    "TooOftenError",
    "UnreachableError",
    "WaitedTooLongError",
    "models",
]
