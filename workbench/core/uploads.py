"""Uploads on their way to a temporary file: a disk that is full is told, and nothing stays."""

from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.utils.translation import gettext as _

from .errors import MintError


class UploadNotKeptError(MintError):
    """The server could not keep the uploaded files: its disk or storage is full or away."""

    code = "upload_not_kept"
    status = 507

    @classmethod
    def because(cls, error: OSError) -> "UploadNotKeptError":
        return cls(
            _(
                "The files could not be stored (%(reason)s). Ask an administrator of this site to "
                "free some space, then try again."
            )
            % {"reason": error.strerror or error}
        )


class TemporaryUpload(TemporaryFileUploadHandler):
    """Django's own leaves the part that was written, and an error of which nobody is told."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            raise UploadNotKeptError.because(error) from error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self.upload_interrupted()
            raise UploadNotKeptError.because(error) from error

    def file_complete(self, file_size: int) -> Any:
        """Small rests are written only here."""
        try:
            return super().file_complete(file_size)
        except OSError as error:
            self.upload_interrupted()
            raise UploadNotKeptError.because(error) from error
