"""What the settings of the REST framework name: how requests are read and represented.

The framework imports these while it defines its views, so nothing here may import those.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from .json_reader import JsonError, JsonLimitError, read_json


class TooLarge(APIException):
    """A body beyond DATA_UPLOAD_MAX_MEMORY_SIZE, which is not read."""

    status_code = 413
    default_code = "too_large"

    def __init__(self, most: int | None = None) -> None:
        """most: bytes that are taken, if they are others than everywhere."""
        kib = (most or settings.DATA_UPLOAD_MAX_MEMORY_SIZE) // 1024
        super().__init__(_("The request is larger than %(most)d KiB.") % {"most": kib})


class StrictJSONParser(JSONParser):
    """JSON within the limits of `json_reader`."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises ParseError and, by the declared length, before anything is read, TooLarge."""
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        try:
            return read_json(stream.read())
        except JsonError as error:
            # JSON that is beyond our limits is JSON all the same.
            code = "json_limit" if isinstance(error, JsonLimitError) else None
            raise ParseError(f"JSON parse error - {error}", code=code) from error


class OneRepresentation(DefaultContentNegotiation):
    """Each address has one representation, whatever `Accept` asks for (RFC 9110, section 12.5.1).

    Exports are not JSON but their errors are; a client that asks for `text/csv` gets both.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)
