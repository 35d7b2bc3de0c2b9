"""What the views of the owner API have in common."""

from functools import partial
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import generics
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .fingerprints import MULTIPART, fingerprint, hash_files
from .repeats import Answer, Claim, claim
from .signed_in import signed_in

M = TypeVar("M", bound=Model)

#: What a client needs of a kept answer in addition to its body.
_KEPT_HEADERS = ("Content-Type", "Location", "Retry-After")


class _KeptAnswerFound(Exception):  # noqa: N818 -- it ends a request well
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class ApiView(APIView):
    """A view whose POST is done once, however often it is sent with one `Idempotency-Key`."""

    _claimed: Claim | None = None

    def refuse_large(self, request: Request) -> None:
        """Raises an error for a body that is too large by its declared length: called before
        anything is read. JSON has a limit of its own."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.refuse_large(request)
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None or not self._reads(request):
            super().initial(request, *args, **kwargs)
            return
        # First: to find out who asks may take the CSRF token, which may be in the form.
        files = hash_files(request._request)
        super().initial(request, *args, **kwargs)
        asked = fingerprint(request._request, files)
        found = claim(user=signed_in(request), key=key, request_sha256=asked)
        if isinstance(found, Answer):
            raise _KeptAnswerFound(found)
        self._claimed = found

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override] # DRF takes any
        if isinstance(exc, _KeptAnswerFound):
            return _told_again(exc.answer)
        try:
            return super().handle_exception(exc)
        except Exception:
            self._release()
            raise

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._claimed is not None and response.status_code < 400:
            response.add_post_render_callback(partial(_keep, self._claimed))
        else:
            self._release()
        return response

    def _reads(self, request: Request) -> bool:
        """Whether it takes such a body: what it refuses is not received."""
        if request._request.content_type != MULTIPART:
            return True
        return any(issubclass(parser, MultiPartParser) for parser in self.parser_classes)

    def _release(self) -> None:
        if self._claimed is not None:
            self._claimed.release()
            self._claimed = None


class ApiGenericView(ApiView, generics.GenericAPIView[M]):
    pass


class ApiListView(ApiView, generics.ListAPIView[M]):
    pass


def _keep(claimed: Claim, response: Response) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    claimed.keep(Answer(response.status_code, headers, response.content))


def _told_again(answer: Answer) -> HttpResponse:
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(answer.body, status=answer.status, headers=headers)
