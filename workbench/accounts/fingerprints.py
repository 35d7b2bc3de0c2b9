"""What a request asks for, as a hash: whether two with one key are the same.

The hash of a form is that of its fields and files, not of its bytes: each time it is sent it has
another boundary. Files are hashed while they are received, so that nothing is read twice.
"""

from hashlib import sha256
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

MULTIPART = "multipart/form-data"


class HashingHandler(FileUploadHandler):
    """Passes on what it receives."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        #: Of each file: its field, name and content.
        self.files: list[tuple[str, str, str]] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._hash = sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._hash.update(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        name, field = str(self.file_name), str(self.field_name)
        self.files.append((field, name, self._hash.hexdigest()))


def hash_files(request: HttpRequest) -> HashingHandler:
    """To be called before anything looks for a form in the request."""
    handler = HashingHandler(request)
    request.upload_handlers.insert(0, handler)
    return handler


def fingerprint(request: HttpRequest, files: HashingHandler) -> str:
    """Receives what has not been received. Raises RequestDataTooBig."""
    asked: list[Any] = [request.method, request.get_full_path(), request.content_type]
    if request.content_type == MULTIPART:
        asked += [sorted(request.POST.lists()), sorted(files.files)]
    else:
        asked.append(request.body)
    return sha256(repr(asked).encode()).hexdigest()
