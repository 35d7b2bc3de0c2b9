"""What the views of the owner API have in common."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from rest_framework import generics, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workbench.core.api_lists import ListQuerySerializer
from workbench.core.api_pages import PageQuerySerializer
from workbench.core.api_queries import refuse_unread

from .conditional import add_etag, not_modified, refuse_changed
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


#: Their answer is what a GET would tell from then on.
_REPLACING = ("PUT", "PATCH")
_READING = ("GET", "HEAD")


class ApiView(APIView):
    """A view whose POST is done once, however often it is sent with one `Idempotency-Key`; whose
    GET has an ETag; and whose PUT and PATCH are refused if they name another one."""

    #: What its GET reads of the address's parameters, in addition to what all lists do.
    queries: ClassVar[Sequence[type[serializers.Serializer[Any]]]] = ()
    _claimed: Claim | None = None

    def read_parameters(self) -> set[str]:
        """Names of those that its GET reads."""
        return {str(name) for query in self.queries for name in query().fields}

    def lock(self, **kwargs: Any) -> None:
        """Until the end of the transaction nobody else changes what PUT and PATCH change."""
        raise NotImplementedError

    def refuse_large(self, request: Request) -> None:
        """Raises an error for a body that is too large by its declared length: called before
        anything is read. JSON has a limit of its own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self._replaces(request):
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._claim(request, *args, **kwargs)
        if request.method in _READING:
            refuse_unread(request.query_params, self.read_parameters())
        if self._replaces(request):
            self.lock(**kwargs)
            now = self.get(request, *args, **kwargs)  # type: ignore[attr-defined] # who has PUT has it
            refuse_changed(request, super().finalize_response(request, now).render())

    def _claim(self, request: Request, *args: Any, **kwargs: Any) -> None:
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
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if self._claimed is not None and answer.status_code < 400:
            answer.add_post_render_callback(partial(_keep, self._claimed))
        else:
            self._release()
        if answer.status_code == 200 and isinstance(answer, Response):
            answer.add_post_render_callback(partial(_conditional, request))
        return answer

    def _replaces(self, request: HttpRequest | Request) -> bool:
        """Whether it changes what its sender has read; what is not there changes nothing."""
        method = str(request.method)
        known = method in _REPLACING and hasattr(self, method.lower())
        return known and "If-Match" in request.headers

    def _reads(self, request: Request) -> bool:
        """Whether it takes such a body: what it refuses is not received."""
        if request._request.content_type != MULTIPART:
            return True
        return any(issubclass(parser, MultiPartParser) for parser in self.parser_classes)

    def _release(self) -> None:
        if self._claimed is not None:
            self._claimed.release()
            self._claimed = None


class ApiListView(ApiView, generics.ListAPIView[M]):
    """A list in pages. `filters` and `orders`: as in `ListQuerySerializer`."""

    queryset: Any
    filters: ClassVar[Mapping[str, str]] = {}
    orders: ClassVar[Sequence[str]] = ()

    def read_parameters(self) -> set[str]:
        everywhere = {*PageQuerySerializer().fields, *self.list_query().fields}
        return super().read_parameters() | everywhere

    def list_query(self, **more: Any) -> ListQuerySerializer:
        row: Any = self.get_serializer_class()()
        return ListQuerySerializer(
            self.queryset.model, self.filters, self.orders, list(row.fields), **more
        )

    def list(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        rows = self.get_queryset()
        asked = self.list_query(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        page = self.paginate_queryset(asked.chosen(rows))
        told: Any = self.get_serializer(page, many=True)
        asked.keep_fields(told.child)
        return self.get_paginated_response(told.data)


def _conditional(request: Request, response: Response) -> HttpResponseNotModified | None:
    if request.method not in (*_READING, *_REPLACING):
        return None
    add_etag(response)
    return not_modified(request, response) if request.method in _READING else None


def _keep(claimed: Claim, response: Response) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    claimed.keep(Answer(response.status_code, headers, response.content))


def _told_again(answer: Answer) -> HttpResponse:
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(answer.body, status=answer.status, headers=headers)
