"""How the API's lists come in pages."""

from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from .keyset import Place, keys_of, read_page

#: Rows of a page, unless `limit` says otherwise, and at most.
USUAL_ROWS = 100
MOST_ROWS = 1000


class PageQuerySerializer(serializers.Serializer[Any]):
    """Which page of a list."""

    limit = serializers.IntegerField(
        min_value=1, default=USUAL_ROWS, help_text=f"Rows of a page; more than {MOST_ROWS} are not."
    )
    cursor = serializers.CharField(
        default="", allow_blank=True, help_text="From `next` or `previous` of another page."
    )
    count = serializers.BooleanField(default=False, help_text="Whether to count all rows.")


class Pages(BasePagination):
    """`next` and `previous` are the addresses of other pages, with a cursor that says where in the
    list's order they begin; `count` is there if it is asked for, because it takes a query more."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Raises ValidationError, and NotFound for a cursor of another list."""
        asked = PageQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        # A cursor is good for one list in one order.
        order = [(str(key.expression), key.descending) for key in keys_of(queryset)]
        self._signer = Signer(salt=f"cursor {request.path} {order}")
        place = self._read(given["cursor"]) if given["cursor"] else None
        self._page = read_page(queryset, min(given["limit"], MOST_ROWS), place)
        self._count = queryset.count() if given["count"] else None
        self._address = request.build_absolute_uri()
        return self._page.rows

    def get_paginated_response(self, data: Any) -> Response:
        counted = {} if self._count is None else {"count": self._count}
        around = {"next": self._link(self._page.next), "previous": self._link(self._page.previous)}
        return Response({**counted, **around, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "minimum": 0, "description": "If it is asked for."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def _link(self, place: Place | None) -> str | None:
        if place is None:
            return None
        cursor = self._signer.sign_object([place.values, place.back])
        return replace_query_param(self._address, "cursor", cursor)

    def _read(self, cursor: str) -> Place:
        try:
            values, back = self._signer.unsign_object(cursor)
        except BadSignature as error:
            # A page that is not there, as an address would be.
            raise NotFound(_("This is no place in this list, in this order.")) from error
        return Place(values, back)
